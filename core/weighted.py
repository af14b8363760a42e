"""Statistics of values that stand for several rows each: quantiles, a description, a density."""

import numpy as np
import pandas as pd

from core.stats import Floats

DESCRIBED = ("count", "mean", "std", "min", "25%", "50%", "75%", "max")


def quantiles(values: pd.Series, weights: pd.Series, *q: float) -> list[float]:
    """Compute quantiles of `values` repeated `weights` times, with linear interpolation as in pandas.

    Args:
        values: Numbers; NaN is ignored.
        weights: Number of rows for each value, same index.
        q: Quantiles, each from 0 to 1.

    Returns:
        One value for each of `q`; NaN without rows.

    Example:
        >>> quantiles(pd.Series([1.0, 10.0]), pd.Series([3, 1]), 0.5)
        [1.0]
    """
    x, n = values.to_numpy(float), weights.to_numpy(float)
    kept = (n > 0) & ~np.isnan(x)
    if not kept.any():
        return [float("nan")] * len(q)
    order = np.argsort(x[kept])
    x, last_rank = x[kept][order], n[kept][order].cumsum() - 1
    place = np.array(q) * last_rank[-1]
    low, high = (x[np.searchsorted(last_rank, rank)] for rank in (np.floor(place), np.ceil(place)))
    return [float(v) for v in low + (high - low) * (place % 1)]


def describe(values: pd.Series, weights: pd.Series) -> pd.Series:
    """Compute `Series.describe` of `values` repeated `weights` times.

    Returns:
        Series indexed by `DESCRIBED`; NaN where undefined.
    """
    known = values.notna() & (weights > 0)
    x, n = values[known].astype(float), weights[known].astype(float)
    total = n.sum()
    mean = (x * n).sum() / total if total else float("nan")
    std = np.sqrt((n * (x - mean) ** 2).sum() / (total - 1)) if total > 1 else float("nan")
    return pd.Series([total, mean, std, *quantiles(x, n, 0, 0.25, 0.5, 0.75, 1)], index=list(DESCRIBED))


def density(values: pd.Series, weights: pd.Series, at: Floats) -> Floats:
    """Compute a Gaussian kernel density estimate with Scott's bandwidth, as in seaborn.

    Args:
        values: Numbers without NaN.
        weights: Number of rows for each value.
        at: Points at which to evaluate, (k,).

    Returns:
        Density per unit of `values`, (k,); NaN if all values are equal or there are fewer than two rows.
    """
    x, n = values.to_numpy(float), weights.to_numpy(float)
    total = n.sum()
    if total < 2:
        return np.full(at.shape, np.nan)
    mean = (x * n).sum() / total
    # scipy's gaussian_kde treats weights as reliabilities; repeated rows need the usual n - 1.
    spread = np.sqrt((n * (x - mean) ** 2).sum() / (total - 1))
    if spread == 0:
        return np.full(at.shape, np.nan)
    width = spread * total ** (-1 / 5)
    bumps = np.exp(-0.5 * ((at[:, None] - x[None, :]) / width) ** 2)
    heights: Floats = (bumps * n).sum(axis=1) / (total * width * np.sqrt(2 * np.pi))
    return heights
