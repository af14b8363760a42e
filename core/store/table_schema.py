"""Schemas of the tables on disk: dtype, known names and empty cells of each column, checked on reading."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pandas as pd

from core.errors import UserError
from core.files import short_path


@dataclass(frozen=True)
class Column:
    """What one column of a table holds.

    Attributes:
        dtype: str, int, float or bool.
        known: The values that may occur in a column of text; any if empty.
        optional: Whether a cell may be empty.
    """

    dtype: type
    known: tuple[str, ...] = ()
    optional: bool = False


Schema = Mapping[str, Column]
"""Columns by name, in the table's order."""


def read_checked(path: Path, schema: Schema, more: bool = False) -> pd.DataFrame:
    """Read a CSV table and check it.

    Args:
        path: The file; an empty cell is a missing value, and "none" or "NA" is text.
        schema: Its columns.
        more: Whether further columns of numbers may follow.

    Raises:
        FileNotFoundError: There is no such file.
        UserError: It can't be read, is cut short, or doesn't match the schema; names the column and the row.
    """
    try:
        text = path.read_text(encoding="utf-8")
        texts: dict[Hashable, type] = {name: str for name, column in schema.items() if column.dtype is str}
        table = pd.read_csv(StringIO(text), keep_default_na=False, na_values=[""], dtype=texts)
    except FileNotFoundError:
        raise
    except (ValueError, OSError) as error:
        raise UserError(f"{short_path(path)} is damaged: it is not a readable table.") from error
    if not text.endswith("\n"):
        raise UserError(f"{short_path(path)} is damaged: it is cut short.")
    return check_table(table, schema, short_path(path), more)


def check_table(table: pd.DataFrame, schema: Schema, name: str, more: bool = False) -> pd.DataFrame:
    """Check that a table matches its schema.

    Args:
        table: As read.
        schema: Its columns.
        name: The file's name, for the message.
        more: Whether further columns of numbers may follow.

    Returns:
        The table with the declared dtypes.

    Raises:
        UserError: A column is missing or unknown, or a cell doesn't fit; names the column and the row.

    Example:
        >>> check_table(pd.DataFrame({"seeds": [5.0]}), {"seeds": Column(int)}, "grid.csv").dtypes.to_dict()
        {'seeds': dtype('int64')}
    """
    missing = [column for column in schema if column not in table.columns]
    further = [str(column) for column in table.columns if column not in schema]
    if missing or (further and not more):
        what = f"column {missing[0]} is missing" if missing else f"column {further[0]} is unknown"
        raise UserError(f"{name} is damaged: {what}.")
    columns = {**schema, **dict.fromkeys(further, Column(float, optional=True))}
    return pd.DataFrame({key: _checked(table[key], column, name) for key, column in columns.items()})


def _checked(values: pd.Series, column: Column, name: str) -> pd.Series:
    """Return the values in the column's dtype."""
    empty = values.isna()
    if not column.optional and empty.any():
        raise UserError(f"{name} is damaged: column {values.name} is empty in {_row(empty)}.")
    if column.dtype is str:
        wrong = ~empty & ~values.isin(column.known) if column.known else empty & False
        kind = f"one of {', '.join(column.known)}"
        found = values
    elif column.dtype is bool:
        wrong, kind, found = ~values.isin([True, False]), "True or False", values
    else:
        found = pd.to_numeric(values.astype(str) if values.dtype == bool else values, errors="coerce")
        kind = "a whole number" if column.dtype is int else "a number"
        wrong = ~empty & (found.isna() | ((found % 1 != 0) if column.dtype is int else False))
    if wrong.any():
        value = values[wrong].iloc[0]
        raise UserError(f"{name} is damaged: column {values.name} holds {str(value)!r} in {_row(wrong)}, not {kind}.")
    return found.astype(column.dtype)


def _row(marked: pd.Series) -> str:
    """Return the first row that is marked, counted as a spreadsheet does, under the header."""
    return f"row {int(marked.to_numpy().argmax()) + 2}"
