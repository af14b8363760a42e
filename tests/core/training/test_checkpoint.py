from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.training.checkpoint import Progress, assign, load_checkpoint, save_checkpoint


def test_a_checkpoint_comes_back_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    progress = Progress({"model": "m"}, phase=1, epoch=2, history=[{"loss": 1.5}], best=0.5, best_epoch=0)
    arrays = [np.arange(3.0), np.ones((2, 2))]
    save_checkpoint(path, progress, model=arrays, optimizer=arrays[:1])
    back, state = load_checkpoint(path)
    assert back == progress
    assert [len(state["model"]), len(state["optimizer"])] == [2, 1]
    np.testing.assert_array_equal(state["model"][0], arrays[0])
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UserError, match="damaged"):
        load_checkpoint(path)


def test_a_recipe_in_former_terms_is_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    save_checkpoint(path, Progress({"model": "m", "rows": "images", "milk10k": True}), model=[np.ones(2)])
    assert load_checkpoint(path)[0].recipe == {"model": "m", "rows": "images", "milk10k": True}
    save_checkpoint(path, Progress({"rows": "images", "split": "image"}), model=[np.ones(2)])
    assert load_checkpoint(path)[0].recipe == {"rows": "images", "split_scheme": "image"}
    save_checkpoint(path, Progress({"rows": "smote_matched"}), model=[np.ones(2)])
    assert load_checkpoint(path)[0].recipe == {"rows": "smote_matched"}


def test_variables_of_another_network_are_refused() -> None:
    with pytest.raises(UserError, match="another network"):
        assign([np.zeros(3)], [np.zeros(4)])
