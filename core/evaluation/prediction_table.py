"""Read a table of predictions that somebody else made: the ISIC challenge's format, this project's, or labels alone."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.data.leakage import SCHEME_SPLITS
from core.data.read_table import numbers, parse_table
from core.errors import UserError, name_offenders
from core.evaluation.diagnosis_names import LABEL_COLUMNS, as_code
from core.labels import DX, NAMES
from core.store.predictions import SUM_TOLERANCE

IDS = ("image_id", "image", "isic_id", "image_name", "filename", "file", "path", "id")
"""Columns that may hold the image ids; the first that is there counts."""
LESIONS = ("lesion_id", "group", "lesion")
"""Columns that may hold the lesions; the first that holds no parts of a split counts."""
FULL_NAMES = {name.lower(): dx for dx, name in NAMES.items()}
KNOWN = (*IDS, *DX, *FULL_NAMES, *LABEL_COLUMNS, *LESIONS)
IMAGE_ENDINGS = r"(?i)\.(jpe?g|png|webp|bmp|tiff?)$"
MAX_BYTES = 20 * 2**20
"""A table of 100,000 images with ten decimals is smaller."""
MOST_CELLS = 2_000_000
"""100,000 images with twenty columns."""
NEARLY = 1e-5
"""A probability may lie this far outside 0 to 1 by rounding."""
ROUNDED = 0.035
"""Seven probabilities rounded to two decimals may miss 1 by this much; such rows are divided by their sum."""
LONGEST = 200
"""Characters of an image id or a lesion: an array of text takes as many bytes for each as for the longest."""
MEND = "save it again as CSV"


@dataclass(frozen=True)
class PredictionTable:
    """Predictions as read from a file, in its order.

    Attributes:
        name: File name.
        image_id: (n,) names without folder and ending.
        row: (n,) row in the file, counted as a spreadsheet does.
        probabilities: (n, 7) in the order of core.labels.DX; of labels alone, 1 for the label and 0 for the rest.
        labels_only: True if the file has no probabilities.
        lesion: (n,) lesion of each image; None if the file has no such column.
        notes: One sentence for each thing that had to be interpreted.
    """

    name: str
    image_id: NDArray[np.str_]
    row: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    labels_only: bool
    lesion: NDArray[np.str_] | None = None
    notes: tuple[str, ...] = ()

    def rows(self, where: NDArray[np.bool_]) -> str:
        """Name rows for a message: "row 2 (ISIC_0024306), row 9 (...)" and how many more."""
        return _rows(self.row[where], self.image_id[where])


def read_prediction_table(path: Path) -> PredictionTable:
    """Read a file of predictions; see `parse_prediction_table`.

    Raises:
        UserError: The file can't be read, or is too large, or see there.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(_too_large(path.name))
        return parse_prediction_table(path.read_bytes(), path.name)
    except OSError as error:
        raise UserError(f"{path.name} can't be read: {error.strerror}.") from error


def parse_prediction_table(data: bytes, name: str) -> PredictionTable:
    r"""Read predictions from a file's content.

    Columns are found by name, in any order and letter case. Percentages, logits and rows that miss 1 by rounding are
    understood and noted; everything else that isn't a probability is refused.

    Args:
        data: The file's content.
        name: File name for the messages.

    Raises:
        UserError: The file is no table, lacks columns, names an image twice or has rows that can't be understood; the
            message names the rows.

    Example:
        >>> found = parse_prediction_table(b"image,label\na.jpg,Melanoma\nb.jpg,nv\n", "a.csv")
        >>> found.image_id.tolist(), found.labels_only, found.probabilities.argmax(axis=1).tolist()
        (['a', 'b'], True, [4, 5])
    """
    if len(data) > MAX_BYTES:
        raise UserError(_too_large(name))
    table = parse_table(data, name, (), KNOWN, MEND, MOST_CELLS)
    table = table.rename(columns={each: dx for each, dx in FULL_NAMES.items() if dx not in table.columns})
    image_id, notes = _image_ids(table, name)
    row = table.index.to_numpy(np.int64)
    there = [dx for dx in DX if dx in table.columns]
    labels = [column for column in LABEL_COLUMNS if column in table.columns]
    if len(there) == len(DX):
        probabilities, more = _from_columns(table, row, image_id, name)
        labels_only = bool(np.isin(probabilities, (0, 1)).all())
        more += ("Each row has one 1 and six 0: these are labels, not probabilities.",) if labels_only else ()
    elif len(labels) > 1 and len(there) < 2:
        raise UserError(f"{name} has the columns {' and '.join(labels)}; leave only the one that is meant.")
    elif labels and len(there) < 2:
        probabilities, labels_only, more = _from_labels(table[labels[0]], row, image_id, name), True, ()
    else:
        raise UserError(_unknown_format(table, there, name))
    return PredictionTable(
        name, image_id, row, probabilities, labels_only, _lesions(table, image_id, name), notes + more
    )


def _image_ids(table: pd.DataFrame, name: str) -> tuple[NDArray[np.str_], tuple[str, ...]]:
    column = next((each for each in IDS if each in table.columns), None)
    if column is None:
        shown = name_offenders([str(each)[:30] for each in table.columns], limit=12)
        raise UserError(f"{name} has no column with the image ids; name it image. Found {shown}.")
    if table[column].isna().any():
        lacking = [f"row {number}" for number in table.index[table[column].isna()]]
        raise UserError(f"{name} has no image id in {name_offenders(lacking)}.")
    cells = table[column].astype(str)
    ids = cells.str.split(r"[/\\]", regex=True).str[-1].str.replace(IMAGE_ENDINGS, "", regex=True)
    found = _texts(ids, "an image id", name)
    twice = ids.str.casefold().duplicated(keep=False).to_numpy()
    if twice.any():
        order = np.argsort(found[twice], kind="stable")
        offenders = _rows(table.index.to_numpy()[twice][order], found[twice][order])
        raise UserError(f"{name} names an image more than once: {offenders}.")
    changed = bool((ids != cells).any())
    return found, ("Folders and endings such as .jpg were removed from the image ids.",) if changed else ()


