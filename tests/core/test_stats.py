"""Statistics of weighted values are those of the rows written out."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gaussian_kde

from core.stats import DESCRIBED, density, describe, draw_weights, interval, quantiles, wilson


@pytest.fixture(params=range(5))
def weighted(request: pytest.FixtureRequest) -> tuple[pd.Series, pd.Series]:
    rng = np.random.default_rng(request.param)
    values = pd.Series(rng.integers(0, 18, 12) * 5.0).sample(frac=1, random_state=0)
    values.iloc[3] = np.nan
    weights = pd.Series(rng.integers(0, 6, 12), index=values.index)
    return values, weights + (weights.index == 0)


def written_out(values: pd.Series, weights: pd.Series) -> pd.Series:
    return values.repeat(weights)


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
