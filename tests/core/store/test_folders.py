"""Which folders are models."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core import config
from core.errors import UserError
from core.store.folders import model_folder, model_folders


@pytest.fixture
def folder(write_model: Callable[..., Path]) -> Path:
    return write_model("some_model", evaluated=False)


def test_folders_of_models_are_those_that_hold_a_models_file(folder: Path) -> None:
    root = config.TRAINED_MODELS
    (root / "embeddings").mkdir()
    (root / "embeddings" / "x.npz").write_bytes(b"")
    (root / "broken").mkdir()
    (root / "broken" / "weights.npz").write_bytes(b"")
    assert list(model_folders()) == ["broken", "some_model"]
    assert model_folder("some_model") == folder
    assert model_folders(root / "nowhere") == {}
    (root / ".odd name").mkdir()
    (root / ".odd name" / "weights.npz").write_bytes(b"")
    assert model_folder(".odd name") == model_folders()[".odd name"]
    with pytest.raises(UserError, match=r"no trained model 'some_model/\.\./broken'"):
        model_folder("some_model/../broken")
    with pytest.raises(UserError, match=r"no trained model '\.\.'"):
        model_folder("..", root / "broken" / "inside")


def test_an_unknown_model_names_the_known(folder: Path) -> None:
    with pytest.raises(UserError, match="no trained model 'nope'; the trained models are some_model"):
        model_folder("nope")
    with pytest.raises(UserError, match="none is trained yet"):
        model_folder("nope", folder)
