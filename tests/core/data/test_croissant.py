"""The Croissant file: as the tables are, and valid for mlcroissant."""

import json

import pandas as pd
import pytest

from core.config import TABLES
from core.data.croissant import FILE, TABLES_OF_SPLITS, describe_splits


def test_the_committed_file_describes_the_committed_tables() -> None:
    assert json.loads((TABLES / FILE).read_text(encoding="utf-8")) == describe_splits()
    for name, columns in TABLES_OF_SPLITS.items():
        assert set(columns) <= set(pd.read_csv(TABLES / name, nrows=1).columns)


@pytest.mark.filterwarnings("ignore")
def test_mlcroissant_finds_no_fault_and_reads_the_rows() -> None:
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=str(TABLES / FILE))
    assert not dataset.metadata.ctx.issues.errors
    rows = dataset.records("splits")
    first = next(iter(rows))
    expected = pd.read_csv(TABLES / "splits.csv", nrows=1).iloc[0]
    assert first["splits/image_id"].decode() == expected["image_id"] and first["splits/group"] == expected["group"]
