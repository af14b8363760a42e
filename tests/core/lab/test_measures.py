"""Measures, their intervals and the correction of the prior."""

from dataclasses import astuple, replace

import numpy as np
import pandas as pd
import pytest

from core.evaluation.bootstrap import Bootstrap
from core.evaluation.calibration import correct_prior
from core.lab.measures import (
    DRAWS,
    FACTORS,
    LABELS,
    MEASURES,
    Outcome,
    compare,
    draw_measures,
    estimate,
    summarise,
    tune_factors,
)
from core.labels import DX
from core.stats import interval
from core.store.predictions import Scores

LEVEL = np.full(len(DX), 1 / len(DX))


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """120 images of 40 lesions, with every class."""
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(40), 3)
    truth = group % len(DX)
    chances = rng.dirichlet(LEVEL * len(DX), len(group)) + 0.4 * np.eye(len(DX))[truth]
    raw = Scores(group.astype(str), group, truth, chances / chances.sum(axis=1, keepdims=True), LEVEL)
    nature = np.array([0.05, 0.05, 0.1, 0.05, 0.1, 0.6, 0.05])
    corrected = replace(raw, probabilities=correct_prior(raw.probabilities, LEVEL, nature), prior=nature)
    return Outcome(raw, corrected, pd.DataFrame(), pd.Series(dtype=int))


def test_every_measure_has_a_label() -> None:
    assert list(LABELS) == list(MEASURES)


def test_a_measure_is_drawn_with_the_figure_itself_in_front(outcome: Outcome) -> None:
    draws = draw_measures(outcome, 20)
    assert list(draws) == list(MEASURES)
    for key, (metric, which) in MEASURES.items():
        scores = outcome.corrected if which == "corrected" else outcome.raw
        assert outcome.scores(which) is scores
        assert draws[key][0] == metric(scores)
        assert draws[key][1:] == pytest.approx(Bootstrap(scores, 20).values(metric), nan_ok=True)
    assert len(draw_measures(outcome)["calibration_error"]) == 1 + DRAWS
    for key in ("accuracy", "macro_f1"):  # decided against the prior that the classifier learned from
        assert MEASURES[key][0].point == "balanced"


def test_a_table_holds_each_measure_with_its_ends(outcome: Outcome) -> None:
    draws = draw_measures(outcome, 40)
    table = summarise(draws)
    assert table.columns.tolist() == ["measure", "value", "low", "high"]
    assert table["measure"].tolist() == list(MEASURES)
    for row in table.itertuples():
        assert (row.value, row.low, row.high) == pytest.approx(astuple(estimate(draws[row.measure])), nan_ok=True)


def test_a_gap_is_drawn_over_the_same_lesions(outcome: Outcome) -> None:
    better = replace(outcome, raw=replace(outcome.raw, probabilities=np.eye(len(DX))[outcome.raw.truth]))
    draws = {"inflated": draw_measures(better, 40), "honest": draw_measures(outcome, 40)}
    table = compare(draws)
    assert table.columns.tolist() == ["measure", "inflated", "honest", "gap", "low", "high"]
    assert table["measure"].tolist() == list(MEASURES)
    row = table.set_index("measure").loc["accuracy"]
    a, b = (draws[name]["accuracy"] for name in ("inflated", "honest"))
    assert (row["inflated"], row["honest"], row["gap"]) == pytest.approx((1, b[0], 1 - b[0]))
    for row in table.itertuples():
        a, b = (draws[name][row.measure] for name in ("inflated", "honest"))
        assert (row.low, row.high) == pytest.approx(interval(a[1:] - b[1:]), nan_ok=True)
    assert compare({"honest": draws["honest"]}).empty
    assert compare({"honest": draws["honest"]}).columns.tolist() == table.columns.tolist()


def test_a_diagnosis_that_was_never_learned_is_corrected_away_unless_nothing_is_left() -> None:
    learned = np.array([0, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    raw = np.array([[0.5, 0.25, 0.25, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0.0]])
    corrected = correct_prior(raw, learned, LEVEL)
    assert corrected[0] == pytest.approx([0, 1 / 6, 5 / 6, 0, 0, 0, 0])
    assert corrected[1] == pytest.approx(raw[1])


def test_the_factor_of_the_largest_diagnosis_stays_and_the_others_are_tried_ones() -> None:
    truth = np.repeat(np.arange(len(DX)), (9, 9, 9, 9, 9, 90, 9))
    raw = np.random.default_rng(0).dirichlet(np.ones(len(DX)), len(truth))
    factors = tune_factors(raw, truth)
    assert factors[5] == 1
    assert np.isin(factors, [1, *FACTORS]).all() and (factors != 1).any()


def test_a_factor_is_only_moved_for_the_better() -> None:
    truth = np.repeat(np.arange(len(DX)), 4)
    assert (tune_factors(np.eye(len(DX))[truth] * 0.9 + 0.01, truth) == 1).all()  # nothing to gain


def test_factors_are_tuned_in_rounds() -> None:
    rng = np.random.default_rng(4)
    truth = np.repeat(np.arange(len(DX)), (9, 12, 15, 18, 21, 60, 24))
    raw = rng.dirichlet(np.ones(len(DX)), len(truth)) + 0.2 * np.eye(len(DX))[truth]

    def right(rounds: int) -> float:
        predicted = (raw * tune_factors(raw, truth, rounds)).argmax(axis=1)
        return float(np.mean([(predicted[truth == i] == i).mean() for i in range(len(DX))]))

    assert right(0) < right(1) <= right(2) <= right(3)
    assert np.array_equal(tune_factors(raw, truth), tune_factors(raw, truth, 3))
