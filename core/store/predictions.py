"""The predictions table: one row per image of the validation and test splits, with its seven probabilities.

All scores of a model are computed from this table. Probabilities assume the natural class prior.
"""

from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import UserError, name_offenders
from core.files import short_path
from core.labels import DX
from core.store.model_tables import TableSchema, write_table
from core.store.names import PREDICTIONS
from core.store.table_schema import Column, Schema

Split = Literal["validation", "test"]
SPLITS: tuple[Split, ...] = ("validation", "test")
SCHEMA: Schema = {
    "image_id": Column(str), "group": Column(int), "split": Column(str, SPLITS), "dx": Column(str, DX),
    **dict.fromkeys(DX, Column(float)),
}  # fmt: skip
COLUMNS = tuple(SCHEMA)
DECIMALS = 5
SUM_TOLERANCE = len(DX) * 10.0**-DECIMALS
"""Seven rounded probabilities may miss 1 by this much (rounding errs by half of it at most)."""


@dataclass(frozen=True)
class Scores:
    """A model's predictions for the images of one split.

    Attributes:
        image_id: (n,) names.
        group: (n,) lesion group of each image.
        truth: (n,) index of the true class in core.labels.DX.
        probabilities: (n, 7) for the natural class prior.
        prior: (7,) class shares of the training images.
    """

    image_id: NDArray[np.str_]
    group: NDArray[np.int64]
    truth: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    prior: NDArray[np.float64]

    @property
    def lesions(self) -> int:
        """Number of lesions."""
        return len(np.unique(self.group))

    def take(self, rows: NDArray[np.int64]) -> "Scores":
        """Select images in the given order; an image may occur more than once."""
        return Scores(self.image_id[rows], self.group[rows], self.truth[rows], self.probabilities[rows], self.prior)


def as_split(name: str) -> Split:
    """Return the split with this name.

    Raises:
        UserError: There is no such split; lists the known ones.
    """
    for split in SPLITS:
        if split == name:
            return split
    raise UserError(f"There is no split {name!r} to score; choose from {', '.join(SPLITS)}.")


def write_predictions(folder: Path, table: pd.DataFrame, file: str = PREDICTIONS) -> Path:
    """Write a table of predictions in one step.

    Args:
        folder: trained_models/NAME.
        table: Columns `COLUMNS`, in any order; probabilities are rounded to `DECIMALS`.
        file: Its name.

    Returns:
        The file.

    Raises:
        UserError: It does not have these columns.
    """
    return write_table(
        folder, TableSchema(file, SCHEMA), table.astype(dict.fromkeys(DX, float)).round(dict.fromkeys(DX, DECIMALS))
    )


def read_predictions(path: Path, experiment: bool = False) -> pd.DataFrame:
    """Read and check a table of predictions.

    Args:
        path: The CSV file.
        experiment: Whether it is one of a pair of runs: it may lack a split, and have a lesion in both splits, as the
            split by image does.

    Returns:
        Columns `COLUMNS`, in the file's row order.

    Raises:
        UserError: The file is missing, cut short or damaged; names the file and the rows.
    """
    try:
        text = path.read_text(encoding="utf-8")
        table = pd.read_csv(StringIO(text), keep_default_na=False, na_values=[""])
    except FileNotFoundError:
        raise UserError(f"{short_path(path)} is missing; fetch it again or train the model.") from None
    except (ValueError, OSError) as error:
        raise UserError(f"{short_path(path)} is not a readable table; fetch it again or train the model.") from error
    if not text.endswith("\n"):
        raise UserError(f"{short_path(path)} is cut short; fetch it again or train the model.")
    check_predictions(table, short_path(path), experiment)
    return table


def check_predictions(table: pd.DataFrame, name: str, experiment: bool = False) -> None:
    """Check a table of predictions.

    Args:
        name: File name for the message.
        experiment: See `read_predictions`.

    Raises:
        UserError: Columns differ, a split or value is missing or unknown, an image_id occurs twice in a split, a lesion
            is in both splits, or probabilities aren't probabilities; names the rows.
    """
    lacking = [column for column in COLUMNS if column not in table.columns]
    strange = [str(column) for column in table.columns if column not in COLUMNS]
    if lacking or strange:
        raise UserError(f"{name}: columns {', '.join(lacking or strange)} {'missing' if lacking else 'unknown'}.")
    _refuse(table, table.isna().any(axis=1), f"{name}: values are missing for")
    _refuse(table, ~table["split"].isin(SPLITS), f"{name}: split is not one of {', '.join(SPLITS)} for")
    absent = sorted(set(SPLITS) - set(table["split"].unique()), key=SPLITS.index)
    if absent and not experiment:
        raise UserError(f"{name} has no image of the {' and the '.join(absent)} split; train the model again.")
    _refuse(table, ~table["dx"].isin(DX), f"{name}: unknown dx for")
    _refuse(table, table.duplicated(["image_id", "split"]), f"{name}: twice in one split:")
    if not pd.api.types.is_integer_dtype(table["group"]):
        raise UserError(f"{name}: group is not a whole number in every row.")
    _check_probabilities(table, name)
    if not experiment:
        splits = table.groupby("group")["split"].transform("nunique")
        _refuse(table, splits > 1, f"{name}: lesions in both splits:")


def scores(table: pd.DataFrame, split: Split, prior: NDArray[np.float64]) -> Scores:
    """Select one split as arrays.

    Args:
        table: As `read_predictions` returns it.
        prior: (7,) `core.store.card.Card.prior`.
    """
    rows = table[table["split"] == split]
    return Scores(
        image_id=rows["image_id"].to_numpy(np.str_),
        group=rows["group"].to_numpy(np.int64),
        truth=rows["dx"].map(DX.index).to_numpy(np.int64),
        probabilities=rows[list(DX)].to_numpy(np.float64),
        prior=prior,
    )


def _check_probabilities(table: pd.DataFrame, name: str) -> None:
    for dx in DX:
        if not pd.api.types.is_numeric_dtype(table[dx]):
            text = pd.to_numeric(table[dx], errors="coerce").isna()
            _refuse(table, text, f"{name}: {dx} is not a number for")
    values = table[list(DX)].to_numpy(np.float64)
    outside = ((values < 0) | (values > 1)).any(axis=1)
    _refuse(table, pd.Series(outside, table.index), f"{name}: a probability outside 0-1 for")
    off: NDArray[np.bool_] = np.abs(values.sum(axis=1) - 1) > SUM_TOLERANCE
    _refuse(table, pd.Series(off, table.index), f"{name}: probabilities do not sum to 1 for")


def _refuse(table: pd.DataFrame, wrong: pd.Series, what: str) -> None:
    if wrong.any():
        raise UserError(f"{what} {name_offenders(table.loc[wrong, 'image_id'].astype(str).tolist())}.")
