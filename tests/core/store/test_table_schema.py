from pathlib import Path

import pandas as pd
import pytest

from core.errors import UserError
from core.store.table_schema import Column, check_table, read_checked

SCHEMA = {"strategy": Column(str, ("none", "smote")), "seeds": Column(int), "gap": Column(float, optional=True)}


def write(folder: Path, text: str) -> Path:
    path = folder / "grid.csv"
    path.write_text(text)
    return path


def test_a_table_is_read_with_the_declared_dtypes(tmp_path: Path) -> None:
    table = read_checked(write(tmp_path, "strategy,seeds,gap\nnone,5,\nsmote,1,0.5\n"), SCHEMA)
    assert table["strategy"].tolist() == ["none", "smote"]
    assert [str(dtype) for dtype in table.dtypes[1:]] == ["int64", "float64"]
    assert table["gap"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is not a readable table"),
        ("strategy,seeds,gap\nnone,5,0.1", "it is cut short"),
        ("strategy,gap\nnone,0.1\n", "column seeds is missing"),
        ("strategy,seeds,gap,more\nnone,5,0.1,1\n", "column more is unknown"),
        ("strategy,seeds,gap\nsmite,5,0.1\n", "column strategy holds 'smite' in row 2, not one of none, smote"),
        ("strategy,seeds,gap\nnone,5,0.1\nnone,1.5,0.1\n", "column seeds holds '1.5' in row 3, not a whole number"),
        ("strategy,seeds,gap\nnone,5,much\n", "column gap holds 'much' in row 2, not a number"),
        ("strategy,seeds,gap\nnone,,0.1\n", "column seeds is empty in row 2"),
    ],
)
def test_a_damaged_table_is_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        read_checked(write(tmp_path, text), SCHEMA)
    assert str(caught.value) == f"{tmp_path.name}/grid.csv is damaged: {message}."


def test_further_columns_hold_numbers(tmp_path: Path) -> None:
    text = "epoch,loss,val_loss\n0,1.5,\n"
    table = read_checked(write(tmp_path, text), {"epoch": Column(int)}, more=True)
    assert table.columns.tolist() == ["epoch", "loss", "val_loss"] and table["loss"].tolist() == [1.5]
    with pytest.raises(UserError, match="column loss holds 'high' in row 2, not a number"):
        read_checked(write(tmp_path, "epoch,loss\n0,high\n"), {"epoch": Column(int)}, more=True)


def test_text_stays_text_and_truth_is_no_number(tmp_path: Path) -> None:
    table = read_checked(write(tmp_path, "label\n007\nNA\n"), {"label": Column(str)})
    assert table["label"].tolist() == ["007", "NA"]
    with pytest.raises(UserError, match="column seeds holds 'True' in row 2, not a whole number"):
        read_checked(write(tmp_path, "seeds\nTrue\n"), {"seeds": Column(int)})


def test_columns_come_in_the_schemas_order() -> None:
    table = pd.DataFrame({"gap": [0.5], "seeds": [5], "strategy": ["none"]})
    assert check_table(table, SCHEMA, "grid.csv").columns.tolist() == list(SCHEMA)


def test_an_optional_text_may_be_empty_and_another_may_not(tmp_path: Path) -> None:
    path = write(tmp_path, "label,seeds\n,1\na,2\n")
    table = read_checked(path, {"label": Column(str, optional=True), "seeds": Column(int)})
    assert table["label"].isna().tolist() == [True, False]
    known = {"label": Column(str, ("a",), optional=True), "seeds": Column(int)}
    assert read_checked(path, known)["label"].isna().tolist() == [True, False]
    with pytest.raises(UserError, match="column label is empty in row 2"):
        read_checked(path, {"label": Column(str), "seeds": Column(int)})
