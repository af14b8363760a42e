"""The confusion matrix: each cell in its place, shaded, framed and worded as the table says."""

import numpy as np
import pandas as pd
import pytest

from core.labels import DX
from dashboard.charts.confusion import confusion_cells, difference_cells
from dashboard.charts.style import DARK_INK, LIGHT_INK
from dashboard.text.confusion import confusion_sentence, difference_sentence


@pytest.fixture
def table() -> pd.DataFrame:
    counts = np.diag([10] * 7)
    counts[DX.index("mel"), DX.index("nv")] = 30
    counts[DX.index("nv"), DX.index("bkl")] = 2
    rows = [
        (dx, text_of, counts[i, j], counts[i, j] // 2, counts[i, j] / counts[i].sum())
        for i, dx in enumerate(DX)
        for j, text_of in enumerate(DX)
    ]
    return pd.DataFrame(rows, columns=["dx", "predicted", "images", "lesions", "share"])


def at(cells: pd.DataFrame, dx: str, text_of: str) -> pd.Series:
    return cells[(cells["dx"] == dx) & (cells["predicted"] == text_of)].iloc[0]


def look(cell: pd.Series) -> tuple[str, str]:
    return cell["background"], cell["ink"]


def test_cells_write_counts_or_shares(table: pd.DataFrame) -> None:
    counts = confusion_cells(table, shares=False, off_diagonal=False, cell=("mel", "nv"))
    shares = confusion_cells(table, shares=True, off_diagonal=False, cell=("mel", "nv"))
    assert at(counts, "mel", "nv")["text"] == "30"
    assert at(shares, "mel", "nv")["text"] == "75%"
    tooltip = at(counts, "mel", "nv")["tooltip"]
    assert all(part in tooltip for part in ("Melanoma", "melanocytic nevus", "30 images of 15 lesions", "75%"))
    assert (counts["share"] == shares["share"]).all()
    assert len(counts) == 49


def test_only_the_cell_in_question_is_framed(table: pd.DataFrame) -> None:
    cells = confusion_cells(table, shares=False, off_diagonal=False, cell=("nv", "bkl"))
    framed = cells[cells["framed"]]
    assert framed[["dx", "predicted"]].to_numpy().tolist() == [["nv", "bkl"]]


def test_mistakes_only_fill_the_scale(table: pd.DataFrame) -> None:
    cells = confusion_cells(table, shares=False, off_diagonal=True, cell=("mel", "nv"))
    assert len(cells) == 42
    assert (cells["dx"] != cells["predicted"]).all()
    assert look(at(cells, "mel", "nv")) == ("rgb(43, 92, 143)", LIGHT_INK)
    assert look(at(cells, "mel", "bkl")) == ("rgb(213, 223, 233)", DARK_INK)
    whole = confusion_cells(table, shares=False, off_diagonal=False, cell=("mel", "nv"))
    assert look(at(whole, "df", "df")) == look(at(cells, "mel", "nv")) != look(at(whole, "mel", "nv"))


def test_a_diagnosis_without_images_and_a_model_without_mistakes(table: pd.DataFrame) -> None:
    right = table.assign(images=table["images"].where(table["dx"] == table["predicted"], 0))
    right.loc[right["dx"] == "df", ["images", "share"]] = 0, np.nan
    cells = confusion_cells(right.assign(share=np.nan), shares=True, off_diagonal=True, cell=("mel", "nv"))
    assert cells["text"].eq("0%").all()
    assert set(cells["background"]) == {"rgb(213, 223, 233)"}
    assert "60 images" in confusion_sentence(right)


def test_the_sentence_counts_mistakes_and_missed_melanomas(table: pd.DataFrame) -> None:
    sentence = confusion_sentence(table)
    assert "32 of 102 images" in sentence
    assert "melanomas predicted as melanocytic nevi (30)" in sentence
    assert "30 of 40 melanomas (75%)" in sentence
    without = confusion_sentence(table[table["dx"] != "mel"])
    assert "melanomas" not in without
    assert without.endswith("(2).")


def test_two_models_differ_by_colour_and_in_the_tooltip(table: pd.DataFrame) -> None:
    other = table.assign(images_b=0, share_b=table["share"])
    other.loc[(table["dx"] == "mel") & (table["predicted"] == "nv"), ["share_b", "images_b"]] = 0.25, 10
    other["difference"] = other["share"] - other["share_b"]
    cells = difference_cells(other, off_diagonal=True, cell=("mel", "nv"))
    assert len(cells) == 42
    assert at(cells, "mel", "nv")["text"] == "+50" and at(cells, "mel", "nv")["framed"]
    assert at(cells, "nv", "mel")["text"] == "0"
    assert all(part in at(cells, "mel", "nv")["tooltip"] for part in ("30 against 10 images", "+50.0"))
    assert look(at(cells, "mel", "nv")) == ("rgb(184, 98, 27)", DARK_INK)
    assert look(at(cells, "nv", "mel")) == ("rgb(236, 239, 242)", DARK_INK)
    turned = difference_cells(other.assign(difference=-other["difference"]), off_diagonal=True, cell=("mel", "nv"))
    assert look(at(turned, "mel", "nv")) == ("rgb(43, 92, 143)", LIGHT_INK)
    assert at(turned, "mel", "nv")["text"] == "\N{MINUS SIGN}50"
    sentence = difference_sentence(other, "a", "b")
    assert "32 images, b on 10" in sentence
    assert "melanomas predicted as melanocytic nevi: a 75%, b 25%" in sentence
    assert "the same mistakes" in difference_sentence(other.assign(difference=0.0), "a", "b")
