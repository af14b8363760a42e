"""Read a table as spreadsheets and scripts write it: any separator, any common encoding, any word for "missing"."""

import csv
import io
import re
from itertools import chain
from math import inf
from pathlib import Path

import pandas as pd

from core.errors import UserError, name_offenders

SEPARATORS = (",", ";", "\t", "|")
MISSING = frozenset({"", "na", "n/a", "#n/a", "#na", "nan", "null", "none", "<na>"})
"""What pandas, R, SQL and Excel write for an empty cell, in small letters."""
DECIMAL_COMMA = re.compile(r"(-?\d+),(\d+)")
NOT_TABLES = {
    b"PK\x03\x04": "an Excel workbook or a zip file, whatever its name ends in; save the table as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook, whatever its name ends in; save the table as CSV",
    b"<!doctype": "a web page, perhaps of a login; download the file again in a browser",
    b"<html": "a web page, perhaps of a login; download the file again in a browser",
    b"version https://git-lfs": "only a pointer to the file; run `git lfs pull`",
}
"""What is meant by the first bytes of files that are often saved under a table's name."""


def read_table(path: Path, required: tuple[str, ...]) -> pd.DataFrame:
    r"""Read a table of text.

    The separator is the one with which the header has the required columns; a library's sniffer guesses from how often
    a character occurs, and is wrong for columns with decimal commas. Columns are found in any letter case. Lines before
    the header that start with `#` or `sep=`, blank rows and trailing empty columns are skipped.

    Args:
        path: The file.
        required: Columns that must be there, as they shall be spelled in the result.

    Returns:
        All cells as text without surrounding spaces, or NaN for an empty cell and any of `MISSING`.

    Raises:
        UserError: The file can't be read, isn't a table, lacks a column, has no rows, or has a row of another length.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("sep=;\nImage_ID;age\nISIC_1;45,5\nISIC_2;NULL\n")
        >>> read_table(path, ("image_id",)).to_dict("list")
        {'image_id': ['ISIC_1', 'ISIC_2'], 'age': ['45,5', nan]}
    """
    try:
        if path.exists() and not path.is_file():  # a pipe would wait for a writer for ever
            raise UserError(f"{path.name} can't be read: it isn't a file.")
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path.name} can't be read: {error.strerror}.") from error
    return parse_table(data, path.name, required).reset_index(drop=True)


def parse_table(
    data: bytes,
    name: str,
    required: tuple[str, ...],
    known: tuple[str, ...] = (),
    remedy: str = "download it again",
    most: float = inf,
) -> pd.DataFrame:
    r"""Read a table of text that is in memory.

    Args:
        data: The file's content.
        name: File name for the message.
        required: Columns that must be there, as they shall be spelled in the result.
        known: Columns that may be there, as they shall be spelled; they help to find the separator.
        remedy: What to do about a damaged file, for the message.
        most: Cells of a stranger's file; a cell takes many times the bytes that it has in the file. A blank row counts
            as one.

    Returns:
        As `read_table`, indexed by row number as a spreadsheet counts.

    Raises:
        UserError: As `read_table`, or it has more cells.

    Example:
        >>> parse_table(b"image\tdx\nISIC_1\tnv\n", "a.csv", ("image",), known=("DX",))
            image  DX
        2  ISIC_1  nv
    """
    header, rows = _cells(_text(data, name, remedy), required, known, name, remedy, most)
    if not rows:
        raise UserError(f"{name} has a header but no rows; {remedy}.")
    width = len(header)
    odd = [f"row {number}" for number, row in rows if len(row) != width and any(row[width:]) | (len(row) < width)]
    if odd:
        raise UserError(f"{name} has {width} columns in its header but not in {name_offenders(odd)}; {remedy}.")
    numbered = [number for number, _ in rows]
    table = pd.DataFrame([row[:width] for _, row in rows], columns=header, index=numbered, dtype=object)
    return table.mask(table.map(lambda cell: cell.lower() in MISSING))


def numbers(column: pd.Series) -> pd.Series:
    """Convert text to numbers, with a point or a comma before the decimals; NaN where it isn't a number.

    Example:
        >>> numbers(pd.Series(["45.5", "45,5", "85+"])).tolist()
        [45.5, 45.5, nan]
    """
    text = column.astype("string").str.replace(DECIMAL_COMMA, r"\1.\2", regex=True)
    return pd.to_numeric(text.astype(object), errors="coerce").astype(float)


def _text(data: bytes, name: str, remedy: str) -> str:
    for start, meaning in NOT_TABLES.items():
        if data[:64].lstrip().lower().startswith(start.lower()):
            raise UserError(f"{name} is not a readable table: it is {meaning}.")
    return _decoded(data, name, remedy)


def _decoded(data: bytes, name: str, remedy: str) -> str:
    """Decode UTF-16 with its mark, UTF-8, or else the encoding of Western Windows, which knows every letter here."""
    try:
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        raise UserError(f"{name} is not a readable table: it contains zero bytes; {remedy}.")
    return text


def _cells(
    text: str, required: tuple[str, ...], known: tuple[str, ...], name: str, remedy: str, most: float
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Split into a header and numbered rows, counted as a spreadsheet does."""
    lines = io.StringIO(text, newline="")
    first, head = next(((i, line) for i, line in enumerate(lines, 1) if not _before_header(line)), (0, ""))
    if not first:
        raise UserError(f"{name} is not a readable table: it is empty; {remedy}.")
    wanted = {column.lower() for column in (*required, *known)}
    found = {separator: _split(head, separator) for separator in SEPARATORS}
    separator = max(SEPARATORS, key=lambda each: (len(wanted & {c.lower() for c in found[each]}), len(found[each])))
    header, rows, cells = _header(found[separator], required, known, name), [], 0
    try:
        for number, row in enumerate(csv.reader(chain([head], lines), delimiter=separator, strict=True), first):
            cells += max(1, len(row))
            if cells > most:
                raise UserError(f"{name} has more than {most:,} cells; leave out rows or columns that aren't needed.")
            stripped = [cell.strip() for cell in row]
            if number > first and any(stripped):
                rows.append((number, stripped))
    except csv.Error as error:
        raise UserError(f"{name} is not a readable table ({error}); {remedy}.") from error
    return header, rows


def _before_header(line: str) -> bool:
    return not line.strip() or line.startswith("#") or line.lower().startswith(("sep=", '"sep='))


def _split(line: str, separator: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
    except (csv.Error, StopIteration):
        return []


def _header(cells: list[str], required: tuple[str, ...], known: tuple[str, ...], name: str) -> list[str]:
    spelled = {column.lower(): column for column in (*required, *known)}
    while cells and not cells[-1]:
        cells = cells[:-1]
    header = [spelled.get(cell.lower(), cell) for cell in cells]
    lacking = [column for column in required if column not in header]
    if lacking:
        shown = name_offenders([cell[:30] for cell in header], limit=12) or "nothing"
        raise UserError(f"{name} lacks the column {', '.join(lacking)}; found {shown}.")
    twice = sorted({column for column in (*required, *known) if header.count(column) > 1})
    if twice:
        raise UserError(f"{name} has the column {', '.join(twice)} more than once; keep one of them.")
    return [column or f"unnamed {i}" for i, column in enumerate(header)]
