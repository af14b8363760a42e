"""A model is opened once, whatever the address names."""

import pytest

from core.errors import UserError
from dashboard.caches import inference
from dashboard.text.models import model_label
from dashboard.views.classify import ready
from dashboard.views.classify.ready import get_ready

BEST, OTHER = "efficientnet_lite0", "baseline_cnn"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []

    monkeypatch.setattr(ready, "_ready", set())
    monkeypatch.setattr(inference, "served_models", lambda: [BEST, OTHER])
    monkeypatch.setattr(inference, "predict_example", lambda name, *_, **__: names.append(name))
    return names


def test_each_model_once_by_key_or_by_name(opened: list[str]) -> None:
    for model in ("", "no such model", BEST, model_label(BEST), model_label(OTHER), OTHER):
        get_ready(model)
    assert opened == [BEST, OTHER]


def test_a_model_that_is_faulty_or_missing_is_left_to_the_page(
    opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str, *_: object, **__: object) -> None:
        opened.append(name)
        raise UserError("altered")

    monkeypatch.setattr(inference, "predict_example", refuse)
    get_ready("")
    monkeypatch.setattr(inference, "served_models", lambda: [])
    get_ready("")
    assert opened == [BEST]
