"""What can be seen: contrast of marks and text on both backgrounds, colours told apart under colour blindness."""

import tomllib
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab
from streamlit.elements.lib import streamlit_plotly_theme

from core.config import ROOT
from core.labels import COLORS
from dashboard.charts.style import (
    ACCENT,
    AXIS,
    CATEGORIES,
    CONTRAST,
    DARK_CELL,
    DARK_INK,
    DIVERGING,
    INK,
    LIGHT_INK,
    LINE,
    SHADES,
    draw,
    error_bars,
    interval_bars,
)

THEMES = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
MARKS = {**COLORS, "accent": ACCENT, "contrast": CONTRAST, "line": LINE, **dict(enumerate(CATEGORIES))}
CAPTION = 0.6
"""Opacity of captions in Streamlit."""
BLINDNESS = {
    "none": np.eye(3),
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""On linear RGB; Machado, Oliveira and Fernandes 2009, doi:10.1109/TVCG.2009.113, severity 1."""


def rgb(color: str) -> np.ndarray:
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def linear(color: np.ndarray) -> np.ndarray:
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)


def contrast(a: np.ndarray, b: np.ndarray) -> float:
    """WCAG 2.2's ratio, from 1 to 21."""
    low, high = sorted(float(linear(color) @ (0.2126, 0.7152, 0.0722)) + 0.05 for color in (a, b))
    return high / low


def seen(color: str, matrix: np.ndarray) -> np.ndarray:
    light = np.clip(np.asarray(matrix) @ linear(rgb(color)), 0, 1)
    return rgb2lab(np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("mark", MARKS)
def test_marks_stand_out_from_the_background(mark, theme):
    assert contrast(rgb(MARKS[mark]), rgb(THEMES[theme]["backgroundColor"])) >= 3


@pytest.mark.parametrize("kind", BLINDNESS)
def test_diagnoses_are_told_apart(kind):
    far = {
        (a, b): float(deltaE_ciede2000(seen(COLORS[a], BLINDNESS[kind]), seen(COLORS[b], BLINDNESS[kind])))
        for a, b in combinations(COLORS, 2)
    }
    assert min(far.values()) >= 15, min(far, key=far.get)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["backgroundColor", "secondaryBackgroundColor"])
def test_captions_can_be_read(theme, ground):
    text, behind = rgb(THEMES[theme]["textColor"]), rgb(THEMES[theme][ground])
    assert contrast(CAPTION * text + (1 - CAPTION) * behind, behind) >= 4.5


@pytest.mark.parametrize(
    ("ends", "inks"),
    [
        (SHADES, (DARK_INK, LIGHT_INK)),
        (DIVERGING[1::-1], (DARK_INK, LIGHT_INK)),
        (DIVERGING[1:], (DARK_INK, DARK_INK)),
    ],
    ids=["shares", "less", "more"],
)
def test_figures_in_cells_can_be_read(ends, inks):
    low, high = (rgb(color) for _, color in ends)
    for share in np.linspace(0, 1, 101):
        assert contrast(rgb(inks[int(share > DARK_CELL)]), (1 - share) * low + share * high) >= 4.5, share


def test_text_has_the_themes_ink():
    fig = draw([], xaxis={"title": {"text": "images"}})
    assert fig.layout.font.color == fig.layout.xaxis.title.font.color == fig.layout.yaxis.tickfont.color == INK
    assert AXIS["tickfont"]["size"] >= 12


def test_ink_is_streamlits_placeholder():
    """Should it change, text would be drawn in its literal colour."""
    assert streamlit_plotly_theme.GRAY_90 == INK


def test_error_bars_reach_from_one_end_to_the_other() -> None:
    bars = error_bars([0.1, np.nan], [0.3, 0.5], [0.4, np.nan])
    assert bars["array"] == pytest.approx([0.1, 0]) and bars["arrayminus"] == pytest.approx([0.2, 0])
    assert bars["symmetric"] is False and "color" not in bars
    rows = pd.DataFrame({"f1": [0.3], "f1_low": [0.1], "f1_high": [0.4]})
    named = interval_bars(rows, "f1", LINE)
    assert named["array"] == pytest.approx([0.1]) and named["arrayminus"] == pytest.approx([0.2])
    assert named["color"] == LINE
