"""The tables in core/data/tables: what columns each has; read and written by `core.store.model_tables`."""

from functools import lru_cache
from pathlib import Path

import pandas as pd

from core.config import TABLES
from core.labels import DX
from core.store.model_tables import COUNT, NUMBER, TEXT, TableSchema, read_table
from core.store.table_schema import Column

SHARE, FLAG = Column(float), Column(bool)
PARTS = Column(str, ("train", "validation", "test"))
SPLITS = TableSchema(
    "splits.csv",
    {"image_id": TEXT, "group": COUNT, "lesion": PARTS, "image": Column(str, ("train", "test"))}
    | {"near_duplicate": FLAG},
    "split",
)
NEAR_DUPLICATES = TableSchema("near_duplicates.csv", {"image_id_a": TEXT, "image_id_b": TEXT, "inliers": COUNT})
LEAKAGE = TableSchema(
    "leakage.csv",
    {"split_scheme": Column(str, ("image", "lesion")), "split": PARTS, "dx": Column(str, DX), "leaked": FLAG}
    | {"images": COUNT, "lesions": COUNT},
    "split",
)
MILK10K_SPLITS = TableSchema("milk10k_splits.csv", {"image_id": TEXT, "lesion_id": TEXT, "split": PARTS}, "split")
MILK10K_LEFT_OUT = TableSchema(
    "milk10k_left_out.csv",
    {"isic_id": TEXT, "lesion_id": TEXT, "same_as": Column(str, optional=True), "keypoint_inliers": NUMBER}
    | {"reason": TEXT},
    float_format="%.6g",
)
COUNTS = TableSchema(
    "counts.csv",
    {"dx": Column(str, DX), "dx_type": TEXT, "sex": TEXT, "age": NUMBER, "localization": TEXT}
    | {"images_per_lesion": COUNT, "width": NUMBER, "height": NUMBER, "images": COUNT, "lesions": COUNT},
    "summarize",
    float_format="%.6g",
)
IMPUTATION_LEAK = TableSchema(
    "imputation_leak.csv",
    {"site": Column(str, ("kept", "own_dx", "all")), "reader": Column(str, ("all", "unknown"))}
    | {"rows": COUNT, "lesions": COUNT, "right": COUNT, "share": NUMBER, "low": NUMBER, "high": NUMBER}
    | {"bits": SHARE, "bits_dx": SHARE},
    "summarize",
    float_format="%.6g",
)
NOTEBOOK_SMOTE = TableSchema(
    "notebook_smote.csv",
    {"dx": Column(str, DX), "before": COUNT, "after": COUNT, "mismatched": COUNT},
    "notebook-smote",
)
COMMITTED = (
    SPLITS, NEAR_DUPLICATES, LEAKAGE, MILK10K_SPLITS, MILK10K_LEFT_OUT, COUNTS, IMPUTATION_LEAK, NOTEBOOK_SMOTE,
)  # fmt: skip
"""All of them."""


def read_committed(schema: TableSchema) -> pd.DataFrame:
    """Read a committed table and check it.

    Raises:
        UserError: It is missing or damaged; names the file and the column.

    Example:
        >>> len(read_committed(SPLITS))
        10015
    """
    path = TABLES / schema.file
    stamp = (path.stat().st_mtime_ns, path.stat().st_size) if path.is_file() else (0, 0)
    return _read(TABLES, schema.file, stamp).copy()


@lru_cache(maxsize=2)
def _read(folder: Path, file: str, stamp: tuple[int, int]) -> pd.DataFrame:  # noqa: ARG001, part of the cache's key
    """Keep the last tables, because every model's predictions are compared with the splits."""
    return read_table(folder, next(schema for schema in COMMITTED if schema.file == file))
