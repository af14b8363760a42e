"""Tables as spreadsheets, scripts and browsers leave them: read, or refused in one sentence."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from core.data.read_table import MISSING, numbers, read_table
from core.errors import UserError

REQUIRED = ("image_id", "dx", "age")
PLAIN = "image_id,dx,age\nISIC_1,nv,45.5\nISIC_2,mel,\n"


def semicolons(text: str) -> str:
    return text.replace(",", ";")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.encode(),
        lambda text: semicolons(text).encode(),
        lambda text: semicolons(text).replace("45.5", "45,5").encode(),
        lambda text: text.replace(",", "\t").encode("utf-16"),
        lambda text: text.replace(",", "|").encode("utf-8-sig"),
        lambda text: ("sep=;\n" + semicolons(text)).encode(),
        lambda text: ("# a comment\n\n" + text).encode(),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: (text.replace("\n", "\n\n") + ",,\n").encode(),
        lambda text: text.replace("\n", ",,\n").encode(),
        lambda text: text.replace("image_id,dx", "Image_ID, DX").encode(),
        lambda text: text.replace("ISIC_1,nv", '"ISIC_1","nv"').encode(),
        lambda text: text.replace("\n", ",Rücken\n").replace("age,Rücken", "age,site").encode("cp1252"),
    ],
    ids=[
        "plain", "semicolons", "decimal comma", "UTF-16 tabs", "BOM pipes", "sep line", "comment", "CRLF", "CR",
        "blank rows", "empty columns", "spaces and capitals", "quotes", "cp1252",
    ],
)  # fmt: skip
def test_what_is_unambiguous_is_read(tmp_path: Path, change: Callable[[str], bytes]) -> None:
    (tmp_path / "a.csv").write_bytes(change(PLAIN))
    table = read_table(tmp_path / "a.csv", REQUIRED)
    assert table["image_id"].tolist() == ["ISIC_1", "ISIC_2"] and table["dx"].tolist() == ["nv", "mel"]
    assert numbers(table["age"])[0] == 45.5 and pd.isna(table["age"][1])


@pytest.mark.parametrize("word", sorted({*MISSING, "NaN", "NULL", " N/A "} - {""}))
def test_every_word_for_missing_is_missing(tmp_path: Path, word: str) -> None:
    (tmp_path / "a.csv").write_text(PLAIN.replace("mel,", f"mel,{word}"))
    assert pd.isna(read_table(tmp_path / "a.csv", REQUIRED)["age"][1])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04" + bytes(9), "it is an Excel workbook or a zip file, .*; save the table as CSV"),
        (b"\n <!DOCTYPE html><html></html>", "it is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "run `git lfs pull`"),
        (b"", "it is empty; download it again"),
        (b"image_id,dx,age\n", "has a header but no rows"),
        (PLAIN.encode() + b"\0" * 9, "contains zero bytes"),
        (PLAIN.replace("nv,45.5", "nv").encode(), r"has 3 columns in its header but not in row 2; download"),
        (PLAIN.replace("mel,", "mel,1,2").encode(), r"not in row 3"),
        (PLAIN.replace("dx", "diagnosis").encode(), "lacks the column dx; found image_id, diagnosis, age"),
        (PLAIN.replace("image_id", "dx").encode(), "lacks the column image_id; found dx, dx, age"),
        (b"image_id,dx,age,dx\n1,2,3,4\n", "has the column dx more than once"),
        (PLAIN.replace("ISIC_2", '"ISIC_2').encode(), "is not a readable table"),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(UserError, match=rf"^a\.csv .*{message}"):
        read_table(tmp_path / "a.csv", REQUIRED)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^a\.csv can't be read: No such file"):
        read_table(tmp_path / "a.csv", REQUIRED)
