"""Decision thresholds for yes/no questions (melanoma? malignant?): error rates, expected cost, best threshold.

Expected cost of a threshold per image, in units of one false alarm (Drummond and Holte, "Cost curves", Machine
Learning 65, 2006): prevalence * (1 - sensitivity) * cost of a miss + (1 - prevalence) * (1 - specificity).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.evaluation.bootstrap import Bootstrap
from core.labels import DX, MALIGNANT
from core.stats import Estimate, interval
from core.store.predictions import Scores

Array = NDArray[np.float64]
TARGETS: dict[str, tuple[str, ...]] = {"melanoma": ("mel",), "malignant": MALIGNANT}
"""Classes that count as "yes", by question."""
STEP = 0.005
GRID = np.round(np.arange(0, 1 + STEP / 2, STEP), 3)
"""Thresholds on the probability of yes; an image is called at its threshold and above."""


@dataclass(frozen=True)
class Rates:
    """Error rates at each threshold of GRID, on one split.

    Attributes:
        positives: Number of images whose true class is "yes".
        images: Number of images.
        found: (thresholds,) images that are yes and predicted so.
        false_alarms: (thresholds,) images that are no and predicted yes.
        sensitivity, specificity: (thresholds, 1 + draws); the split itself first, then its resamples by lesion.
    """

    positives: int
    images: int
    found: NDArray[np.int64]
    false_alarms: NDArray[np.int64]
    sensitivity: NDArray[np.float32]
    specificity: NDArray[np.float32]


def is_target(scores: Scores, target: str) -> tuple[NDArray[np.bool_], Array]:
    """Return the truth and the probability of "yes" for each image, (n,) each.

    Args:
        target: A key of TARGETS.
    """
    columns = [DX.index(dx) for dx in TARGETS[target]]
    return np.isin(scores.truth, columns), scores.probabilities[:, columns].sum(axis=1)


def rates(bootstrap: Bootstrap, target: str) -> Rates:
    """Compute sensitivity and specificity at every threshold of GRID, with resamples by lesion.

    Args:
        target: A key of TARGETS.
    """
    truth, probability = is_target(bootstrap.scores, target)
    # Sums of rounded probabilities can miss a threshold by floating-point error.
    predicted = (np.round(probability, 6) >= GRID[:, None]).astype(np.float32)
    weights = np.hstack([np.ones((len(truth), 1), np.float32), bootstrap.weights])
    totals = [weights[side].sum(axis=0) for side in (truth, ~truth)]
    hits = [predicted[:, side] @ weights[side] for side in (truth, ~truth)]
    sensitivity, alarms = (
        np.divide(hit, total, out=np.full_like(hit, np.nan), where=total > 0)
        for hit, total in zip(hits, totals, strict=True)
    )
    counts = [hit[:, 0].astype(np.int64) for hit in hits]
    return Rates(int(truth.sum()), len(truth), counts[0], counts[1], sensitivity, 1 - alarms)


def costs(of: Rates, miss: float, prevalence: float) -> pd.DataFrame:
    """Compute the expected cost of each threshold.

    Args:
        miss: Cost of a missed case, in false alarms.
        prevalence: Share of "yes" among future images.

    Returns:
        Columns threshold, cost, cost_low, cost_high: in false alarms per 100 images.
    """
    each = 100 * (prevalence * miss * (1 - of.sensitivity) + (1 - prevalence) * (1 - of.specificity))
    low, high = np.nanquantile(each[:, 1:], [0.025, 0.975], axis=1) if each.shape[1] > 1 else (each[:, 0], each[:, 0])
    return pd.DataFrame({"threshold": GRID, "cost": each[:, 0], "cost_low": low, "cost_high": high}).astype(float)


def best_threshold(of: Rates, miss: float, prevalence: float) -> float:
    """Find the threshold of GRID with the least expected cost; the middle one of a tie."""
    cost = prevalence * miss * (1 - of.sensitivity[:, 0]) + (1 - prevalence) * (1 - of.specificity[:, 0])
    least = np.flatnonzero(np.isclose(cost, np.nanmin(cost), rtol=0, atol=1e-7))
    return float(GRID[least[len(least) // 2]])


def expected_best(miss: float, prevalence: float, share: float) -> float:
    """Compute the threshold of GRID with the least expected cost if probabilities are calibrated.

    Args:
        miss: Cost of a missed case, in false alarms.
        prevalence: Share of "yes" among future images.
        share: Share of "yes" among the images for which the probabilities are calibrated.

    Example:
        >>> expected_best(9, 0.2, 0.2), expected_best(1, 0.5, 0.5)
        (0.1, 0.5)
    """
    odds = share / (1 - share) * (1 - prevalence) / prevalence / miss
    return float(GRID[_row(odds / (1 + odds))])


def at_threshold(of: Rates, threshold: float, prevalence: float) -> dict[str, Estimate]:
    """Compute sensitivity, specificity and the predictive values at a prevalence.

    Args:
        threshold: One of GRID.
        prevalence: Share of "yes" among future images; only PPV and NPV depend on it.

    Returns:
        sensitivity, specificity, ppv, npv, each with its 95% interval; NaN where undefined.
    """
    row = _row(threshold)
    sensitivity, specificity = (side[row].astype(float) for side in (of.sensitivity, of.specificity))
    yes, alarms = prevalence * sensitivity, (1 - prevalence) * (1 - specificity)
    no, missed = (1 - prevalence) * specificity, prevalence * (1 - sensitivity)
    values = {
        "sensitivity": sensitivity,
        "specificity": specificity,
        "ppv": _share(yes, yes + alarms),
        "npv": _share(no, no + missed),
    }
    return {name: Estimate(float(each[0]), *interval(each[1:])) for name, each in values.items()}


def two_by_two(of: Rates, threshold: float) -> pd.DataFrame:
    """Cross-tabulate the split's images at a threshold.

    Returns:
        4 rows: truth and predicted (True is "yes"), images, share (of the images with that truth).
    """
    row = _row(threshold)
    found, alarms, negatives = int(of.found[row]), int(of.false_alarms[row]), of.images - of.positives
    counts = [(True, True, found), (True, False, of.positives - found), (False, True, alarms)]
    table = pd.DataFrame([*counts, (False, False, negatives - alarms)], columns=["truth", "predicted", "images"])
    total = table.groupby("truth")["images"].transform("sum")
    return table.assign(share=table["images"] / total.where(total > 0))


def _row(threshold: float) -> int:
    return int(np.abs(GRID - threshold).argmin())


def _share(part: Array, whole: Array) -> Array:
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 1e-12))
