"""Scores in a terminal: every figure with its interval, validation next to test, the second test set beside."""

import math
from dataclasses import replace

import pytest

from core.cli.score_tables import as_text, card_as_text, format_estimate
from core.config import TRAINED_MODELS
from core.errors import UserError
from core.evaluation.leaderboard import Leaderboard, read_leaderboard
from core.evaluation.metrics import METRICS
from core.stats import Estimate
from core.store.card import read_card


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(0.7124, 0.6708, 0.75), "0.712 [0.671, 0.750]"),
        (Estimate(1.0, math.nan, math.nan), "1.000 [no interval]"),
        (Estimate(math.nan, math.nan, math.nan), "undefined"),
    ],
)
def test_a_figure_has_its_interval_or_says_that_it_has_none(estimate: Estimate, text: str) -> None:
    assert format_estimate(estimate) == text


def test_each_model_has_both_test_sets_in_its_row() -> None:
    board, name = read_leaderboard(), "efficientnet_lite0"
    card = read_card(TRAINED_MODELS / name)
    assert card.other_clinics
    (line,) = [each for each in as_text(board).splitlines() if each.split()[0] == name]
    for found in (card.figure("balanced_accuracy"), card.other_clinics.test.metrics["balanced_accuracy"]):
        assert format_estimate(found) in line


def test_a_damaged_model_is_a_line_below_the_table() -> None:
    board = read_leaderboard()
    lines = as_text(Leaderboard(board.rows, {"x": "x/card.json: broken."})).splitlines()
    assert lines[-1] == "x/card.json: broken." and len(lines) == len(board.rows) + 3


def test_a_card_shows_validation_next_to_test() -> None:
    card = read_card(TRAINED_MODELS / "baseline_cnn")
    text = card_as_text(card)
    for metric in METRICS.values():
        (line,) = [each for each in text.splitlines() if each.startswith(f"{metric.label} ")]
        positions = [line.index(format_estimate(card.figure(metric.name, split))) for split in ("validation", "test")]
        assert positions == sorted(positions)
    with pytest.raises(UserError, match="baseline_cnn has no scores yet"):
        card_as_text(replace(card, evaluation=None))
