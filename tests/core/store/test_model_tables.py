"""Tables: written and read by their schema, faults named with file and column."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from core.config import EXPERIMENTS, TRAINED_MODELS
from core.errors import UserError
from core.store.model_tables import (
    CAM_CHECKS,
    CAM_SCORES,
    COMPARISONS,
    HISTORY,
    SLICES,
    read_history,
    read_table,
    write_table,
)

SCHEMAS = (HISTORY, SLICES, CAM_SCORES, CAM_CHECKS, COMPARISONS)
ROW = {"slice": "age", "group": "0-29", "metric": "accuracy", "images": 3, "lesions": 2, "value": 0.5}
TABLE = pd.DataFrame([ROW | {"low": 0.25, "high": float("nan")}])


@pytest.fixture
def folder(write_model: Callable[..., Path]) -> Path:
    return write_model("some_model", evaluated=False)


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.file)
def test_committed_tables_have_their_schema(schema) -> None:
    folders = [path.parent for root in (TRAINED_MODELS, EXPERIMENTS) for path in root.rglob(schema.file)]
    assert folders
    for folder in folders:
        assert list(read_table(folder, schema).columns)[: len(schema.columns)] == list(schema.columns)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert write_table(tmp_path, SLICES, TABLE) == tmp_path / "slices.csv"
    pd.testing.assert_frame_equal(read_table(tmp_path, SLICES), TABLE, check_dtype=False)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"low": None}, "column low is missing"),
        ({"more": 1}, "column more is unknown"),
        ({"images": 2.5}, "column images holds '2.5' in row 2, not a whole number"),
        ({"images": None}, "column images is empty in row 2"),
        ({"value": "high"}, "column value holds 'high' in row 2, not a number"),
    ],
)
def test_a_column_that_does_not_fit_is_named(changes: dict[str, object], problem: str, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    table = TABLE.drop(columns="low") if "low" in changes else TABLE.assign(**changes)
    table.to_csv(folder / "slices.csv", index=False)
    with pytest.raises(UserError, match=rf"^m/slices\.csv is damaged: {problem}; [^\n]*core evaluate m`\.$"):
        read_table(folder, SLICES)


def test_a_table_of_other_columns_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="column low is missing"):
        write_table(tmp_path, SLICES, TABLE.drop(columns="low"))
    assert not list(tmp_path.iterdir())


def test_a_history_is_read_epoch_by_epoch(folder: Path) -> None:
    table = read_history(folder)
    assert table["epoch"].tolist() == [0, 1, 2]
    assert table["phase"].tolist() == [0, 0, 1]
    assert table["val_balanced_accuracy"].tolist() == [0.3, 0.5, 0.6]


@pytest.mark.parametrize(
    "content", [None, "", "epoch,phase\n", "epoch,loss\n0,1\n", "epoch,phase\n0,x\n", "epoch,phase\n0,\n"]
)
def test_a_damaged_history_is_named(content: str | None, folder: Path) -> None:
    (folder / "history.csv").unlink()
    if content is not None:
        (folder / "history.csv").write_text(content)
    with pytest.raises(UserError, match=r"^some_model/history\.csv"):
        read_history(folder)
