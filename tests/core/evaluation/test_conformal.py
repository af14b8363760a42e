"""Conformal sets: thresholds by hand, the promise kept on drawn data, lesions weighed once."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from core.evaluation.conformal import (
    coverage,
    cross_coverage,
    fit_thresholds,
    lesion_folds,
    lesion_weights,
    possible_coverage,
    prediction_sets,
)
from core.labels import DX
from core.stats import wilson
from core.store.card import read_card
from core.store.folders import model_folders
from core.store.predictions import Scores


def scores_of(truth, probabilities, group=None) -> Scores:
    n = len(truth)
    group = np.arange(n) if group is None else np.asarray(group)
    return Scores(np.arange(n).astype(str), group, np.asarray(truth), np.asarray(probabilities), np.full(7, 1 / 7))


def column(label: int, values: list[float]) -> np.ndarray:
    out = np.zeros((len(values), 7))
    out[:, label] = values
    return out


def covered(scores: Scores, thresholds: np.ndarray) -> pd.DataFrame:
    return coverage(scores, prediction_sets(scores.probabilities, thresholds))


def test_a_threshold_by_hand():
    """19 lesions, one in ten may be missed: of 20 ranks 18 are needed, so the 18th largest probability decides."""
    values = [i / 20 for i in range(1, 20)]
    found = fit_thresholds(scores_of(np.full(19, 4), column(4, values)))
    assert found[4] == pytest.approx(2 / 20)
    assert (np.delete(found, 4) == 0).all()


def test_too_few_lesions_leave_a_diagnosis_in_every_set():
    assert fit_thresholds(scores_of(np.full(8, 3), column(3, [0.9] * 8)))[3] == 0
    assert fit_thresholds(scores_of(np.full(9, 3), column(3, [0.9] * 9)))[3] == 0.9


def test_images_of_one_lesion_count_as_one():
    values = [i / 20 for i in range(1, 20)]
    repeated = values + [0.01] * 40
    group = [*range(19), *[0] * 40]
    found = fit_thresholds(scores_of(np.full(59, 4), column(4, repeated), group))
    assert found[4] == pytest.approx(2 / 20)
    np.testing.assert_allclose(lesion_weights(np.array([1, 1, 2])), [0.5, 0.5, 1])


def test_the_promise_is_kept_for_each_diagnosis():
    rng = np.random.default_rng(0)

    def draw(n: int) -> Scores:
        honest = rng.dirichlet([0.3, 0.3, 0.5, 0.2, 0.6, 2.0, 0.2], n)
        return scores_of([rng.choice(7, p=p) for p in honest], honest)

    table = covered(draw(6000), fit_thresholds(draw(6000))).set_index("dx")
    assert list(table.index) == [*DX, "all"]
    assert table["coverage"].between(0.84, 0.96).all()
    assert (table["low"] < table["coverage"]).all() and (table["coverage"] < table["high"]).all()
    assert table["size"].between(1, 7).all()


def test_no_set_is_empty():
    sets = prediction_sets(np.full((2, 7), 1 / 7) + np.eye(7)[:2] * 0.01, np.ones(7))
    assert sets.sum(1).tolist() == [1, 1]
    assert prediction_sets(np.full(7, 1 / 7), np.zeros(7)).all()


def test_a_diagnosis_without_images_has_no_coverage():
    table = covered(scores_of(np.full(5, 5), column(5, [0.9] * 5)), np.zeros(7)).set_index("dx")
    assert math.isnan(table.loc["df", "coverage"]) and table.loc["nv", "coverage"] == 1


def test_few_lesions_leave_the_true_coverage_wide_open():
    assert possible_coverage(7) == (1.0, 1.0)
    low, high = possible_coverage(10)
    assert low < 0.72 and high > 0.98
    narrow = possible_coverage(1000)
    assert 0.87 < narrow[0] < 0.9 < narrow[1] < 0.93


def test_a_probability_at_its_threshold_belongs_to_the_set():
    p = np.array([0.5, 0.2, 0.1, 0.1, 0.05, 0.03, 0.02])
    thresholds = np.array([0.6, 0.2, 0.1001, 0.1, 0.9, 0.0, 0.02])
    assert prediction_sets(p, thresholds).tolist() == [True, True, False, True, False, True, True]


def test_coverage_by_hand_weighs_each_lesion_once():
    """Melanoma: a lesion with one of two images in its set, and another lesion that is held."""
    p = np.full((3, 7), 0.05)
    p[:, 5] = [0.6, 0.1, 0.1]
    p[:, 4] = [0.1, 0.6, 0.6]
    thresholds = np.where(np.arange(7) == 4, 0.5, 0.06)
    row = covered(scores_of([4, 4, 4], p, [1, 1, 2]), thresholds).set_index("dx").loc["mel"]
    assert (row["lesions"], row["coverage"], row["low"]) == (2, pytest.approx(0.75), wilson(0.75, 2)[0])
    assert row["size"] == pytest.approx(0.25 * 1 + 0.75 * 2)


def test_possible_coverage_is_the_beta_distribution_of_the_rank():
    """19 lesions: the 18th of 20 ranks decides, so coverage is Beta(18, 2)."""
    low, high = possible_coverage(19)
    assert (beta.cdf(low, 18, 2), beta.cdf(high, 18, 2)) == pytest.approx((0.025, 0.975))
    assert possible_coverage(8) == (1.0, 1.0) and possible_coverage(9)[0] < 1
    assert possible_coverage(9)[0] == pytest.approx(0.025 ** (1 / 9))


def drawn(n: int, seed: int) -> Scores:
    """Lesions of one or two images, with probabilities that are true."""
    rng = np.random.default_rng(seed)
    honest = rng.dirichlet([0.3, 0.3, 0.5, 0.2, 0.6, 2.0, 0.2], n)
    truth = np.array([rng.choice(7, p=p) for p in honest])
    both = np.repeat(np.arange(n), 1 + np.arange(n) % 2)
    return scores_of(truth[both], honest[both], both)


def test_folds_keep_lesions_whole_and_every_class_in_each_fold():
    scores = drawn(700, 0)
    fold = lesion_folds(scores, 5)
    assert all(len(np.unique(fold[scores.group == lesion])) == 1 for lesion in np.unique(scores.group))
    for label in range(7):
        rows = scores.truth == label
        lesions = [len(np.unique(scores.group[rows & (fold == each)])) for each in range(5)]
        assert max(lesions) - min(lesions) <= 1


def test_coverage_by_folds_keeps_the_promise_where_thresholds_from_the_same_lesions_would_always():
    """With few lesions of a class the threshold is one of them, so judged by itself it never misses enough."""
    found = [cross_coverage(drawn(150, seed)).set_index("dx") for seed in range(25)]
    lesions = np.sum([table["lesions"] for table in found], axis=0)
    held = np.sum([table["coverage"].fillna(0) * table["lesions"] for table in found], axis=0)
    assert ((held / lesions) > 0.87).all()
    alone = cross_coverage(drawn(150, 0)).set_index("dx")["coverage"]
    same = covered(drawn(150, 0), fit_thresholds(drawn(150, 0))).set_index("dx")["coverage"]
    assert alone["nv"] <= same["nv"]


@pytest.mark.parametrize(
    "name", sorted(name for name, folder in model_folders().items() if read_card(folder).conformal)
)
def test_no_diagnosis_misses_the_promise_beyond_chance(name: str):
    sets = read_card(model_folders()[name]).conformal
    assert sets is not None
    for dx in DX:
        assert sets.test[dx].coverage.high >= 1 - sets.alpha, dx
        assert sets.classes[dx].threshold > 0, dx  # so that no class is in every set
