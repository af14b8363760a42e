"""Weights files: what is written comes back, and what is not ours is refused."""

from pathlib import Path

import keras
import numpy as np
import pytest

from core.errors import UserError
from core.models import weights
from core.models.registry import get_model
from core.models.weights import as_int8, load_weights, save_weights


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


def test_kernels_of_a_large_network_come_back_within_half_a_step_of_int8(
    tiny: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "weights.npz"
    exact, small = tiny.get_weights(), save_weights(tiny, path)
    size = path.stat().st_size
    monkeypatch.setattr(weights, "INT8_FROM", tiny.count_params() - 1)
    digest = save_weights(tiny, path)
    assert digest != small and path.stat().st_size < 0.65 * size
    tiny.set_weights([np.zeros_like(w) for w in exact])
    load_weights(tiny, path, digest)
    for ours, theirs in zip(tiny.get_weights(), exact, strict=True):
        if theirs.ndim > 1:
            steps = np.abs(theirs).max(axis=tuple(range(theirs.ndim - 1))) / 127
            assert (np.abs(ours - theirs) <= steps * 0.501).all()
            assert not (ours == theirs.astype(np.float16)).all()
        else:
            np.testing.assert_array_equal(ours, theirs.astype(np.float16).astype(np.float32))


def test_a_channel_without_weights_stays_without() -> None:
    steps, step_size = as_int8(np.array([[0.0, 1.0], [0.0, -1.0]]))
    assert (steps * step_size)[:, 0].tolist() == [0, 0] and np.isfinite(step_size).all()


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
    with pytest.raises(UserError, match="belongs to another network"):
        load_weights(tiny, path, digest)
