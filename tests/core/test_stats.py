"""Statistics of weighted values are those of the rows written out."""

import math
import weakref

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gaussian_kde
from sklearn.metrics import roc_auc_score

from core.stats import (
    DESCRIBED,
    auc_draws,
    clear_after_holm,
    density,
    describe,
    draw_weights,
    interval,
    quantiles,
    ratio,
    wilson,
)


@pytest.fixture(params=range(5))
def weighted(request: pytest.FixtureRequest) -> tuple[pd.Series, pd.Series]:
    rng = np.random.default_rng(request.param)
    values = pd.Series(rng.integers(0, 18, 12) * 5.0).sample(frac=1, random_state=0)
    values.iloc[3] = np.nan
    weights = pd.Series(rng.integers(0, 6, 12), index=values.index)
    return values, weights + (weights.index == 0)


def written_out(values: pd.Series, weights: pd.Series) -> pd.Series:
    return values.repeat(weights)


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


def test_describe_equals_pandas(weighted: tuple[pd.Series, pd.Series]) -> None:
    theirs = written_out(*weighted).describe()
    pd.testing.assert_series_equal(describe(*weighted), theirs, check_names=False)
    assert list(theirs.index) == list(DESCRIBED)


def test_quantiles_equal_numpy(weighted: tuple[pd.Series, pd.Series]) -> None:
    q = (0, 0.1, 0.333, 0.5, 0.9, 1)
    np.testing.assert_allclose(quantiles(*weighted, *q), written_out(*weighted).dropna().quantile(list(q)))


def test_density_equals_scipy(weighted: tuple[pd.Series, pd.Series]) -> None:
    values, weights = weighted
    known = values.notna()
    at = np.linspace(-20, 120, 50)
    theirs = gaussian_kde(written_out(values, weights).dropna())(at)
    np.testing.assert_allclose(density(values[known], weights[known], at), theirs, rtol=1e-9)


def test_nothing_known_is_nan_not_an_error() -> None:
    none, weights = pd.Series([np.nan, 40.0]), pd.Series([3, 0])
    assert np.isnan(quantiles(none, weights, 0.5)).all()
    assert describe(none, weights)["count"] == 0
    assert describe(none, weights).iloc[1:].isna().all()
    assert np.isnan(density(pd.Series([40.0]), pd.Series([1]), np.array([40.0]))).all()
    assert np.isnan(density(pd.Series([40.0]), pd.Series([9]), np.array([40.0]))).all()


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


def intervals(value: list[float], half: float = 1.959964) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Values in units of their standard error, with their 95% intervals."""
    middle = pd.Series(value, index=[f"row {i}" for i in range(len(value))])
    return middle, middle - half, middle + half


def test_holm_compares_the_smallest_p_value_with_the_smallest_level() -> None:
    # p = 0.0027, 0.0164, 0.0357, 0.0455 against 0.0125, 0.0167, 0.025: the third fails, and so does all that follows
    assert clear_after_holm(*intervals([2.0, -3.0, 2.1, 2.4])).tolist() == [0, -1, 0, 1]
    assert clear_after_holm(*intervals([2.0])).tolist() == [1]


def test_a_comparison_without_an_interval_is_not_clear_and_not_counted() -> None:
    value, low, high = intervals([0.0, 2.3, 2.3])
    low.iloc[0] = high.iloc[0] = np.nan
    assert clear_after_holm(value, low, high).tolist() == [0, 1, 1]
    value, low, high = intervals([0.0, 2.2, 2.2])
    assert clear_after_holm(value, low, high).tolist() == [0, 0, 0]


def test_seventeen_comparisons_without_effect_are_rarely_clear() -> None:
    noise = np.random.default_rng(0).standard_normal((600, 17))
    found = np.mean([clear_after_holm(*intervals(row.tolist())).any() for row in noise])
    assert 0.02 < found < 0.08
    assert np.mean((np.abs(noise) > 1.959964).any(axis=1)) > 0.4  # one by one


def test_of_one_value_there_is_a_mean_but_no_spread_and_no_density() -> None:
    one = (pd.Series([3.0]), pd.Series([1]))
    pd.testing.assert_series_equal(describe(*one), written_out(*one).describe(), check_names=False)
    assert np.isnan(density(*one, np.array([3.0]))).all()


def test_two_values_have_a_spread_and_a_density() -> None:
    two, at = (pd.Series([3.0, 5.0]), pd.Series([1, 1])), np.array([3.0, 4.0])
    pd.testing.assert_series_equal(describe(*two), written_out(*two).describe(), check_names=False)
    np.testing.assert_allclose(density(*two, at), gaussian_kde([3.0, 5.0])(at))


def test_of_an_uneven_interval_the_end_that_faces_zero_decides() -> None:
    value, low, high = (
        pd.Series([0.1, -0.1, 0.1, 0.0]),
        pd.Series([0.08, -5, -0.01, -1]),
        pd.Series([5, -0.08, 0.11, 2]),
    )
    assert clear_after_holm(value, low, high).tolist() == [1, -1, 0, 0]
