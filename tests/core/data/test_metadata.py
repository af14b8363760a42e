"""Every public layout reads to the same table; every fault is one error that names the offender."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from core.data.metadata import (
    COLUMNS,
    CONFIRMATIONS,
    ISIC_GROUPS,
    ISIC_TRUTH,
    Dataset,
    check_metadata,
    find_dataset,
    load_dataset,
)
from core.errors import UserError
from core.labels import DIAGNOSES, DX

CSV = "HAM10000_metadata.csv"


def rewrite(folder: Path, **columns: object) -> None:
    """Replace columns of the folder's CSV."""
    table = pd.read_csv(folder / CSV)
    table.assign(**columns).to_csv(folder / CSV, index=False)


def set_cell(folder: Path, row: int, column: str, value: object) -> None:
    table = pd.read_csv(folder / CSV, dtype=object)
    table.loc[row, column] = value
    table.to_csv(folder / CSV, index=False)


def as_isic(folder: Path, metadata: pd.DataFrame) -> Path:
    """Turn a Kaggle folder into the layout of ISIC 2018 Task 3: each part in a folder of its own."""
    images = folder / "ISIC2018_Task3_Training_Input"
    images.mkdir()
    for path in sorted(folder.glob("HAM10000_images_part_*/*.jpg")):
        path.rename(images / path.name)
    for part in folder.glob("HAM10000_images_part_*"):
        part.rmdir()
    (folder / CSV).unlink()
    truth = pd.DataFrame({d.isic: (metadata["dx"] == d.dx).astype(float) for d in reversed(DIAGNOSES)})
    truth.insert(0, "image", metadata["image_id"])
    wording = {code: text for text, code in CONFIRMATIONS.items()}
    groups = pd.DataFrame(
        {
            "image": metadata["image_id"],
            "lesion_id": metadata["lesion_id"],
            "diagnosis_confirm_type": metadata["dx_type"].map(wording),
        }
    )
    for name, table in ((ISIC_TRUTH, truth), (ISIC_GROUPS, groups.iloc[::-1])):
        home = folder / "ISIC2018_Task3_Training_GroundTruth"
        home.mkdir(exist_ok=True)
        table.to_csv(home / name, index=False)
    return folder


def test_kaggle_layout_reads_rows_and_images_in_file_order(mini_ham: Path, mini_metadata: pd.DataFrame) -> None:
    dataset = load_dataset(mini_ham)
    pd.testing.assert_frame_equal(dataset.metadata, mini_metadata, check_dtype=False)
    assert dataset.folder == mini_ham
    assert set(dataset.images) == set(mini_metadata["image_id"])
    assert all(path.is_file() and path.stem == image_id for image_id, path in dataset.images.items())
    assert dataset.missing == ()
    assert dataset.metadata["age"].isna().sum() == 1


@pytest.mark.parametrize("name", ["HAM10000_metadata.tab", "HAM10000_metadata"])
def test_dataverse_layout_keeps_the_dataset_column(mini_ham: Path, mini_metadata: pd.DataFrame, name: str) -> None:
    (mini_ham / CSV).unlink()
    table = mini_metadata.assign(dataset="vidir_modern")
    table.to_csv(mini_ham / name, sep="\t", index=False, quoting=2)
    dataset = load_dataset(mini_ham)
    assert list(dataset.metadata.columns) == [*COLUMNS, "dataset"]
    pd.testing.assert_frame_equal(dataset.metadata, table, check_dtype=False)


def test_isic_layout_has_lesions_and_no_facts_of_the_patient(mini_ham: Path, mini_metadata: pd.DataFrame) -> None:
    dataset = load_dataset(as_isic(mini_ham, mini_metadata))
    same = ["lesion_id", "image_id", "dx", "dx_type"]
    pd.testing.assert_frame_equal(dataset.metadata[same], mini_metadata[same], check_dtype=False)
    assert list(dataset.metadata.columns) == list(COLUMNS)
    assert dataset.metadata["age"].isna().all()
    assert set(dataset.metadata["sex"]) == set(dataset.metadata["localization"]) == {"unknown"}
    assert len(dataset.images) == len(mini_metadata)


def test_isic_layout_reads_when_the_tables_lie_at_the_top(mini_ham: Path, mini_metadata: pd.DataFrame) -> None:
    folder = as_isic(mini_ham, mini_metadata)
    for path in (folder / "ISIC2018_Task3_Training_GroundTruth").iterdir():
        path.rename(folder / path.name)
    assert len(load_dataset(folder).images) == len(mini_metadata)


