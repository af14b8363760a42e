"""Thresholds in images: the marked points lie where the tables say, sentences count what they show."""

import math

import numpy as np
import pandas as pd
from pytest import approx

from core.evaluation.thresholds import TARGETS
from core.stats import Estimate
from dashboard.charts.thresholds import cost_curve, four_figures, small_matrix
from dashboard.text.thresholds import QUESTIONS, YES, target_sentence


def test_every_question_has_a_label() -> None:
    assert set(QUESTIONS) == set(YES) == set(TARGETS)
    text = target_sentence("malignant", TARGETS["malignant"])
    assert text.startswith(
        "Cancer or precancer: Actinic keratosis / Bowen's disease, Basal cell carcinoma and Melanoma; benign:"
    )


def test_the_cost_curve_marks_its_minimum_and_the_threshold_in_use() -> None:
    grid = np.array([0.0, 0.1, 0.2, 1.0])
    table = pd.DataFrame({"threshold": grid, "cost": [80.0, 30.0, 40.0, 110.0]})
    table = table.assign(cost_low=table["cost"] - 5, cost_high=table["cost"] + 5)
    chart = cost_curve(table, chosen=0.2, optimum=0.2, miss=10)
    band, curve, least, at = chart.figure.data
    assert list(band.x) == [0, 10, 20, 100, 100, 20, 10, 0] and list(curve.x) == [0, 10, 20, 100]
    assert list(band.y) == [85, 35, 45, 115, 105, 35, 25, 75] and list(curve.y) == [80, 30, 40, 110]
    assert (least.x[0], least.y[0]) == (10, 30) and (at.x[0], at.y[0]) == (20, 40)
    layout, (line,), (note,) = chart.figure.layout, chart.figure.layout.shapes, chart.figure.layout.annotations
    assert (line.x0, line.x1, line.y0, line.y1, line.yref) == (20, 20, 0, 1, "paper")
    assert (note.x, note.y, note.yref, note.xanchor, note.showarrow) == (20, 1, "paper", "left", False)
    assert not layout.showlegend and list(layout.xaxis.range) == [-1, 101] and layout.height == 330
    far = cost_curve(table, chosen=0.2, optimum=0.6, miss=10).figure.layout.annotations[0]
    assert (far.x, far.xanchor) == (60, "right")
    assert all(part in chart.sentence for part in ("20.0%", "40 false alarms", "[35, 45]", "80", "110", "10.0%: 30"))
    assert "validation" not in chart.sentence
    assert "validation is 10.0%" in cost_curve(table, 0.2, 0.1, 10).sentence


def test_four_figures_are_drawn_and_explained() -> None:
    values = {name: Estimate(value, value - 0.05, value + 0.05) for name, value in
              {"sensitivity": 0.84, "specificity": 0.8, "ppv": 0.4, "npv": 0.9}.items()}  # fmt: skip
    chart = four_figures(values, "melanoma", 0.11, 0.02)
    assert list(chart.figure.data[0].x) == [0.9, 0.4, 0.8, 0.84]
    marks = chart.figure.data[0]
    assert list(marks.error_x.array) == list(marks.error_x.arrayminus) == [approx(0.05)] * 4
    assert [label.split("<")[1].removeprefix("b>") for label in marks.y] == ["NPV", "PPV", "Specificity", "Sensitivity"]
    assert list(chart.figure.layout.xaxis.tickvals) == [0, 0.25, 0.5, 0.75, 1]
    low, high = chart.figure.layout.yaxis.range
    assert -1 < low < 0 and 3 < high < 4
    low, high = chart.figure.layout.xaxis.range
    assert (low, high) == (-0.04, 1.08) and not chart.figure.layout.showlegend  # whole marks and figures at 0 and 1
    assert chart.figure.layout.height == 290 and chart.figure.layout.yaxis.showgrid is False
    assert list(marks.text) == ["0.900", "0.400", "0.800", "0.840"] and marks.customdata[0] == "0.900 [0.850, 0.950]"
    assert all(part in chart.sentence for part in ("84", "16", "11.0%", "2.0%", "40 of 100"))
    nobody = values | {"ppv": Estimate(math.nan, math.nan, math.nan)}
    assert "flags no image" in four_figures(nobody, "melanoma", 1.0, 0.02).sentence
    undefined = dict.fromkeys(values, Estimate(math.nan, math.nan, math.nan))
    assert "undefined" in four_figures(undefined, "melanoma", 1.0, 0.02).sentence


def test_the_small_matrix_has_each_count_in_its_place() -> None:
    counts = [(True, True, 188, 0.84), (True, False, 35, 0.16), (False, True, 291, 0.16), (False, False, 1490, 0.84)]
    chart = small_matrix(pd.DataFrame(counts, columns=["truth", "predicted", "images", "share"]), "melanoma")
    assert chart.table["truth"].tolist() == ["melanoma"] * 2 + ["not melanoma"] * 2
    assert chart.table["predicted"].tolist() == ["melanoma", "not melanoma"] * 2
    shades, figures = chart.figure.data
    assert np.asarray(shades.z).tolist() == [[0.84, 0.16], [0.16, 0.84]]
    assert list(shades.y) == ["is melanoma", "is not melanoma"]
    assert list(figures.text) == ["188", "35", "291", "1,490"] and chart.figure.layout.height == 150
    assert all(part in chart.sentence for part in ("35 of 223", "291 false alarms", "1,781", "(16%)"))
