"""Draws by lesion, intervals and comparisons."""

import math
import weakref

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from core.stats import (
    auc_draws,
    clear_after_holm,
    draw_weights,
    interval,
    intervals,
    ratio,
    wilson,
)


def test_draws_are_shared_while_somebody_holds_them_and_drawn_the_same_again_later():
    group = np.repeat(np.arange(400), 2)
    weights = draw_weights(group, 30, 5)
    assert draw_weights(group.copy(), 30, 5) is weights
    assert weights.dtype == np.float32 and not weights.flags.writeable
    assert (weights.sum(axis=0) == 2 * 400).all()
    copy, held = weights.copy(), weakref.ref(weights)
    del weights
    assert held() is None
    np.testing.assert_array_equal(draw_weights(group, 30, 5), copy)


def test_a_draw_takes_whole_lesions_as_many_as_there_are() -> None:
    group = np.array([7, 3, 7, 9, 3, 7])
    weights = draw_weights(group, 50, 0)
    assert weights.shape == (6, 50)
    assert (weights[[0, 0]] == weights[[2, 5]]).all()
    assert (weights[[0, 1, 3]].sum(axis=0) == 3).all()
    assert len(np.unique(weights, axis=1).T) > 5


def test_an_interval_of_mostly_undefined_draws_is_undefined() -> None:
    draws = np.linspace(0, 1, 100)
    assert interval(np.where(draws < 0.03, np.nan, draws))[1] > 0.9
    assert all(math.isnan(end) for end in interval(np.where(draws < 0.1, np.nan, draws)))


def test_intervals_of_many_quantities_are_those_of_each() -> None:
    values = np.random.default_rng(0).normal(size=(4, 3, 200))
    values[0, 0] = 1.0
    values[1, 1, :5] = np.nan
    values[2, 2, :50] = np.nan
    low, high = intervals(values)
    for at in np.ndindex(4, 3):
        np.testing.assert_array_equal([low[at], high[at]], interval(values[at]))
    assert np.isnan([low[0, 0], low[2, 2]]).all() and not np.isnan(low[1, 1])


def test_draws_without_spread_make_no_interval() -> None:
    assert all(math.isnan(end) for end in interval(np.ones(100)))


def test_wilsons_interval_against_the_textbook():
    assert wilson(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(1.0, 20)[1] == 1.0
    assert wilson(1.0, 20)[0] == pytest.approx(0.8389, abs=1e-4)
    assert all(math.isnan(end) for end in wilson(0.0, 0))


def test_the_interval_leaves_out_as_much_at_each_end() -> None:
    assert interval(np.arange(1001.0)) == pytest.approx((25, 975))
    assert interval(np.arange(1001.0), 0.5) == pytest.approx((250, 750))


def test_a_twentieth_of_the_draws_may_be_undefined_and_no_more() -> None:
    draws = np.arange(100.0)
    assert interval(np.where(draws < 5, np.nan, draws))[0] > 5
    assert math.isnan(interval(np.where(draws < 6, np.nan, draws))[0])


def test_a_ratio_over_nothing_is_undefined() -> None:
    np.testing.assert_array_equal(ratio(np.array([1.0, 0, 3]), np.array([2.0, 0, 1])), [0.5, np.nan, 3])


def test_each_draws_area_is_sklearns_with_its_weights() -> None:
    rng = np.random.default_rng(0)
    positive, score = rng.random(60) < 0.3, rng.integers(0, 6, 60) / 5  # many ties
    weights = draw_weights(np.arange(60) // 2, 10, 0)
    theirs = [roc_auc_score(positive, score, sample_weight=each) for each in weights.T]
    np.testing.assert_allclose(auc_draws(positive, score, weights), theirs)
    np.testing.assert_allclose(auc_draws(positive, np.full(60, 0.4), weights), 0.5)
    assert np.isnan(auc_draws(np.zeros(60, bool), score, weights)).all()
    assert np.isnan(auc_draws(np.ones(60, bool), np.full(60, 0.4), weights)).all()


def test_wilsons_interval_stays_between_0_and_1() -> None:
    low, high = wilson(0.0, 20)
    assert (low, high) == (0.0, pytest.approx(1 - wilson(1.0, 20)[0]))
    assert wilson(0.0, 1)[0] == 0.0 and wilson(1.0, 1)[1] == 1.0


def around(value: list[float], half: float = 1.959964) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Values in units of their standard error, with their 95% intervals."""
    middle = pd.Series(value, index=[f"row {i}" for i in range(len(value))])
    return middle, middle - half, middle + half


def test_holm_compares_the_smallest_p_value_with_the_smallest_level() -> None:
    # p = 0.0027, 0.0164, 0.0357, 0.0455 against 0.0125, 0.0167, 0.025: the third fails, and so does all that follows
    assert clear_after_holm(*around([2.0, -3.0, 2.1, 2.4])).tolist() == [0, -1, 0, 1]
    assert clear_after_holm(*around([2.0])).tolist() == [1]


def test_a_comparison_without_an_interval_is_not_clear_and_not_counted() -> None:
    value, low, high = around([0.0, 2.3, 2.3])
    low.iloc[0] = high.iloc[0] = np.nan
    assert clear_after_holm(value, low, high).tolist() == [0, 1, 1]
    value, low, high = around([0.0, 2.2, 2.2])
    assert clear_after_holm(value, low, high).tolist() == [0, 0, 0]


def test_seventeen_comparisons_without_effect_are_rarely_clear() -> None:
    noise = np.random.default_rng(0).standard_normal((600, 17))
    found = np.mean([clear_after_holm(*around(row.tolist())).any() for row in noise])
    assert 0.02 < found < 0.08
    assert np.mean((np.abs(noise) > 1.959964).any(axis=1)) > 0.4  # one by one


def test_of_an_uneven_interval_the_end_that_faces_zero_decides() -> None:
    value, low, high = (
        pd.Series([0.1, -0.1, 0.1, 0.0]),
        pd.Series([0.08, -5, -0.01, -1]),
        pd.Series([5, -0.08, 0.11, 2]),
    )
    assert clear_after_holm(value, low, high).tolist() == [1, -1, 0, 0]