def test_isic_layout_with_the_groupings_in_a_folder_of_their_own(mini_ham: Path, mini_metadata: pd.DataFrame) -> None:
    folder = as_isic(mini_ham, mini_metadata)
    (folder / "groups").mkdir()
    (folder / "ISIC2018_Task3_Training_GroundTruth" / ISIC_GROUPS).rename(folder / "groups" / ISIC_GROUPS)
    assert len(load_dataset(folder).metadata) == len(mini_metadata)


def test_a_byte_order_mark_and_windows_line_ends_are_read(mini_ham: Path, mini_metadata: pd.DataFrame) -> None:
    text = mini_metadata.to_csv(index=False).replace("\n", "\r\n")
    (mini_ham / CSV).write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert list(load_dataset(mini_ham).metadata.columns) == list(COLUMNS)


def test_a_partial_set_works_and_says_what_is_missing(mini_ham: Path, mini_metadata: pd.DataFrame) -> None:
    shutil.rmtree(mini_ham / "HAM10000_images_part_2")
    dataset = load_dataset(mini_ham)
    assert len(dataset.images) == len(dataset.missing) == 35
    assert dataset.missing == tuple(mini_metadata["image_id"][1::2])
    assert dataset.with_images["image_id"].tolist() == mini_metadata["image_id"][::2].tolist()


def test_images_that_the_metadata_does_not_name_and_masks_are_left_out(mini_ham: Path) -> None:
    part = mini_ham / "HAM10000_images_part_1"
    shutil.copy(part / "ISIC_0000000.jpg", part / "holiday.jpg")
    masks = mini_ham / "HAM10000_segmentations_lesion_tschandl"
    masks.mkdir()
    (masks / "ISIC_0000000_segmentation.png").write_bytes(b"")
    dataset = load_dataset(mini_ham)
    assert "holiday" not in dataset.images
    assert dataset.images["ISIC_0000000"].parent == part


def test_blank_facts_become_unknown(mini_ham: Path) -> None:
    set_cell(mini_ham, 3, "sex", None)
    set_cell(mini_ham, 4, "localization", None)
    metadata = load_dataset(mini_ham).metadata
    assert metadata.loc[3, "sex"] == metadata.loc[4, "localization"] == "unknown"


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(mini_ham: Path, mini_metadata: pd.DataFrame, column: str) -> None:
    mini_metadata.drop(columns=column).to_csv(mini_ham / CSV, index=False)
    with pytest.raises(UserError, match=rf"{CSV} lacks the column {column};"):
        load_dataset(mini_ham)


@pytest.mark.parametrize("column", ["dx", "dx_type", "sex", "localization"])
def test_an_unknown_code_is_named_with_its_image(mini_ham: Path, column: str) -> None:
    set_cell(mini_ham, 11, column, "wart")
    with pytest.raises(UserError, match=rf"unknown {column}: 'wart' \(ISIC_0000011\); known values are"):
        load_dataset(mini_ham)


def test_a_duplicate_image_id_is_named(mini_ham: Path) -> None:
    set_cell(mini_ham, 1, "image_id", "ISIC_0000000")
    with pytest.raises(UserError, match=r"image_id occurs more than once: ISIC_0000000\."):
        load_dataset(mini_ham)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("old", r"age is not a number: 'old' \(ISIC_0000005\); write years"),
        (-5, r"outside 0-120: -5\.0 \(ISIC_0000005\); leave the cell empty"),
        (150, "outside 0-120"),
    ],
)
def test_an_age_that_is_none_is_named(mini_ham: Path, value: object, message: str) -> None:
    set_cell(mini_ham, 5, "age", value)
    with pytest.raises(UserError, match=message):
        load_dataset(mini_ham)


def test_a_lesion_with_two_diagnoses_is_named(mini_ham: Path) -> None:
    set_cell(mini_ham, 4, "dx", "mel")
    with pytest.raises(UserError, match=r"lesions with two diagnoses: HAM_0000003\."):
        load_dataset(mini_ham)


@pytest.mark.parametrize("column", ["lesion_id", "image_id"])
def test_a_row_without_its_ids_is_named(mini_ham: Path, column: str) -> None:
    set_cell(mini_ham, 5, column, None)
    with pytest.raises(UserError, match=rf"{CSV}: no {column} in row 7\."):
        load_dataset(mini_ham)


def test_many_offenders_are_counted_rather_than_listed(mini_ham: Path) -> None:
    rewrite(mini_ham, sex="x")
    with pytest.raises(UserError, match="and 65 more; known values are female, male, unknown"):
        load_dataset(mini_ham)


