"""True diagnoses: of the committed test split, or of a file."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from core.data.splits import load_splits
from core.errors import UserError
from core.evaluation.truth import read_truth, split_truth
from core.labels import DX
from core.store.predictions import Split


def test_a_truth_of_other_images_has_its_own_lesions(tmp_path: Path) -> None:
    rows = pd.DataFrame({"image": ["a", "b", "c"], "label": ["nv", "mel", "nv"]})
    rows.to_csv(tmp_path / "t.csv", index=False)
    alone = read_truth(tmp_path / "t.csv")
    assert len(set(alone.group)) == 3 and "lesion of its own" in alone.notes[0]
    rows.assign(lesion_id=["x", "x", "y"]).to_csv(tmp_path / "t.csv", index=False)
    assert read_truth(tmp_path / "t.csv").group.tolist() == [0, 0, 1]
    rows.drop(columns="label").assign(**dict.fromkeys(DX, 1 / 7)).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(UserError, match=r"t\.csv contains probabilities"):
        read_truth(tmp_path / "t.csv")


@pytest.mark.parametrize("split", ["validation", "test"])
def test_the_truth_is_a_committed_split(split: Split) -> None:
    found, splits = split_truth(split), load_splits()
    rows = splits[(splits["lesion"] == split) & ((split == "test") | ~splits["near_duplicate"])]
    assert dict(zip(found.image_id, found.group, strict=True)) == rows["group"].to_dict()


def test_without_a_complete_model_there_is_no_truth(write_model: Callable[..., Path], tmp_path: Path) -> None:
    write_model("small", evaluated=False)
    with pytest.raises(UserError, match="No model in trained_models/ is complete"):
        split_truth(root=tmp_path / "trained_models")
