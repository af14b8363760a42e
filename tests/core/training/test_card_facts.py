"""Facts of a machine and its packages."""

from importlib.metadata import version

import keras
import pytest

from core.training.card_facts import hardware, training_versions


def test_versions_name_the_backend_in_use() -> None:
    assert training_versions()[keras.backend.backend()] == version(keras.backend.backend())


def test_a_backend_that_raises_without_a_gpu_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: str) -> list[str]:
        raise RuntimeError("Unknown backend: 'gpu' requested")

    monkeypatch.setattr(keras.distribution, "list_devices", refused)
    assert hardware().endswith("no GPU")
