"""Calibration before and after: hollow and full marks on both splits, and which way the test figure moves."""

import pandas as pd
import pytest

from core.evaluation.calibration import MEASURES, before_and_after
from core.stats import Estimate
from core.store.card import Card
from core.store.fitted_facts import BeforeAfter, Calibration
from core.store.stored import MadeFrom
from dashboard.charts.calibration import temperature_effect
from tests.cards import small_card


def card(before: float, after: float) -> Card:
    both = BeforeAfter(*(Estimate(value, value - 0.01, value + 0.01) for value in (before, after)))
    measured = dict.fromkeys(MEASURES, both)
    return small_card("net", calibration=Calibration(MadeFrom(export="a"), 1.3, measured, measured))


@pytest.mark.parametrize(("after", "word"), [(0.03, "falls"), (0.07, "rises"), (0.05, "stays the same")])
def test_the_sentence_says_which_way_the_test_figure_went(after: float, word: str) -> None:
    chart = temperature_effect(before_and_after(card(0.05, after)), "calibration_error", 1.3)
    assert word in chart.sentence
    assert all(part in chart.sentence for part in ("1.30", "0.050 [0.040, 0.060]", f"{after:.3f} [", "less extreme"))


def test_both_splits_are_drawn_before_hollow_and_after_full() -> None:
    chart = temperature_effect(before_and_after(card(0.3, 0.2)), "brier", 0.8)
    before, after = chart.figure.data
    assert (before.marker.symbol, after.marker.symbol) == ("circle-open", "circle")
    assert list(before.x) == [0.3, 0.3] and list(after.x) == [0.2, 0.2]
    assert list(before.error_x.array) == pytest.approx([0.01, 0.01])
    assert all(part in chart.sentence for part in ("more extreme", "Brier score", "falls"))


def test_without_a_test_split_the_sentence_says_so() -> None:
    table = before_and_after(card(0.05, 0.03))
    rows = pd.DataFrame(table[table["split"] == "validation"])
    assert "Not measured" in temperature_effect(rows, "calibration_error", 1.0).sentence
