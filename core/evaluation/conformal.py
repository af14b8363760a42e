"""Prediction sets that contain the true class with a guaranteed frequency, separately for each class.

Class-conditional ("Mondrian") split conformal prediction: the threshold of a class comes from images of that class
(Vovk, Gammerman, Shafer, "Algorithmic learning in a random world", 2005, 4.5). Images of one lesion are not
exchangeable with others, lesions are: each lesion weighs the same however many images it has (Lee, Barber, Willett,
"Distribution-free inference with hierarchical data", arXiv:2306.06342).

The images must have chosen nothing. Validation images chose epoch, temperature and model, and there are few: with
thresholds from them, the sets of all six models held 68 to 83% of the actinic keratoses in test instead of 90%. So
the thresholds come from the test split, and each test lesion is judged by thresholds from the other lesions
(cross-conformal prediction; Vovk 2015, "Cross-conformal predictors", Annals of Mathematics and Artificial Intelligence
74). No prediction, and no score on the leaderboard, depends on them.
"""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED
from core.labels import DX
from core.stats import wilson
from core.store.predictions import Scores

Array = NDArray[np.float64]
ALPHA = 0.1
"""Share of lesions whose prediction set may miss the true class."""
FOLDS = 5
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
        scores: Calibrated predictions for images that chose nothing.
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
    """Compute the 95% range of the true coverage of one calibration, a Beta distribution (Vovk 2012, arXiv:1209.2673).

    Args:
        lesions: Number of lesions used to fit the threshold.
        alpha: As in `fit_thresholds`.
    """
    rank = math.ceil((lesions + 1) * (1 - alpha) - 1e-12)
    if rank > lesions:
        return 1.0, 1.0
    from scipy.special import betaincinv  # slow to import, and no prediction needs it

    low, high = betaincinv(rank, lesions + 1 - rank, [0.025, 0.975])
    return float(low), float(high)


def lesion_folds(scores: Scores, folds: int = FOLDS, seed: int = SEED) -> NDArray[np.int64]:
    """Deal the lesions of each class to folds in turn, in random order.

    Returns:
        (n,) fold of each image; images of one lesion share a fold.

    Example:
        >>> truth, lesion = np.zeros(6, int), np.array([1, 1, 2, 3, 4, 4])
        >>> folds = lesion_folds(Scores(lesion.astype(str), lesion, truth, np.eye(7)[truth], np.full(7, 1 / 7)), 2)
        >>> bool(folds[0] == folds[1]), np.unique(folds).tolist()
        (True, [0, 1])
    """
    rng, out = np.random.default_rng(seed), np.zeros(len(scores.truth), np.int64)
    for label in range(len(DX)):
        rows = np.flatnonzero(scores.truth == label)
        names, code = np.unique(scores.group[rows], return_inverse=True)
        out[rows] = (rng.permutation(len(names)) % folds)[code]
    return out


def cross_coverage(scores: Scores, alpha: float = ALPHA, folds: int = FOLDS) -> pd.DataFrame:
    """Compute how often sets contain the true class, those of each fold with thresholds from the other folds.

    Args:
        scores: Calibrated predictions for images that chose nothing.
        alpha: As in `fit_thresholds`.
        folds: Number of folds.

    Returns:
        As `coverage`.
    """
    fold = lesion_folds(scores, folds)
    sets = np.zeros(scores.probabilities.shape, bool)
    for each in range(folds):
        thresholds = fit_thresholds(scores.take(np.flatnonzero(fold != each)), alpha)
        sets[fold == each] = prediction_sets(scores.probabilities[fold == each], thresholds)
    return coverage(scores, sets)


def coverage(scores: Scores, sets: NDArray[np.bool_]) -> pd.DataFrame:
    """Compute how often the sets contain the true class, with equal weight for each lesion.

    Args:
        scores: Predictions for other images than those that the sets' thresholds were fitted on.
        sets: (n, 7) from `prediction_sets`.

    Returns:
        One row per class and a last one "all": dx, images, lesions, coverage, low, high (95%, over lesions), size
        (mean number of classes in a set).
    """
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
