"""Weighted statistics are those of the rows that the weights stand for."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gaussian_kde

from core.weighted import DESCRIBED, density, describe, quantiles


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


def test_of_one_value_there_is_a_mean_but_no_spread_and_no_density() -> None:
    one = (pd.Series([3.0]), pd.Series([1]))
    pd.testing.assert_series_equal(describe(*one), written_out(*one).describe(), check_names=False)
    assert np.isnan(density(*one, np.array([3.0]))).all()


def test_two_values_have_a_spread_and_a_density() -> None:
    two, at = (pd.Series([3.0, 5.0]), pd.Series([1, 1])), np.array([3.0, 4.0])
    pd.testing.assert_series_equal(describe(*two), written_out(*two).describe(), check_names=False)
    np.testing.assert_allclose(density(*two, at), gaussian_kde([3.0, 5.0])(at))
