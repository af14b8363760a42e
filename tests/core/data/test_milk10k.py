"""MILK10k: its tables, its split, and what is left out of it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data import milk10k
from core.data.milk10k import CLINICAL, DERMATOSCOPIC, load_left_out, load_milk10k, load_split, make_split
from core.data.splits import load_splits
from core.errors import UserError

LESIONS = 40


def test_the_metadata_tells_clinical_from_dermatoscopic_images(milk_folder: Path) -> None:
    rows = load_milk10k(milk_folder).metadata
    assert rows["kind"].value_counts().to_dict() == {DERMATOSCOPIC: LESIONS, CLINICAL: 10}
    assert rows.loc[rows["image_id"] == "ISIC_D2", ["diagnosis"]].to_numpy().tolist() == [["BEN_OTH"]]
    assert rows.loc[rows["diagnosis"] == "BEN_OTH", "dx"].isna().all()
    assert set(rows.loc[rows["diagnosis"] == "AKIEC", "dx"]) == {"akiec"}


def test_left_out_lesions_are_not_read(milk_folder: Path) -> None:
    left_out = load_left_out()["lesion_id"][0]
    for name in (milk10k.METADATA_FILE, milk10k.TRUTH_FILE):
        path = milk_folder / name
        path.write_text(path.read_text().replace("IL_9000003", left_out))
    (milk_folder / milk10k.IMAGES_FOLDER / "IL_9000003").rename(milk_folder / milk10k.IMAGES_FOLDER / left_out)
    ids = load_milk10k(milk_folder).metadata["image_id"].tolist()
    assert "ISIC_D3" not in ids and "ISIC_C3" not in ids
    assert len(ids) == LESIONS + 10 - 2


def test_the_split_is_half_a_tenth_and_two_fifths_of_each_diagnosis(milk_folder: Path) -> None:
    dataset = load_milk10k(milk_folder)
    split = make_split(dataset)
    assert len(split) == LESIONS  # no clinical image
    assert split["split"].value_counts().to_dict() == {"train": 20, "test": 16, "validation": 4}
    diagnosis = split["image_id"].map(dataset.metadata.set_index("image_id")["diagnosis"])
    assert set(pd.crosstab(diagnosis, split["split"])["test"]) == {4}


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (milk10k.METADATA_FILE, "image_type", "kind", "lacks the column image_type"),
        (milk10k.METADATA_FILE, "dermoscopic,ISIC_D7", "drawing,ISIC_D7", "ISIC_D7"),
        (milk10k.TRUTH_FILE, "IL_9000005,0.0,1.0", "IL_9000005,1.0,1.0", "not one-hot: IL_9000005"),
        (milk10k.TRUTH_FILE, "IL_9000006", "IL_8000006", "no diagnosis for IL_9000006"),
    ],
)
def test_a_faulty_table_is_named(milk_folder: Path, name: str, old: str, new: str, message: str) -> None:
    text = (milk_folder / name).read_text()
    assert old in text
    (milk_folder / name).write_text(text.replace(old, new))
    with pytest.raises(UserError, match=message):
        load_milk10k(milk_folder)


def test_a_folder_without_tables_or_without_images_is_refused(milk_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is missing"):
        load_milk10k(tmp_path / "nowhere")
    (milk_folder / milk10k.IMAGES_FOLDER).rename(milk_folder / "elsewhere")
    with pytest.raises(UserError, match="no images in"):
        load_milk10k(milk_folder)


def test_the_committed_split_shares_nothing_with_ham10000_or_the_left_out() -> None:
    split, left_out = load_split(), load_left_out()
    assert split["lesion_id"].is_unique and split.index.is_unique
    assert not set(split.index) & (set(load_splits().index) | set(left_out["isic_id"]))
    assert not set(split["lesion_id"]) & set(left_out["lesion_id"])
    shares = split["split"].value_counts(normalize=True)
    np.testing.assert_allclose(shares[["train", "validation", "test"]], [0.5, 0.1, 0.4], atol=0.01)
