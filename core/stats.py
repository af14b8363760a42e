"""Statistics: bootstrap draws by lesion, intervals, comparisons."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any
from weakref import WeakValueDictionary

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DRAWS = 2000
LEVEL = 0.95
MOST_UNDEFINED = 0.05
"""An interval is undefined if more than this share of the draws is."""
LEVEL_Z = 1.959964
"""Normal quantile of a 95% interval."""


Measured = Annotated[float, "NaN where undefined"]


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95% interval; NaN where undefined.

    Example:
        >>> Estimate(0.71234, 0.67, 0.75).rounded(3).columns("accuracy")
        {'accuracy': 0.712, 'accuracy_low': 0.67, 'accuracy_high': 0.75}
    """

    value: Measured
    low: Measured
    high: Measured

    def rounded(self, decimals: int) -> "Estimate":
        """Return the same, rounded."""
        return Estimate(round(self.value, decimals), round(self.low, decimals), round(self.high, decimals))

    def columns(self, name: str) -> dict[str, float]:
        """Three cells of a table: NAME, NAME_low and NAME_high."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


UNDEFINED = Estimate(math.nan, math.nan, math.nan)


def draw_weights(group: NDArray[np.int64], draws: int, seed: int) -> NDArray[np.float32]:
    """Resample lesions with replacement.

    Args:
        group: (n,) lesion of each image.
        draws: Number of resamples.
        seed: Random seed.

    Returns:
        (n, draws): how often each image counts in each draw; shared with other callers and read-only.

    Example:
        >>> weights = draw_weights(np.array([1, 1, 2]), draws=100, seed=0)
        >>> weights.shape, bool((weights[0] == weights[1]).all())
        ((3, 100), True)
    """
    key = np.ascontiguousarray(group, np.int64).tobytes(), draws, seed
    weights = _in_use.get(key)
    if weights is None:
        weights = _in_use[key] = _drawn(*key).astype(np.float32)
        weights.flags.writeable = False
    return weights


_in_use: WeakValueDictionary[tuple[bytes, int, int], NDArray[np.float32]] = WeakValueDictionary()
"""Weights that somebody holds: the models of a leaderboard share their images, and these take 16 MB."""


@lru_cache(maxsize=1)
def _drawn(group: bytes, draws: int, seed: int) -> NDArray[np.unsignedinteger[Any]]:
    """Cache the last draws in little memory."""
    names, code = np.unique(np.frombuffer(group, np.int64), return_inverse=True)
    picks = np.random.default_rng(seed).integers(0, len(names), (draws, len(names)))
    flat = picks + len(names) * np.arange(draws)[:, None]
    counts = np.bincount(flat.ravel(), minlength=draws * len(names)).reshape(draws, len(names))
    return np.ascontiguousarray(counts.T.astype(np.min_scalar_type(counts.max()))[code])


def interval(values: Floats, level: float = LEVEL) -> tuple[float, float]:
    """Compute the percentile interval of draws; NaN if too many of them are undefined or all are equal.

    If all draws are equal (a recall of 1, for example), they contain no information about the uncertainty.

    Example:
        >>> interval(np.arange(101.0), level=0.5)
        (25.0, 75.0)
    """
    defined = values[~np.isnan(values)]
    if len(defined) < (1 - MOST_UNDEFINED) * len(values) or not np.ptp(defined):
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def intervals(values: Floats, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Compute `interval` of many quantities at once: (..., draws) to their lower and upper ends.

    Example:
        >>> [ends.tolist() for ends in intervals(np.stack([np.arange(101.0), np.zeros(101)]), level=0.5)]
        [[25.0, nan], [75.0, nan]]
    """
    rows = values.reshape(-1, values.shape[-1])
    ends = np.full((2, len(rows)), np.nan)
    whole = ~np.isnan(rows).any(axis=1)
    varied = whole & (np.ptp(rows, axis=1) > 0)
    if varied.any():
        ends[:, varied] = np.quantile(rows[varied], [(1 - level) / 2, (1 + level) / 2], axis=1)
    for i in np.flatnonzero(~whole):
        ends[:, i] = interval(rows[i], level)
    return ends[0].reshape(values.shape[:-1]), ends[1].reshape(values.shape[:-1])


