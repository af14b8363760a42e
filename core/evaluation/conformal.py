"""Prediction sets that contain the true class with a guaranteed frequency, separately for each class.

Class-conditional ("Mondrian") split conformal prediction: the threshold of a class comes from its validation
images (Vovk, Gammerman, Shafer, "Algorithmic learning in a random world", 2005, 4.5). Images of one
lesion are not exchangeable with others, lesions are: each lesion weighs the same however many images it has
(Lee, Barber, Willett, "Distribution-free inference with hierarchical data", arXiv:2306.06342).
"""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.labels import DX
from core.stats import wilson
from core.store.predictions import Scores

Array = NDArray[np.float64]
ALPHA = 0.1
"""Share of lesions whose prediction set may miss the true class."""
FEW = 30
"""With fewer lesions, the guarantee holds on average over calibrations, but a single one may be far off."""


def lesion_weights(group: NDArray[np.int64]) -> Array:
    """Weight each image by one over the number of images of its lesion, (n,).

    Example:
        >>> lesion_weights(np.array([7, 7, 9])).tolist()
        [0.5, 0.5, 1.0]
    """
    _, code, counts = np.unique(group, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[code])


def fit_thresholds(scores: Scores, alpha: float = ALPHA) -> Array:
    """Fit the smallest probability at which each class is still in the set.

    Args:
        scores: Calibrated predictions for the validation split.
        alpha: Share of lesions whose set may miss the true class.

    Returns:
        (7,); 0 if there are too few lesions to exclude the class from any set.
    """
    out = np.zeros(len(DX))
    for label in range(len(DX)):
        rows = scores.truth == label
        lesions = len(np.unique(scores.group[rows]))
        values = scores.probabilities[rows, label]
        order = np.argsort(-values, kind="stable")
        reached = np.cumsum(lesion_weights(scores.group[rows])[order]) / (lesions + 1)
        enough = np.flatnonzero(reached >= 1 - alpha - 1e-12)
        out[label] = values[order][enough[0]] if len(enough) else 0.0
    return out


def prediction_sets(probabilities: NDArray[np.floating], thresholds: Array) -> NDArray[np.bool_]:
    """Compute the prediction set of each image; it always contains the most probable class.

    Args:
        probabilities: (..., 7), calibrated.
        thresholds: (7,) from `fit_thresholds`.

    Returns:
        (..., 7), True for classes in the set.

    Example:
        >>> prediction_sets(np.array([0.1, 0.6, 0.3]), np.array([0.2, 0.7, 0.2])).tolist()
        [False, True, True]
    """
    values = np.asarray(probabilities, np.float64)
    return np.asarray((values >= thresholds) | (values == values.max(axis=-1, keepdims=True)))


def possible_coverage(lesions: int, alpha: float = ALPHA) -> tuple[float, float]:
    """Compute the 95 % range of the true coverage of one calibration, a Beta distribution (Vovk 2012, arXiv:1209.2673).

    Args:
        lesions: Number of lesions used to fit the threshold.
        alpha: As in `fit_thresholds`.
    """
    rank = math.ceil((lesions + 1) * (1 - alpha) - 1e-12)
    if rank > lesions:
        return 1.0, 1.0
    from scipy.stats import beta

    low, high = beta.ppf([0.025, 0.975], rank, lesions + 1 - rank)
    return float(low), float(high)


def coverage(scores: Scores, thresholds: Array) -> pd.DataFrame:
    """Compute how often the sets contain the true class, with equal weight for each lesion.

    Args:
        scores: Calibrated predictions for the test split.
        thresholds: (7,) from `fit_thresholds`.

    Returns:
        One row per class and a last one "all": dx, images, lesions, coverage, low, high (95 %, over lesions), size
        (mean number of classes in a set).
    """
    sets = prediction_sets(scores.probabilities, thresholds)
    held = sets[np.arange(len(sets)), scores.truth]
    rows = [_covered(dx, held, sets, scores.group, scores.truth == i) for i, dx in enumerate(DX)]
    return pd.DataFrame([*rows, _covered("all", held, sets, scores.group, np.ones(len(sets), bool))])


def _covered(
    name: str, held: NDArray[np.bool_], sets: NDArray[np.bool_], group: NDArray[np.int64], rows: NDArray[np.bool_]
) -> dict[str, Any]:
    lesions = len(np.unique(group[rows]))
    weights = lesion_weights(group[rows])
    share = float(np.average(held[rows], weights=weights)) if lesions else math.nan
    low, high = wilson(share, lesions)
    size = float(np.average(sets[rows].sum(axis=1), weights=weights)) if lesions else math.nan
    return {
        "dx": name, "images": int(rows.sum()), "lesions": lesions, "coverage": share, "low": low, "high": high,
        "size": size,
    }  # fmt: skip
