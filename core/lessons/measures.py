"""What several steps of the lesson measure: shares with intervals over lesions, and figures of the lab's results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED
from core.lab.setting import Setting
from core.lessons.step import Figure
from core.resampling.spec import ResamplingSpec
from core.stats import DRAWS, Estimate, draw_weights, interval, ratio

if TYPE_CHECKING:
    from core.lab.experiment import LabResult


def setting(strategy: str, classifier: str = "logistic", protocol: str = "right", strength: float = 1.0) -> Setting:
    """Write a setting of the lab."""
    return Setting(ResamplingSpec(strategy, strength), classifier, protocol)


def share(hits: NDArray[np.bool_], group: NDArray[np.int64], among: NDArray[np.bool_] | None = None) -> Estimate:
    """Compute the share of images that are hits, with its interval over lesions.

    Args:
        hits: (n,) whether an image is a hit.
        group: (n,) its lesion.
        among: (n,) which images count; default all.

    Example:
        >>> share(np.array([True, True, False, False]), np.arange(4)).value
        0.5
    """
    counted = np.ones(len(hits), bool) if among is None else among
    weights = draw_weights(group, DRAWS, SEED).astype(np.float64)
    draws = ratio((hits & counted).astype(float) @ weights, counted.astype(float) @ weights)
    return Estimate(float(hits[counted].mean()) if counted.any() else float("nan"), *interval(draws))


def images(result: LabResult) -> int:
    """Number of test images behind a result."""
    return len(result.own.raw.truth)


def cells(row: Any, value: str, low: str = "low", high: str = "high") -> tuple[float, float, float]:
    """A figure and its interval from a table's row."""
    return float(row[value]), float(row[low]), float(row[high])


def measured(series: str, x: str, result: LabResult, measure: str) -> Figure:
    """One measure of a result, see `core.lab.measures.MEASURES`."""
    return Figure(series, x, *cells(result.measures.set_index("measure").loc[measure], "value"), images(result))


def honest(series: str, x: str, result: LabResult, measure: str) -> Figure:
    """The honest value of a measure, beside a wrong protocol's; its interval is the honest classifier's own."""
    from core.lab.measures import draw_measures, estimate

    found = estimate(draw_measures(result.honest)[measure])
    return Figure(series, x, found.value, found.low, found.high, len(result.honest.raw.truth))


def gap(series: str, x: str, table: pd.DataFrame, measure: str, count: int) -> Figure:
    """One row of a table as `core.lab.measures.compare` returns it."""
    return Figure(series, x, *cells(table.set_index("measure").loc[measure], "gap"), count)


def direction(low: float, high: float, least: float = 0.0) -> str:
    """Name the direction of a difference: "up", "down", or "same" if its interval includes 0.

    Args:
        low: Lower end of its interval; NaN counts as unclear.
        high: Upper end.
        least: Ends this close to 0 don't count as beyond it.

    Example:
        >>> direction(0.01, 0.05), direction(-0.2, -0.1), direction(-0.1, 0.1)
        ('up', 'down', 'same')
    """
    return "up" if low > least else "down" if high < -least else "same"
