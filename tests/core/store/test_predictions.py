"""The predictions store refuses every table that breaks its contract, naming file and offender."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import UserError
from core.labels import DX
from core.store.predictions import as_split, read_predictions, scores


@pytest.fixture
def table() -> pd.DataFrame:
    eye = np.full((4, len(DX)), 0.05)
    eye[range(4), [0, 4, 5, 5]] = 0.7
    rows = pd.DataFrame(eye, columns=list(DX))
    rows.insert(0, "image_id", ["a", "b", "c", "d"])
    rows.insert(1, "group", [1, 2, 3, 3])
    rows.insert(2, "split", ["validation", "test", "test", "test"])
    rows.insert(3, "dx", ["akiec", "mel", "nv", "nv"])
    return rows


def test_a_sound_table_is_read_as_it_is(table: pd.DataFrame, tmp_path: Path) -> None:
    table.to_csv(tmp_path / "predictions.csv", index=False)
    pd.testing.assert_frame_equal(read_predictions(tmp_path / "predictions.csv"), table, check_dtype=False)


def test_scores_are_the_rows_of_one_split(table: pd.DataFrame) -> None:
    predicted = scores(table, "test", np.full(7, 1 / 7))
    assert predicted.image_id.tolist() == ["b", "c", "d"]
    assert predicted.truth.tolist() == [DX.index("mel"), DX.index("nv"), DX.index("nv")]
    assert (predicted.probabilities.shape, predicted.lesions) == ((3, 7), 2)


def put(row: int, column: str, value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table = table.astype(object)
        table.loc[row, column] = value
        return table

    return change


FAULTS = {
    "column gone": (lambda t: t.drop(columns="mel"), "columns mel missing"),
    "column too many": (lambda t: t.assign(extra=1), "columns extra unknown"),
    "value gone": (put(1, "nv", None), "values are missing for b"),
    "unknown dx": (put(2, "dx", "scc"), "unknown dx for c"),
    "unknown split": (put(0, "split", "train"), "split is not one of validation, test for a"),
    "split without rows": (lambda t: t[t["split"] == "test"], "no image of the validation split"),
    "twice": (put(2, "image_id", "b"), "twice in one split: b"),
    "lesion in both splits": (put(0, "group", 2), "lesions in both splits: a, b"),
    "group is no number": (put(0, "group", "x"), "group is not a whole number"),
    "a word": (put(3, "df", "low"), "df is not a number for d"),
    "infinite": (put(3, "df", "inf"), "a probability outside 0-1 for d"),
    "above one": (put(3, "df", 1.5), "a probability outside 0-1 for d"),
    "negative": (put(1, "df", -0.05), "a probability outside 0-1 for b"),
    "sum": (put(1, "mel", 0.6), "probabilities do not sum to 1 for b"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_sentence_that_names_file_and_offender(fault: str, table: pd.DataFrame, tmp_path: Path) -> None:
    change, message = FAULTS[fault]
    path = tmp_path / "some_model" / "predictions.csv"
    path.parent.mkdir()
    change(table).to_csv(path, index=False)
    with pytest.raises(UserError) as error:
        read_predictions(path)
    assert str(error.value).startswith("some_model/predictions.csv")
    assert message in str(error.value)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b'"a,b\n1'])
def test_a_file_that_is_no_table_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"predictions\.csv"):
        read_predictions(path)


def test_a_row_cut_in_the_middle_is_noticed(table: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    table.to_csv(path, index=False)
    whole = path.read_bytes()
    for left in (whole[:-20], whole[:-1]):
        path.write_bytes(left)
        with pytest.raises(UserError, match=r"predictions\.csv is cut short"):
            read_predictions(path)


def test_unknown_split_names_the_known() -> None:
    assert as_split("test") == "test"
    with pytest.raises(UserError, match=r"'train'.*validation, test"):
        as_split("train")
