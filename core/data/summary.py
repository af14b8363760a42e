"""HAM10000 as counts: one small table behind every metadata chart, so that no chart needs the dataset.

Each row is a cell: how many images and how many lesions share these values. Counts can be committed to the
repository, unlike the metadata itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from PIL import Image

from core.config import TABLES
from core.data.committed import COUNTS, IMPUTATION_LEAK, read_committed
from core.data.metadata import COLUMNS, Dataset
from core.errors import UserError, name_offenders
from core.store.model_tables import write_table

FIELDS = ("dx", "dx_type", "sex", "age", "localization")
CELL = (*FIELDS, "images_per_lesion", "width", "height")
UNITS = ("images", "lesions")
SUMMARIES = {"counts": COUNTS, "imputation_leak": IMPUTATION_LEAK}


@dataclass(frozen=True)
class Selection:
    """Filter for metadata rows; an empty tuple or None does not filter.

    Attributes:
        dx: Diagnosis codes.
        sex: female, male, unknown.
        localization: Body sites.
        dx_type: Ways of confirmation.
        age: (from, to) in years, inclusive; drops rows without an age.
    """

    dx: tuple[str, ...] = ()
    sex: tuple[str, ...] = ()
    localization: tuple[str, ...] = ()
    dx_type: tuple[str, ...] = ()
    age: tuple[float, float] | None = None


def select(table: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    """Filter rows by a selection.

    Args:
        table: Metadata rows or counts; anything with the columns `FIELDS`.
    """
    keep = pd.Series(True, index=table.index)
    for column in ("dx", "sex", "localization", "dx_type"):
        wanted = getattr(selection, column)
        if wanted:
            keep &= table[column].isin(wanted)
    if selection.age is not None:
        keep &= table["age"].between(*selection.age)
    return table[keep]


def count(metadata: pd.DataFrame, sizes: pd.DataFrame | None = None) -> pd.DataFrame:
    """Aggregate metadata rows to cells.

    A lesion counts once, in the cell with most of its images; of a tie, in the cell that comes first in the file. (In
    HAM10000, only two of 7,470 lesions have images with different sites.)

    Args:
        metadata: Columns `core.data.metadata.COLUMNS`, one row per image.
        sizes: width and height in pixels by image_id; default: missing.

    Returns:
        Columns `CELL` and `UNITS`; age, width and height are NaN where missing.
    """
    rows = metadata[["lesion_id", *FIELDS]].copy()
    rows["images_per_lesion"] = rows.groupby("lesion_id")["lesion_id"].transform("size")
    for axis in ("width", "height"):
        rows[axis] = float("nan") if sizes is None else metadata["image_id"].map(sizes[axis]).astype(float)
    cell = rows.groupby(list(CELL), dropna=False, sort=False).ngroup()
    cells = rows.assign(cell=cell).drop_duplicates("cell").set_index("cell")[list(CELL)]
    shared = pd.DataFrame({"lesion": rows["lesion_id"], "cell": cell}).value_counts(sort=False).reset_index()
    home = shared.sort_values(["count", "cell"], ascending=[False, True]).drop_duplicates("lesion")["cell"]
    cells["images"] = cell.value_counts()
    cells["lesions"] = home.value_counts()
    cells = cells.fillna({"lesions": 0}).astype({"lesions": int})
    return cells.sort_values(list(CELL)).reset_index(drop=True)


def load_counts() -> pd.DataFrame:
    """Read the committed counts of HAM10000, as `count` returns them."""
    return read_committed(COUNTS).astype({"width": int, "height": int})


def load_leak() -> pd.DataFrame:
    """Read the committed result of `core.data.cleaning.imputation_leak`."""
    return read_committed(IMPUTATION_LEAK)


def summarize(dataset: Dataset, committed: bool = False) -> dict[str, pd.DataFrame]:
    """Compute the tables that pages use in place of the dataset.

    Args:
        dataset: HAM10000 or part of it.
        committed: Whether the tables replace the committed ones, which describe all of HAM10000.

    Returns:
        Tables by the keys of `SUMMARIES`.

    Raises:
        UserError: Part of HAM10000 would replace the committed tables, or an image cannot be read.
    """
    from core.data.cleaning import imputation_leak  # pages need neither
    from core.data.splits import load_splits

    splits = load_splits()
    lacking = len(splits.index.difference(list(dataset.images)))
    if committed and lacking:
        raise UserError(
            f"{dataset.folder} lacks {lacking:,} of HAM10000's {len(splits):,} images, and the committed tables "
            "describe all of them; give --out FOLDER to count what is there."
        )
    counts = count(dataset.metadata, image_sizes(dataset.images))
    return {"counts": counts, "imputation_leak": imputation_leak(dataset.metadata, splits)}


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path | None = None) -> dict[str, Path]:
    """Write what `summarize` returns.

    Args:
        tables: Tables by the keys of `SUMMARIES`.
        folder: Default: the folder of the committed tables.

    Returns:
        The written files by name.
    """
    return {name: write_table(folder or TABLES, SUMMARIES[name], table) for name, table in tables.items()}


def image_sizes(images: Mapping[str, Path]) -> pd.DataFrame:
    """Read width and height of images from their headers.

    Args:
        images: Path by image_id.

    Returns:
        Columns width and height in pixels, indexed by image_id.

    Raises:
        UserError: Names the files that cannot be read.
    """
    sizes: dict[str, tuple[int, int]] = {}
    unreadable = []
    for image_id, path in images.items():
        try:
            with Image.open(path) as image:
                sizes[image_id] = image.size
        except OSError:
            unreadable.append(path.name)
    if unreadable:
        raise UserError(f"Images that cannot be read: {name_offenders(unreadable)}; fetch them again or delete them.")
    return pd.DataFrame.from_dict(sizes, orient="index", columns=["width", "height"])


def sample_rows(rows: pd.DataFrame, per_dx: int, seed: int) -> pd.DataFrame:
    """Draw a few rows of each diagnosis at random, without repeats.

    Args:
        rows: Metadata with the column dx.
        per_dx: Rows per diagnosis; fewer if there are fewer.
        seed: Random seed.
    """
    return rows.sample(frac=1, random_state=seed).groupby("dx").head(per_dx)


def schema(counts: pd.DataFrame) -> pd.DataFrame:
    """Summarize the metadata columns behind the counts, like `DataFrame.info`.

    Returns:
        Columns column, rows, known (neither empty nor "unknown"), empty, unknown, type; one row per metadata column.
    """
    total = int(counts["images"].sum())
    rows = []
    for column in COLUMNS:
        empty = unknown = 0
        if column in counts:
            empty = int(counts.loc[counts[column].isna(), "images"].sum())
            unknown = int(counts.loc[counts[column] == "unknown", "images"].sum())
        kind = "number" if column == "age" else "text"
        rows.append((column, total, total - empty - unknown, empty, unknown, kind))
    return pd.DataFrame(rows, columns=["column", "rows", "known", "empty", "unknown", "type"])