def test_a_zero_byte_image_is_named(mini_ham: Path) -> None:
    (mini_ham / "HAM10000_images_part_1" / "ISIC_0000002.jpg").write_bytes(b"")
    with pytest.raises(UserError, match=r"Empty image files: ISIC_0000002\.jpg; fetch them again"):
        load_dataset(mini_ham)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"lesion_id\nHAM_0000001\n", b"\xff\xfe\x00\x01" * 9, b"PK\x03\x04\n"]
)
def test_a_table_that_is_none_is_one_clear_error(mini_ham: Path, content: bytes) -> None:
    (mini_ham / CSV).write_bytes(content)
    with pytest.raises(UserError, match=CSV) as caught:
        load_dataset(mini_ham)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_no_ham10000_says_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing here")
    with pytest.raises(
        UserError, match=r"does not contain HAM10000: expected HAM10000_metadata\.csv .*run `python -m core"
    ):
        load_dataset(tmp_path)


@pytest.mark.parametrize("name", ["absent", "file.txt"])
def test_a_path_that_is_no_folder_says_so_too(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.txt").write_text("")
    with pytest.raises(UserError, match="does not contain HAM10000"):
        load_dataset(tmp_path / name)


def test_isic_without_lesion_groupings_is_refused(mini_ham: Path, mini_metadata: pd.DataFrame) -> None:
    folder = as_isic(mini_ham, mini_metadata)
    (folder / "ISIC2018_Task3_Training_GroundTruth" / ISIC_GROUPS).unlink()
    with pytest.raises(UserError, match=f"{ISIC_GROUPS} is missing"):
        load_dataset(folder)


def test_isic_faults_are_named(mini_ham: Path, mini_metadata: pd.DataFrame) -> None:
    folder = as_isic(mini_ham, mini_metadata)
    truth_path, groups_path = (
        folder / "ISIC2018_Task3_Training_GroundTruth" / name for name in (ISIC_TRUTH, ISIC_GROUPS)
    )
    truth, groups = pd.read_csv(truth_path), pd.read_csv(groups_path)

    truth.assign(MEL=1.0).to_csv(truth_path, index=False)
    with pytest.raises(UserError, match=rf"{ISIC_TRUTH}: rows that are not one-hot: ISIC_0000000, "):
        load_dataset(folder)
    truth.astype({"MEL": object}).replace({"MEL": {0.0: "no"}}).to_csv(truth_path, index=False)
    with pytest.raises(UserError, match="rows that are not one-hot"):
        load_dataset(folder)
    truth.drop(columns="MEL").to_csv(truth_path, index=False)
    with pytest.raises(UserError, match=f"{ISIC_TRUTH} lacks the column MEL"):
        load_dataset(folder)
    pd.concat([truth, truth.head(1)]).to_csv(truth_path, index=False)
    with pytest.raises(UserError, match="image_id occurs more than once: ISIC_0000000"):
        load_dataset(folder)
    truth.to_csv(truth_path, index=False)

    groups[groups["image"] != "ISIC_0000009"].to_csv(groups_path, index=False)
    with pytest.raises(UserError, match=rf"{ISIC_GROUPS}: no lesion for ISIC_0000009\."):
        load_dataset(folder)
    pd.concat([groups, groups.tail(1)]).to_csv(groups_path, index=False)
    with pytest.raises(UserError, match=rf"{ISIC_GROUPS}: image occurs more than once: ISIC_0000000\."):
        load_dataset(folder)
    groups.assign(diagnosis_confirm_type="a guess").to_csv(groups_path, index=False)
    with pytest.raises(UserError, match="unknown dx_type: 'a guess'"):
        load_dataset(folder)


def test_find_dataset_is_silent_only_where_nothing_was_asked_for(
    mini_ham: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HAM10000_DIR", raising=False)
    monkeypatch.setattr("core.config.ROOT", tmp_path)
    assert find_dataset() is None
    (tmp_path / "data").mkdir()
    mini_ham.rename(tmp_path / "data" / "ham10000")
    found = find_dataset()
    assert found is not None
    assert len(found.images) == 70
    monkeypatch.setenv("HAM10000_DIR", str(tmp_path / "elsewhere"))
    with pytest.raises(UserError, match="elsewhere does not contain HAM10000"):
        find_dataset()


def test_the_real_dataset(real_ham: Dataset) -> None:
    metadata = real_ham.metadata
    assert len(metadata) == len(real_ham.images) == 10_015
    assert metadata["lesion_id"].nunique() == 7_470
    assert metadata["age"].isna().sum() == 57
    assert metadata["dx"].value_counts().reindex(list(DX)).tolist() == [327, 514, 1099, 115, 1113, 6705, 142]
    check_metadata(metadata, "the real metadata")
