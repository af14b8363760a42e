"""Statistics that know nothing of models: bootstrap draws by lesion, intervals, weighted quantiles."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DESCRIBED = ("count", "mean", "std", "min", "25%", "50%", "75%", "max")
DRAWS = 2000
LEVEL = 0.95
MOST_UNDEFINED = 0.05
"""An interval is undefined where more than this share of the draws is."""
LEVEL_Z = 1.959964
"""Normal quantile of a 95 % interval."""


Measured = Annotated[float, "NaN where undefined"]


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; NaN where undefined.

    Example:
        >>> Estimate(0.71234, 0.67, 0.75).rounded(3).columns("accuracy")
        {'accuracy': 0.712, 'accuracy_low': 0.67, 'accuracy_high': 0.75}
    """

    value: Measured
    low: Measured
    high: Measured

    def rounded(self, decimals: int) -> "Estimate":
        """The same, rounded."""
        return Estimate(round(self.value, decimals), round(self.low, decimals), round(self.high, decimals))

    def columns(self, name: str) -> dict[str, float]:
        """Three cells of a table: NAME, NAME_low and NAME_high."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


UNDEFINED = Estimate(math.nan, math.nan, math.nan)


def draw_weights(group: NDArray[np.int64], draws: int, seed: int) -> NDArray[np.float32]:
    """Draw lesions with replacement, as many as there are, `draws` times.

    Args:
        group: (n,) lesion of each picture.

    Returns:
        (n, draws): how often each picture counts in each draw.
    """
    return _drawn(np.ascontiguousarray(group, np.int64).tobytes(), draws, seed)


@lru_cache(maxsize=1)
def _drawn(group: bytes, draws: int, seed: int) -> NDArray[np.float32]:
    """Of the lesions last drawn, for the models of one leaderboard share their pictures; not to be written to."""
    names, code = np.unique(np.frombuffer(group, np.int64), return_inverse=True)
    picks = np.random.default_rng(seed).integers(0, len(names), (draws, len(names)))
    flat = picks + len(names) * np.arange(draws)[:, None]
    counts = np.bincount(flat.ravel(), minlength=draws * len(names)).reshape(draws, len(names))
    weights = np.ascontiguousarray(counts.T.astype(np.float32)[code])
    weights.flags.writeable = False
    return weights


def interval(values: Floats, level: float = LEVEL) -> tuple[float, float]:
    """Percentile interval of draws; NaN where too many of them are undefined or all are the same.

    Draws without spread (a recall of 1, say) tell nothing of how far off the figure may be.
    """
    defined = values[~np.isnan(values)]
    if len(defined) < (1 - MOST_UNDEFINED) * len(values) or not np.ptp(defined):
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def ratio(above: Floats, below: Floats) -> Floats:
    """`above / below`, elementwise; NaN where `below` is 0."""
    undefined = np.full(np.broadcast(above, below).shape, np.nan)
    return np.asarray(np.divide(above, below, out=undefined, where=below > 0))


def auc_draws(positive: NDArray[np.bool_], score: Floats, weights: NDArray[np.float32]) -> Floats:
    """Share of (positive, negative) pairs in the right order, ties half, in each draw."""
    if len(score) and not np.ptp(score):  # every pair a tie
        sums = [weights[side].sum(axis=0, dtype=np.float64) for side in (positive, ~positive)]
        return ratio(sums[0] * sums[1] / 2, sums[0] * sums[1])
    order = np.argsort(score, kind="stable")
    score, positive, weights = score[order], positive[order], weights[order]
    below = np.zeros((len(score) + 1, weights.shape[1]), np.float32)
    np.cumsum(weights * ~positive[:, None], axis=0, out=below[1:])  # whole numbers: exact in float32
    at = np.flatnonzero(positive)
    first, last = (np.searchsorted(score, score[at], side) for side in ("left", "right"))
    wins = np.einsum("ij,ij->j", weights[at], below[first] + below[last], dtype=np.float64) / 2
    return ratio(wins, weights[at].sum(axis=0, dtype=np.float64) * below[-1])


def wilson(share: float, cases: int, z: float = LEVEL_Z) -> tuple[float, float]:
    """Wilson's score interval (Wilson 1927), which stays sensible at shares of 0 and 1.

    Args:
        share: Found, 0 to 1. It may be a mean of shares of several pictures a case: those vary less than yes and no,
            so the interval is then rather too wide than too narrow.
        cases: Independent ones, such as lesions.

    Returns:
        Low and high end; NaN without a case.
    """
    if not cases:
        return math.nan, math.nan
    centre = (share + z**2 / (2 * cases)) / (1 + z**2 / cases)
    half = z / (1 + z**2 / cases) * math.sqrt(share * (1 - share) / cases + z**2 / (4 * cases**2))
    return max(0.0, centre - half), min(1.0, centre + half)


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
