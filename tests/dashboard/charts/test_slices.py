"""Slices: few lesions are hollow, grey and named; sentences compare those that have enough."""

import numpy as np
import pandas as pd

from dashboard.charts.slices import slice_forest
from dashboard.text.slices import few_sentence


def rows(*groups: tuple[str, int, float, float, float]) -> pd.DataFrame:
    table = pd.DataFrame(groups, columns=["group", "lesions", "value", "low", "high"])
    return table.assign(slice="sex", metric="accuracy", images=table["lesions"] + 5)


TABLE = rows(
    ("female", 300, 0.85, 0.8, 0.9),
    ("male", 400, 0.7, 0.65, 0.75),
    ("histo", 29, 1.0, np.nan, np.nan),
    ("unknown", 900, 0.1, 0.05, 0.2),
    ("follow_up", 0, np.nan, np.nan, np.nan),
)


def test_groups_with_enough_lesions_are_compared_and_undefined_ones_named() -> None:
    sentence = slice_forest(TABLE, "accuracy", 0.8).sentence
    assert all(part in sentence for part in ("male, 0.700 [0.650, 0.750]", "female, 0.850 [0.800, 0.900]"))
    assert "don't overlap" in sentence
    assert "Undefined for follow-up" in sentence


def test_few_lesions_are_hollow_and_warned_of() -> None:
    figure = slice_forest(TABLE, "accuracy", 0.8).figure
    full, hollow = figure.data
    assert len(full.y) == 3 and full.marker.symbol == "circle"
    assert list(hollow.x) == [1.0] and hollow.marker.symbol == "circle-open"
    assert figure.layout.shapes[0].x0 == 0.8
    assert "histopathology (29)" in str(few_sentence(TABLE, "accuracy"))
    assert "melanoma lesions" in str(few_sentence(TABLE, "melanoma_auc"))
    assert few_sentence(TABLE[TABLE["lesions"] >= 300], "accuracy") is None


def test_one_group_is_not_compared() -> None:
    sentence = slice_forest(rows(("histo", 29, 1.0, np.nan, np.nan)), "accuracy", 0.8).sentence
    assert "can't be compared" in sentence
