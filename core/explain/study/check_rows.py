"""Rows of the table of checks: means with intervals over lesions, and over seeds."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.config import SEED
from core.stats import interval
from core.store.model_tables import CAM_CHECKS

COLUMNS = tuple(CAM_CHECKS.columns)
RANDOMISATION = "randomisation"
Array = NDArray[np.float64]


def over_seeds(series: str, step: float, measure: str, values: Array, weights: Array) -> dict[str, Any]:
    """Average over seeds and images, (seeds, images); the interval draws both."""
    there = ~np.isnan(values)
    images, seeds = int(there.any(axis=0).sum()), len(values)
    facts = {"seeds": seeds, "undefined": int((~there).sum())}
    if not there.any():
        return check_row(RANDOMISATION, series, step, measure, float("nan"), (float("nan"),) * 2, 0) | facts
    drawn = np.random.default_rng(SEED).multinomial(seeds, np.full(seeds, 1 / seeds), weights.shape[1]).T
    sums, counts = ((drawn * (each @ weights)).sum(axis=0) for each in (np.where(there, values, 0), there))
    means = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
    value = float(values[there].mean())
    return check_row(RANDOMISATION, series, step, measure, value, interval(means), images) | facts


def mean_row(
    check: str, series: str, step: float, measure: str, values: NDArray[np.floating], weights: Array
) -> dict[str, Any]:
    """Average over images, (n,); the interval draws lesions by their weights, (n, draws)."""
    there = ~np.isnan(values)
    if not there.any():
        return check_row(check, series, step, measure, float("nan"), (float("nan"),) * 2, 0)
    kept, counts = values[there].astype(np.float64), weights[there]
    total = counts.sum(axis=0)
    drawn = np.divide(kept @ counts, total, out=np.full(len(total), np.nan), where=total > 0)
    row = check_row(check, series, step, measure, float(kept.mean()), interval(drawn), int(there.sum()))
    return row | {"undefined": int((~there).sum())}


def between_images_row(series: str, measure: str, values: NDArray[np.floating], weights: Array) -> dict[str, Any]:
    """Average over all pairs of different images, (n, n) with a NaN diagonal.

    The interval draws lesions by their weights, (n, draws); a pair counts as often as both of its images are drawn, so
    that pairs with an image in common aren't taken for independent ones.
    """
    there = ~np.isnan(values)
    images = there.any(axis=0)
    undefined = int((~images).sum())
    if not images.any():
        row = check_row(RANDOMISATION, series, 0.0, measure, float("nan"), (float("nan"),) * 2, 0)
        return row | {"undefined": undefined}
    sums, pairs = (
        np.einsum("id,ij,jd->d", weights, of, weights, optimize=True)
        for of in (np.where(there, values, 0).astype(np.float64), there.astype(np.float64))
    )
    drawn = np.divide(sums, pairs, out=np.full(len(sums), np.nan), where=pairs > 0)
    value = float(values[there].mean())
    row = check_row(RANDOMISATION, series, 0.0, measure, value, interval(drawn), int(images.sum()))
    return row | {"undefined": undefined}


def check_row(
    check: str, series: str, step: float, measure: str, value: float, ends: tuple[float, ...], images: int
) -> dict[str, Any]:
    """Make a row of one seed with nothing undefined."""
    return dict(zip(COLUMNS, (check, series, step, measure, value, *ends, images, 1, 0), strict=True))
