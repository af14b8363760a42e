"""The tables in trained_models/: what columns each has, and the only way to read and write them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.errors import UserError
from core.files import replacing
from core.store import names

KINDS = {str: "text", int: "whole numbers", float: "numbers"}


@dataclass(frozen=True)
class TableSchema:
    """A table on disk.

    Attributes:
        file: Its name.
        columns: Type of each column, in order; only text and numbers may be missing.
        made_by: The command that writes it; {name} stands for the model.
        more: Whether further columns of numbers may follow.
        float_format: How numbers are written; None writes all their digits.
    """

    file: str
    columns: Mapping[str, type]
    made_by: str
    more: bool = False
    float_format: str | None = None


ESTIMATE = {"value": float, "low": float, "high": float}
HISTORY = TableSchema(names.HISTORY, {"epoch": int, "phase": int}, "train {name}", more=True, float_format="%.5f")
SLICES = TableSchema(
    names.SLICES, {"slice": str, "group": str, "metric": str, "pictures": int, "lesions": int} | ESTIMATE,
    "evaluate {name}",
)  # fmt: skip
CAM_SCORES = TableSchema(
    names.CAM_SCORES,
    {"image_id": str, "group": int, "dx": str, "said": str, "target": str}
    | dict.fromkeys(("energy", "pointing", "iou", "center_energy", "center_pointing", "center_iou", "area"), float),
    "explain heatmaps {name}",
)
CAM_CHECKS = TableSchema(
    names.CAM_CHECKS, {"check": str, "series": str, "step": float, "measure": str} | ESTIMATE | {"pictures": int},
    "explain checks {name}",
)  # fmt: skip
COMPARISONS = TableSchema(
    names.COMPARISONS,
    {"kind": str, "model": str, "label": str, "pictures_of": str, "pictures": int, "lesions": int, "measure": str}
    | {f"{side}{end}": float for side in ("wrong", "right", "gap") for end in ("", "_low", "_high")},
    "compare", float_format="%.5f",
)  # fmt: skip


def write_table(folder: Path, schema: TableSchema, table: pd.DataFrame) -> Path:
    """Write a table in one step.

    Args:
        folder: trained_models/NAME, or trained_models/experiments.
        schema: What it is.
        table: With the schema's columns, in order.

    Returns:
        The file.

    Raises:
        UserError: It does not have the schema's columns.
    """
    path = folder / schema.file
    _check_columns(table, schema, _where(path))
    with replacing(path) as beside:
        _typed(table, schema).to_csv(beside, index=False, float_format=schema.float_format)
    return path


def read_table(folder: Path, schema: TableSchema) -> pd.DataFrame:
    """Read a table and check it against its schema.

    Raises:
        UserError: It is missing, no table, or has a column that is missing, unknown or of another type; the message
            names the file and the column.

    Example:
        >>> read_table(Path("nowhere"), COMPARISONS)
        Traceback (most recent call last):
        core.errors.UserError: nowhere/comparisons.csv is missing; fetch it again or run `python -m core compare`.
    """
    path = folder / schema.file
    again = f"fetch it again or run `python -m core {schema.made_by.format(name=folder.name)}`"
    try:
        table = pd.read_csv(path, dtype={name: str for name, kind in schema.columns.items() if kind is str})
    except FileNotFoundError:
        raise UserError(f"{_where(path)} is missing; {again}.") from None
    except (ValueError, OSError) as error:
        raise UserError(f"{_where(path)} is not a readable table; {again}.") from error
    _check_columns(table, schema, _where(path))
    for name in table.columns:
        kind = schema.columns.get(name, float)
        if not _fits(table[name], kind):
            raise UserError(f"{_where(path)}: column {name} does not hold {KINDS[kind]} alone; {again}.")
    return _typed(table, schema)


def read_history(folder: Path) -> pd.DataFrame:
    """A model's figures epoch by epoch.

    Returns:
        Columns epoch (from 0), phase (from 0), loss (training), val_loss, val_accuracy, val_balanced_accuracy; more
        or fewer figures are possible, the first two are always there.

    Raises:
        UserError: The file is missing, damaged or empty.
    """
    table = read_table(folder, HISTORY)
    if table.empty:
        raise UserError(f"{folder.name}/{HISTORY.file} holds no epoch; fetch it again or train the model.")
    return table


def _check_columns(table: pd.DataFrame, schema: TableSchema, where: str) -> None:
    lacking = [name for name in schema.columns if name not in table.columns]
    unknown = [str(name) for name in table.columns if name not in schema.columns and not schema.more]
    if lacking or unknown:
        problem = "missing" if lacking else "unknown"
        again = f"run `python -m core {schema.made_by.format(name=where.split('/')[0])}`"
        raise UserError(f"{where}: column {', '.join(lacking or unknown)} is {problem}; {again}.")


def _fits(column: pd.Series, kind: type) -> bool:
    if kind is str or column.empty:
        return True
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return False
    return kind is float or bool((column == column.round()).all())


def _typed(table: pd.DataFrame, schema: TableSchema) -> pd.DataFrame:
    return table.astype({name: kind for name, kind in schema.columns.items() if kind is not str})


def _where(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
