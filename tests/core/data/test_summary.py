"""Counts hold what their rows held, lesions are counted once, and the committed tables are those of HAM10000."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import cli
from core.data.metadata import Dataset, load_dataset
from core.data.summary import (
    CELL,
    FIELDS,
    SUMMARIES,
    UNITS,
    Selection,
    count,
    image_sizes,
    load_counts,
    sample_rows,
    schema,
    select,
    summarize,
    write_tables,
)
from core.errors import UserError
from core.labels import DX


def test_counts_add_up_to_the_rows(mini_metadata: pd.DataFrame) -> None:
    counts = count(mini_metadata)
    assert list(counts) == [*CELL, *UNITS]
    assert counts["images"].sum() == len(mini_metadata)
    assert counts["lesions"].sum() == mini_metadata["lesion_id"].nunique()
    for column in FIELDS:
        theirs = mini_metadata[column].value_counts(dropna=False).sort_index()
        ours = counts.groupby(column, dropna=False)["images"].sum().sort_index()
        pd.testing.assert_series_equal(ours, theirs, check_names=False)
    several = counts[counts["images_per_lesion"] == 2]
    assert several["images"].sum() == 2 * several["lesions"].sum() == 28


def row(lesion: str, image: int, site: str) -> dict[str, object]:
    fields = {"dx": "mel", "dx_type": "histo", "age": 40.0, "sex": "male", "localization": site}
    return {"lesion_id": lesion, "image_id": f"i{image}", **fields}


@pytest.mark.parametrize(
    ("sites", "home"),
    [(["chest", "trunk", "trunk"], "trunk"), (["trunk", "chest"], "trunk"), (["ear", "trunk"], "ear")],
)
def test_a_lesion_whose_images_disagree_counts_where_most_are_else_where_the_first_is(
    sites: list[str], home: str
) -> None:
    counts = count(pd.DataFrame([row("a", i, site) for i, site in enumerate(sites)]))
    assert counts["lesions"].sum() == 1
    assert counts.set_index("localization").loc[home, "lesions"] == 1
    assert counts["images"].sum() == len(sites)


def test_sizes_are_counted_and_missing_ones_stay_missing(mini_metadata: pd.DataFrame) -> None:
    sizes = pd.DataFrame({"width": 200, "height": 150}, index=mini_metadata["image_id"][10:])
    counts = count(mini_metadata, sizes)
    assert counts.groupby(["width", "height"])["images"].sum().to_dict() == {(200.0, 150.0): 60}
    assert counts[counts["width"].isna()]["images"].sum() == 10


def test_no_rows_give_no_counts(mini_metadata: pd.DataFrame) -> None:
    assert count(mini_metadata[:0])[list(UNITS)].sum().tolist() == [0, 0]


@pytest.mark.parametrize(
    ("selection", "query"),
    [
        (Selection(), "dx == dx"),
        (Selection(dx=("mel", "nv")), "dx in ('mel', 'nv')"),
        (Selection(sex=("unknown",)), "sex == 'unknown'"),
        (Selection(localization=("back", "unknown")), "localization in ('back', 'unknown')"),
        (Selection(dx_type=("histo",)), "dx_type == 'histo'"),
        (Selection(age=(20, 60)), "20 <= age <= 60"),
        (Selection(dx=("mel",), sex=("male",), age=(0, 85)), "dx == 'mel' and sex == 'male' and age <= 85"),
    ],
)
def test_selecting_counts_is_counting_selected_rows(
    mini_metadata: pd.DataFrame, selection: Selection, query: str
) -> None:
    rows = mini_metadata.drop_duplicates("lesion_id")
    selected = select(count(rows), selection).reset_index(drop=True)
    pd.testing.assert_frame_equal(selected, count(rows.query(query)).reset_index(drop=True))


def test_an_age_range_holds_its_ends_and_leaves_out_the_unknown(mini_metadata: pd.DataFrame) -> None:
    ages = select(mini_metadata, Selection(age=(25, 60)))["age"]
    assert ages.min() == 25
    assert ages.max() == 60
    assert mini_metadata["age"].isna().any()
    assert not select(mini_metadata, Selection(age=(0, 120)))["age"].isna().any()


def test_schema_says_what_info_and_isnull_say(mini_metadata: pd.DataFrame) -> None:
    table = schema(count(mini_metadata)).set_index("column")
    assert table["empty"].to_dict() == mini_metadata.isna().sum().to_dict()
    assert table["unknown"].to_dict() == (mini_metadata == "unknown").sum().to_dict()
    assert set(table["rows"]) == {70}
    assert (table["known"] + table["empty"] + table["unknown"] == table["rows"]).all()


def test_samples_are_drawn_by_seed_without_repeats(mini_metadata: pd.DataFrame) -> None:
    drawn = sample_rows(mini_metadata, 4, seed=1)
    assert drawn["dx"].value_counts().to_dict() == dict.fromkeys(DX, 4)
    assert drawn["image_id"].is_unique
    pd.testing.assert_frame_equal(drawn, sample_rows(mini_metadata, 4, seed=1))
    assert set(drawn["image_id"]) != set(sample_rows(mini_metadata, 4, seed=2)["image_id"])
    assert len(sample_rows(mini_metadata, 99, seed=1)) == 70


def test_sizes_are_read_from_headers(mini_ham: Path) -> None:
    sizes = image_sizes(load_dataset(mini_ham).images)
    assert len(sizes) == 70
    assert sizes.drop_duplicates().to_numpy().tolist() == [[200, 150]]


def test_a_file_that_is_no_image_is_named(mini_ham: Path) -> None:
    bad = mini_ham / "HAM10000_images_part_1" / "ISIC_0000000.jpg"
    bad.write_text("no image")
    with pytest.raises(UserError, match=r"ISIC_0000000\.jpg"):
        image_sizes(load_dataset(mini_ham).images)


def test_a_part_does_not_replace_the_committed_tables(mini_ham: Path, tmp_path: Path) -> None:
    dataset = load_dataset(mini_ham)
    with pytest.raises(UserError, match=r"lacks 10,015 of HAM10000's 10,015 images.*--out"):
        summarize(dataset, committed=True)
    written = write_tables(summarize(dataset), tmp_path / "out")
    assert {path.name for path in written.values()} == {schema.file for schema in SUMMARIES.values()}
    again = pd.read_csv(written["counts"])
    pd.testing.assert_frame_equal(again, count(dataset.metadata, image_sizes(dataset.images)), check_dtype=False)


def test_the_command_counts_a_folder(
    mini_ham: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["core", "summarize", str(mini_ham), "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as done:
        cli.main()
    assert done.value.code in (0, None)
    assert "70 images of 56 lesions" in capsys.readouterr().out
    assert (tmp_path / "counts.csv").is_file()


def test_the_committed_counts_are_ham10000() -> None:
    counts = load_counts()
    assert counts[list(UNITS)].sum().tolist() == [10_015, 7_470]
    several = counts[counts["images_per_lesion"] > 1]
    assert several[list(UNITS)].sum().tolist() == [4_501, 1_956]
    dx = counts.groupby("dx")["images"].sum().to_dict()
    assert dx == {"akiec": 327, "bcc": 514, "bkl": 1099, "df": 115, "mel": 1113, "nv": 6705, "vasc": 142}
    gaps = schema(counts).set_index("column")[["empty", "unknown"]].sum(axis=1)
    assert gaps[["age", "sex", "localization"]].tolist() == [57, 57, 234]
    assert not {"image_id", "lesion_id"} & set(counts)


def test_the_committed_counts_are_those_of_the_rows(real_ham: Dataset) -> None:
    recounted = count(real_ham.metadata, image_sizes(real_ham.images))
    pd.testing.assert_frame_equal(load_counts(), recounted, check_dtype=False)


def test_in_ham10000_only_the_site_of_two_lesions_differs_between_images(real_ham: Dataset) -> None:
    kinds = real_ham.metadata.groupby("lesion_id")[list(FIELDS)].nunique(dropna=False)
    assert (kinds > 1).sum().to_dict() == dict.fromkeys(FIELDS, 0) | {"localization": 2}
    assert np.array_equal(kinds.index[(kinds > 1).any(axis=1)], ["HAM_0000871", "HAM_0001726"])
