"""The tables in trained_models/: what columns each has, and the only way to read and write a table on disk."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from core.errors import UserError
from core.files import replacing, short_path
from core.store import names, table_schema
from core.store.table_schema import Column, Schema, check_table


@dataclass(frozen=True)
class TableSchema:
    """A table on disk.

    Attributes:
        file: Its name.
        columns: In order.
        made_by: The command that writes it; {name} stands for the model. Empty if none does.
        more: Whether further columns of numbers may follow.
        float_format: How numbers are written; None writes all their digits.
    """

    file: str
    columns: Schema
    made_by: str = ""
    more: bool = False
    float_format: str | None = None


TEXT, COUNT, NUMBER = Column(str), Column(int), Column(float, optional=True)
ESTIMATE = {"value": NUMBER, "low": NUMBER, "high": NUMBER}
HISTORY = TableSchema(names.HISTORY, {"epoch": COUNT, "phase": COUNT}, "train {name}", more=True, float_format="%.5f")
SLICES = TableSchema(
    names.SLICES, {"slice": TEXT, "group": TEXT, "metric": TEXT, "images": COUNT, "lesions": COUNT} | ESTIMATE,
    "evaluate {name}",
)  # fmt: skip
CAM_SCORES = TableSchema(
    names.CAM_SCORES,
    {"image_id": TEXT, "group": COUNT, "dx": TEXT, "predicted": TEXT, "target": TEXT}
    | {f"{of}{score}": NUMBER for of in ("", "other_", "center_") for score in ("energy", "pointing", "iou")}
    | dict.fromkeys(("narrow_energy", "area"), NUMBER),
    "explain heatmaps {name}",
)
LAYER_CAM_SCORES = replace(CAM_SCORES, file=names.LAYER_CAM_SCORES, made_by="explain heatmaps {name} --method LayerCAM")
CAM_CHECKS = TableSchema(
    names.CAM_CHECKS,
    {"check": TEXT, "series": TEXT, "step": NUMBER, "measure": TEXT}
    | ESTIMATE
    | dict.fromkeys(("images", "seeds", "undefined"), COUNT),
    "explain checks {name}",
)
LAYER_CAM_CHECKS = replace(CAM_CHECKS, file=names.LAYER_CAM_CHECKS, made_by="explain checks {name} --method LayerCAM")
CAM_METHODS = TableSchema(
    names.CAM_METHODS,
    {"method": TEXT, "split": TEXT, "measure": TEXT} | ESTIMATE
    | dict.fromkeys(("other", "gain", "gain_low", "gain_high", "center"), NUMBER)
    | dict.fromkeys(("images", "rows", "columns"), COUNT),
    "explain methods {name}",
)  # fmt: skip
COMPARISONS = TableSchema(
    names.COMPARISONS,
    {"kind": TEXT, "model": TEXT, "label": Column(str, optional=True), "images_of": TEXT, "images": COUNT}
    | {"lesions": COUNT, "measure": TEXT}
    | {f"{half}{end}": NUMBER for half in ("wrong", "right", "gap") for end in ("", "_low", "_high")},
    "compare", float_format="%.5f",
)  # fmt: skip


def write_table(folder: Path, schema: TableSchema, table: pd.DataFrame) -> Path:
    """Write a table in one step.

    Args:
        folder: trained_models/NAME, trained_models/experiments or core/data/tables.
        schema: What it is.
        table: With the schema's columns, in order.

    Returns:
        The file.

    Raises:
        UserError: It does not have the schema's columns.
    """
    path = folder / schema.file
    checked = check_table(table, schema.columns, short_path(path), schema.more)
    with replacing(path) as beside:
        checked.to_csv(beside, index=False, float_format=schema.float_format)
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
    again = "fetch it again"
    if schema.made_by:
        again += f" or run `python -m core {schema.made_by.format(name=folder.name)}`"
    try:
        return table_schema.read_checked(path, schema.columns, schema.more)
    except FileNotFoundError:
        raise UserError(f"{short_path(path)} is missing; {again}.") from None
    except UserError as error:
        raise UserError(f"{str(error).removesuffix('.')}; {again}.") from error


def read_history(folder: Path) -> pd.DataFrame:
    """Read a model's figures epoch by epoch.

    Returns:
        Columns epoch (from 0), phase (from 0), loss (training), val_loss, val_accuracy, val_balanced_accuracy; more
        or fewer figures are possible, the first two are always there.

    Raises:
        UserError: The file is missing, damaged or empty.
    """
    table = read_table(folder, HISTORY)
    if table.empty:
        raise UserError(f"{folder.name}/{HISTORY.file} contains no epoch; fetch it again or train the model.")
    return table