def ratio(above: Floats, below: Floats) -> Floats:
    """Compute `above / below` elementwise; NaN where `below` is 0."""
    undefined = np.full(np.broadcast(above, below).shape, np.nan)
    return np.asarray(np.divide(above, below, out=undefined, where=below > 0))


def auc_draws(positive: NDArray[np.bool_], score: Floats, weights: NDArray[np.float32]) -> Floats:
    """Compute the AUC in each draw: share of (positive, negative) pairs in the right order, ties count half."""
    if len(score) and not np.ptp(score):  # every pair a tie
        sums = [weights[kind].sum(axis=0, dtype=np.float64) for kind in (positive, ~positive)]
        return ratio(sums[0] * sums[1] / 2, sums[0] * sums[1])
    order = np.argsort(score, kind="stable")
    score, positive, weights = score[order], positive[order], weights[order]
    below = np.zeros((len(score) + 1, weights.shape[1]), np.float32)
    np.cumsum(weights * ~positive[:, None], axis=0, out=below[1:])  # whole numbers: exact in float32
    at = np.flatnonzero(positive)
    first, last = (np.searchsorted(score, score[at], end) for end in ("left", "right"))
    wins = np.einsum("ij,ij->j", weights[at], below[first] + below[last], dtype=np.float64) / 2
    return ratio(wins, weights[at].sum(axis=0, dtype=np.float64) * below[-1])


def clear_after_holm(value: pd.Series, low: pd.Series, high: pd.Series) -> pd.Series:
    """Find which of several differences from 0 remain clear when all of them are tested together.

    With 17 comparisons, one interval in 20 that misses 0 by chance is no rarity. The p-values come from the intervals
    (Altman and Bland 2011, "How to obtain the P value from a confidence interval", BMJ 343:d2304), and are compared
    with Holm's steps (Holm 1979, "A simple sequentially rejective multiple test procedure"). A single difference is
    clear if its interval excludes 0.

    Args:
        value: Differences.
        low: Lower ends of their 95% intervals; NaN where there is none, and then the difference isn't clear.
        high: Upper ends.

    Returns:
        1 where clearly above 0, -1 where clearly below, else 0; same index.

    Example:
        >>> value = pd.Series([0.10, 0.03])
        >>> clear_after_holm(value, value - 0.029, value + 0.029).tolist()  # 0.03 [0.001, 0.059] would be clear alone
        [1, 1]
        >>> clear_after_holm(value / [10, 1], value / [10, 1] - 0.029, value / [10, 1] + 0.029).tolist()
        [0, 0]
    """
    error = (value - low).where(value > 0, high - value) / LEVEL_Z  # of the side that faces 0
    z = (value.abs() / error.where(error > 0)).fillna(0)
    p = z.map(lambda each: math.erfc(each / math.sqrt(2)))
    tested = int(low.notna().sum())
    clear = pd.Series(0, index=value.index)
    for done, place in enumerate(np.argsort(p.to_numpy(), kind="stable")):
        if done >= tested or p.iloc[place] > (1 - LEVEL) / (tested - done):
            break
        clear.iloc[place] = int(np.sign(value.iloc[place]))
    return clear


def wilson(share: float, cases: float, z: float = LEVEL_Z) -> tuple[float, float]:
    """Compute Wilson's score interval (Wilson 1927), which is also valid for shares near 0 and 1.

    Args:
        share: Observed share, 0 to 1. May be a mean of shares over several images per case; the interval is then
            conservative.
        cases: Number of independent cases, such as lesions.
        z: Normal quantile; default: 95% interval.

    Returns:
        Low and high end; NaN without cases.

    Example:
        >>> [round(end, 3) for end in wilson(1.0, 20)]
        [0.839, 1.0]
    """
    if not cases:
        return math.nan, math.nan
    centre = (share + z**2 / (2 * cases)) / (1 + z**2 / cases)
    half = z / (1 + z**2 / cases) * math.sqrt(share * (1 - share) / cases + z**2 / (4 * cases**2))
    return max(0.0, centre - half), min(1.0, centre + half)
