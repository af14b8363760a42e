"""The committed tables: each has its schema, and none is without one."""

import pandas as pd
import pytest

from core.config import TABLES
from core.data.committed import COMMITTED, SPLITS, read_committed
from core.data.croissant import TABLES_OF_SPLITS
from core.errors import UserError
from core.store.model_tables import write_table


def test_every_committed_table_has_a_schema() -> None:
    assert {path.name for path in TABLES.glob("*.csv")} == {schema.file for schema in COMMITTED}


@pytest.mark.parametrize("schema", COMMITTED, ids=lambda schema: schema.file)
def test_a_table_that_is_read_and_written_keeps_every_cell(schema, tmp_path) -> None:
    written = write_table(tmp_path, schema, read_committed(schema))
    assert written.read_text().splitlines() == (TABLES / schema.file).read_text().splitlines()


def test_the_described_columns_are_those_of_the_schemas() -> None:
    schemas = {schema.file: schema for schema in COMMITTED}
    for name, columns in TABLES_OF_SPLITS.items():
        assert list(columns) == list(schemas[name].columns)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"near_duplicate": "maybe"}, "column near_duplicate holds 'maybe' in row 2, not True or False"),
        ({"lesion": "unused"}, "column lesion holds 'unused' in row 2, not one of train, validation, test"),
        ({"group": 0.5}, "column group holds '0.5' in row 2, not a whole number"),
    ],
)
def test_a_damaged_table_is_one_sentence(changes, problem, tmp_path, monkeypatch) -> None:
    row = {"image_id": "a", "group": 1, "lesion": "train", "image": "test", "near_duplicate": False}
    folder = tmp_path / "tables"
    folder.mkdir()
    pd.DataFrame([row | changes]).to_csv(folder / SPLITS.file, index=False)
    monkeypatch.setattr("core.data.committed.TABLES", folder)
    with pytest.raises(UserError, match=rf"^tables/splits\.csv is damaged: {problem}; fetch it .*split`\.$"):
        read_committed(SPLITS)
