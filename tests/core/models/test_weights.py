"""Weights files: what is written comes back, and what is not ours is refused."""

from pathlib import Path

import keras
import numpy as np
import pytest

from core.errors import UserError
from core.models.registry import get_model
from core.models.weights import load_weights, save_weights


@pytest.fixture
def tiny() -> keras.Model:
    return get_model("baseline_cnn").build((8, 8), 7)


def test_weights_come_back_rounded_to_float16(tiny: keras.Model, tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    before = tiny.get_weights()
    digest = save_weights(tiny, path)
    tiny.set_weights([np.zeros_like(w) for w in before])
    load_weights(tiny, path, digest)
    for ours, theirs in zip(tiny.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs.astype(np.float16).astype(np.float32))


@pytest.mark.parametrize("fault", ["flipped byte", "cut short", "LFS pointer", "missing"])
def test_a_damaged_file_is_one_clear_line(tiny: keras.Model, tmp_path: Path, fault: str) -> None:
    path = tmp_path / "model_a" / "weights.npz"
    digest = save_weights(tiny, path)
    data = bytearray(path.read_bytes())
    if fault == "flipped byte":
        data[len(data) // 2] ^= 1
    changed = {
        "flipped byte": bytes(data),
        "cut short": bytes(data[:100]),
        "LFS pointer": b"version https://git-lfs.github.com/spec/v1\n",
    }
    if fault == "missing":
        path.unlink()
    else:
        path.write_bytes(changed[fault])
    with pytest.raises(UserError, match=r"weights\.npz of model_a"):
        load_weights(tiny, path, digest)


def test_weights_of_another_network_are_refused(tiny: keras.Model, tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    digest = save_weights(get_model("baseline_cnn").build((16, 16), 7), path)
    with pytest.raises(UserError, match="made for another network"):
        load_weights(tiny, path, digest)
