import numpy as np
import pandas as pd
import pytest

from core.labels import COLORS, DX
from dashboard.charts import probabilities


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame({"dx": DX, "probability": [0.0004, 0.05, 0.1, 0.0, 0.6, 0.2, 0.0496]})


def test_bars_stand_in_order_with_the_diagnoses_colours(table):
    chart = probabilities.probability_bars(table)
    bars, figures = chart.figure.data
    assert list(bars.x) == sorted(table["probability"])
    assert bars.marker.color[-1] == COLORS["mel"]
    assert bars.y[-1] == "Melanoma"
    assert [plain(t).strip() for t in figures.text[-2:]] == ["20%", "60%"]
    assert plain(figures.text[1]).strip() == "under 0.1%"
    assert chart.table["dx"].tolist()[:2] == ["mel", "nv"]
    assert chart.table["name"].iloc[0] == "Melanoma"
    assert "**melanoma** 60% and melanocytic nevus 20%. This is not a diagnosis." in plain(chart.sentence)


def test_whiskers_reach_from_the_least_to_the_most(table):
    ranged = table.assign(low=table["probability"] / 2, high=table["probability"] + 0.1)
    chart = probabilities.probability_bars(ranged)
    bars, figures = chart.figure.data
    assert np.subtract(bars.x, bars.error_x.arrayminus) == pytest.approx(sorted(ranged["low"]))
    assert np.add(bars.x, bars.error_x.array) == pytest.approx(list(figures.x))
    assert list(figures.x) == pytest.approx(sorted(ranged["high"]))
    assert chart.table.columns.tolist() == ["dx", "name", "probability", "low", "high"]
    assert probabilities.probability_bars(table).figure.data[0].error_x.array is None


def test_bars_do_not_depend_on_row_order(table):
    shuffled = probabilities.probability_bars(table.sample(frac=1, random_state=3))
    assert shuffled.sentence == probabilities.probability_bars(table).sentence
    assert list(shuffled.figure.data[0].y) == list(probabilities.probability_bars(table).figure.data[0].y)


def test_bars_are_filled_where_a_diagnosis_is_on_the_shortlist(table):
    chart = probabilities.probability_bars(table, kept=("nv", "df"))
    bars = chart.figure.data[0]
    fills = dict(zip(chart.table["dx"][::-1], bars.marker.color, strict=True))
    assert {dx for dx, fill in fills.items() if fill != probabilities.HOLLOW} == {"nv", "df"}
    assert fills["nv"] == COLORS["nv"]
    assert set(bars.marker.line.color) == set(COLORS.values())
    assert {text.rsplit(", ", 1)[1] for text in bars.customdata} == {"not on the shortlist", "on the shortlist"}
    assert set(chart.table.loc[chart.table["on_shortlist"], "dx"]) == {"nv", "df"}
    noted = [plain(text).strip() for text in chart.figure.data[1].text if "shortlist" in text]
    assert noted == ["under 0.1%, on the shortlist"]
    assert "on_shortlist" not in probabilities.probability_bars(table).table