def _texts(cells: pd.Series, what: str, name: str) -> NDArray[np.str_]:
    """Return a column as an array; refuse it if one of its cells would make the array far larger than the file."""
    long = cells.index[cells.str.len() > LONGEST]
    if len(long):
        where = name_offenders([f"row {number}" for number in long])
        raise UserError(f"{name} has {what} of more than {LONGEST} characters in {where}.")
    return cells.to_numpy(np.str_)


def _lesions(table: pd.DataFrame, image_id: NDArray[np.str_], name: str) -> NDArray[np.str_] | None:
    """Return the lesion of each image; an empty cell is a lesion of its own."""
    there = [each for each in LESIONS if each in table.columns]
    parts = SCHEME_SPLITS["lesion"]
    column = next((each for each in there if not table[each].dropna().str.lower().isin(parts).all()), None)
    if column is None:
        return None
    own = pd.Series(image_id, index=table.index).radd("image ")
    return _texts(table[column].where(table[column].notna(), own).astype(str), "a lesion", name)


def _from_columns(
    table: pd.DataFrame, row: NDArray[np.int64], image_id: NDArray[np.str_], name: str
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    values = table[list(DX)].apply(numbers).to_numpy(np.float64)
    bad = ~np.isfinite(values).all(axis=1)
    if bad.any():
        raise UserError(f"{name} has an empty cell, or one that isn't a number, in {_rows(row[bad], image_id[bad])}.")
    values = np.where((values > -NEARLY) & (values < 1 + NEARLY), values.clip(0, 1), values)
    outside, sums = ((values < 0) | (values > 1)).any(axis=1), values.sum(axis=1)
    notes: tuple[str, ...] = ()
    off = np.abs(sums - 100) > 100 * ROUNDED
    if outside.any() and (values >= 0).all() and off.mean() < 0.5:
        if off.any():
            raise UserError(f"{name} has percentages that don't sum to 100 in {_rows(row[off], image_id[off])}.")
        values, notes = values / 100, ("Rows sum to 100: percentages, divided by 100.",)
    elif outside.mean() > 0.5:
        values = _softmax(values)
        notes = ("Values lie outside 0 to 1: taken as logits and turned into probabilities (softmax of each row).",)
    elif outside.any():
        raise UserError(f"{name} has a probability outside 0 to 1 in {_rows(row[outside], image_id[outside])}.")
    return _summing_to_one(values, notes, row, image_id, name)


def _summing_to_one(
    values: NDArray[np.float64],
    notes: tuple[str, ...],
    row: NDArray[np.int64],
    image_id: NDArray[np.str_],
    name: str,
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Divide rows by their sum if they miss 1 by no more than rounding."""
    sums = values.sum(axis=1)
    off = np.abs(sums - 1)
    if (off > ROUNDED).any():
        first = int(np.argmax(off > ROUNDED))
        raise UserError(
            f"{name}: probabilities sum to {sums[first]:.3g}, not 1, in "
            f"{_rows(row[off > ROUNDED], image_id[off > ROUNDED])}. If your network has seven separate yes-or-no "
            "outputs, divide each row by its sum."
        )
    rounded = off > SUM_TOLERANCE
    if rounded.any():
        values = np.where(rounded[:, None], values / sums[:, None], values)
        span = f"{sums[rounded].min():.3f} to {sums[rounded].max():.3f}"
        notes += (f"{rounded.sum():,} rows summed to {span}, as after rounding, and were divided by their sum.",)
    return values, notes


def _from_labels(
    column: pd.Series, row: NDArray[np.int64], image_id: NDArray[np.str_], name: str
) -> NDArray[np.float64]:
    codes = column.map(as_code, na_action="ignore")
    unknown = codes.isna().to_numpy()
    if unknown.any():
        numbered = column[unknown].astype(str).str.fullmatch(r"\d+(\.0)?").all()
        what = "a number as label, and the order of the classes isn't known" if numbered else "an unknown label"
        raise UserError(
            f"{name} has {what}, in {_rows(row[unknown], image_id[unknown])}; write {', '.join(DX)} or the names."
        )
    return np.asarray(np.eye(len(DX))[codes.map(DX.index).to_numpy(np.int64)])


def _unknown_format(table: pd.DataFrame, there: list[str], name: str) -> str:
    shown = name_offenders([str(each)[:30] for each in table.columns], limit=12)
    if there:
        lacking = ", ".join(dx.upper() for dx in DX if dx not in there)
        return f"{name} lacks the columns {lacking}; a diagnosis that your model never predicts has probability 0."
    return f"{name} needs a column for each of {', '.join(dx.upper() for dx in DX)}, or one named label; found {shown}."


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _rows(numbers: NDArray[np.int64], image_id: NDArray[np.str_]) -> str:
    return name_offenders(
        [f"row {n} ({each[:40]})" for n, each in zip(numbers.tolist(), image_id.tolist(), strict=True)]
    )


def _too_large(name: str) -> str:
    return f"{name} is larger than {MAX_BYTES // 2**20} MB; a table of predictions has one short row for each image."
