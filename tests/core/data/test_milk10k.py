"""MILK10k: its tables, its split, and what is left out of it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data import milk10k
from core.data.milk10k import CLINICAL, DERMATOSCOPIC, DIAGNOSES, load_left_out, load_milk10k, load_split, make_split
from core.data.splits import load_splits
from core.errors import UserError

LESIONS = 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty lesions with a dermatoscopic image each, a clinical one too for the first ten."""
    codes = [DIAGNOSES[i % 4] for i in range(LESIONS)]
    ids = [f"IL_9{i:06d}" for i in range(LESIONS)]
    rows = [(ids[i], DERMATOSCOPIC, f"ISIC_D{i}") for i in range(LESIONS)]
    rows += [(ids[i], CLINICAL, f"ISIC_C{i}") for i in range(10)]
    metadata = pd.DataFrame(rows, columns=["lesion_id", "image_type", "isic_id"])
    metadata.to_csv(tmp_path / milk10k.METADATA_FILE, index=False)
    truth = pd.DataFrame({code: [float(each == code) for each in codes] for code in DIAGNOSES})
    truth.insert(0, "lesion_id", ids)
    truth.to_csv(tmp_path / milk10k.TRUTH_FILE, index=False)
    for lesion, _, image in rows:
        path = tmp_path / milk10k.IMAGES_FOLDER / lesion / f"{image}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


def test_the_metadata_tells_clinical_from_dermatoscopic_images(folder: Path) -> None:
    rows = load_milk10k(folder).metadata
    assert rows["kind"].value_counts().to_dict() == {DERMATOSCOPIC: LESIONS, CLINICAL: 10}
    assert rows.loc[rows["image_id"] == "ISIC_D2", ["diagnosis"]].to_numpy().tolist() == [["BEN_OTH"]]
    assert rows.loc[rows["diagnosis"] == "BEN_OTH", "dx"].isna().all()
    assert set(rows.loc[rows["diagnosis"] == "AKIEC", "dx"]) == {"akiec"}


def test_left_out_lesions_are_not_read(folder: Path) -> None:
    left_out = load_left_out()["lesion_id"][0]
    for name in (milk10k.METADATA_FILE, milk10k.TRUTH_FILE):
        path = folder / name
        path.write_text(path.read_text().replace("IL_9000003", left_out))
    (folder / milk10k.IMAGES_FOLDER / "IL_9000003").rename(folder / milk10k.IMAGES_FOLDER / left_out)
    ids = load_milk10k(folder).metadata["image_id"].tolist()
    assert "ISIC_D3" not in ids and "ISIC_C3" not in ids
    assert len(ids) == LESIONS + 10 - 2


def test_the_split_is_half_a_tenth_and_two_fifths_of_each_diagnosis(folder: Path) -> None:
    dataset = load_milk10k(folder)
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
def test_a_faulty_table_is_named(folder: Path, name: str, old: str, new: str, message: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))
    with pytest.raises(UserError, match=message):
        load_milk10k(folder)


def test_a_folder_without_tables_or_without_images_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is missing"):
        load_milk10k(tmp_path / "nowhere")
    (folder / milk10k.IMAGES_FOLDER).rename(folder / "elsewhere")
    with pytest.raises(UserError, match="no images in"):
        load_milk10k(folder)


def test_the_committed_split_shares_nothing_with_ham10000_or_the_left_out() -> None:
    split, left_out = load_split(), load_left_out()
    assert split["lesion_id"].is_unique and split.index.is_unique
    assert not set(split.index) & (set(load_splits().index) | set(left_out["isic_id"]))
    assert not set(split["lesion_id"]) & set(left_out["lesion_id"])
    shares = split["split"].value_counts(normalize=True)
    np.testing.assert_allclose(shares[["train", "validation", "test"]], [0.5, 0.1, 0.4], atol=0.01)
