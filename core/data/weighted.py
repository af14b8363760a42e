"""Statistics of values that stand for many rows each, equal to those of the rows written out."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DESCRIBED = ("count", "mean", "std", "min", "25%", "50%", "75%", "max")


def quantiles(values: pd.Series, weights: pd.Series, *q: float) -> list[float]:
    """Quantiles of `values` repeated `weights` times, linear between neighbours as in pandas.

    Args:
        values: Numbers; NaN is left out.
        weights: Whole numbers of rows, same index.
        q: Each from 0 to 1.

    Returns:
        One for each of `q`; NaN where there are no rows.
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
    """What `Series.describe` says of `values` repeated `weights` times.

    Returns:
        Indexed by `DESCRIBED`; NaN where undefined.
    """
    known = values.notna() & (weights > 0)
    x, n = values[known].astype(float), weights[known].astype(float)
    total = n.sum()
    mean = (x * n).sum() / total if total else float("nan")
    std = np.sqrt((n * (x - mean) ** 2).sum() / (total - 1)) if total > 1 else float("nan")
    return pd.Series([total, mean, std, *quantiles(x, n, 0, 0.25, 0.5, 0.75, 1)], index=list(DESCRIBED))


def density(values: pd.Series, weights: pd.Series, at: Floats) -> Floats:
    """Gaussian kernel density estimate with Scott's bandwidth, as seaborn draws it.

    Args:
        values: Numbers without NaN.
        weights: Rows that each stands for.
        at: Where to evaluate, shape (k,).

    Returns:
        Density per unit of `values`, shape (k,); NaN where the spread is zero or the rows fewer than two.
    """
    x, n = values.to_numpy(float), weights.to_numpy(float)
    total = n.sum()
    if total < 2:
        return np.full(at.shape, np.nan)
    mean = (x * n).sum() / total
    # scipy's gaussian_kde takes the weights as reliabilities; whole repeated rows make this the plain n - 1.
    spread = np.sqrt((n * (x - mean) ** 2).sum() / (total - 1))
    if spread == 0:
        return np.full(at.shape, np.nan)
    width = spread * total ** (-1 / 5)
    bumps = np.exp(-0.5 * ((at[:, None] - x[None, :]) / width) ** 2)
    heights: Floats = (bumps * n).sum(axis=1) / (total * width * np.sqrt(2 * np.pi))
    return heights
