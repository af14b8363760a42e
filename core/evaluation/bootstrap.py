"""Confidence intervals by resampling lesions, because images of one lesion aren't independent.

Source: percentile bootstrap over clusters; Davison and Hinkley, "Bootstrap Methods and their Application" (1997), 3.8.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED
from core.data.splits import shared_groups
from core.errors import UserError, name_offenders
from core.evaluation.calibration_error import calibration_error, error_draws, error_interval
from core.evaluation.metrics import (
    MEL,
    METRICS,
    Metric,
    Point,
    confusion,
    decide,
    equalize,
)
from core.evaluation.proper_scores import losses, squared_errors
from core.labels import DX
from core.stats import DRAWS, Estimate, auc_draws, draw_weights, interval, ratio
from core.store.predictions import Scores

Array = NDArray[np.float64]


class Bootstrap:
    """One model's predictions for a split, resampled by lesion; models scored on the same images share the draws.

    Args:
        scores: Predictions and true classes.
        draws: Number of resamples.
        seed: Seed of the resampling.
    """

    def __init__(self, scores: Scores, draws: int = DRAWS, seed: int = SEED) -> None:
        self.scores, self.draws, self.seed = scores, draws, seed
        self._confusions: dict[Point, Array] = {}
        self._values: dict[Metric, Array] = {}

    @cached_property
    def weights(self) -> NDArray[np.float32]:
        """How often each image counts in each draw, (n, draws); see `draw_weights`.

        Two lesions that near-duplicate images show to be one are drawn together (`core.data.splits.shared_groups`).
        """
        return draw_weights(shared_groups(self.scores.image_id, self.scores.group), self.draws, self.seed)

    def forget_weights(self) -> None:
        """Let go of the weights, 16 MB for a test split; what was computed stays.

        They are drawn again when they are needed.
        """
        self.__dict__.pop("weights", None)

    def confusions(self, point: Point) -> Array:
        """Return the confusion matrix of each draw, (7, 7, draws): true class by row, predicted by column."""
        if point not in self._confusions:
            predicted = decide(self.scores.probabilities, self.scores.prior, point)
            cell = self.scores.truth * len(DX) + predicted
            onehot = (np.arange(len(DX) ** 2)[:, None] == cell).astype(np.float32)
            counts = (onehot @ self.weights).astype(np.float64)
            self._confusions[point] = counts.reshape(len(DX), len(DX), self.draws)
        return self._confusions[point]

    def values(self, metric: Metric) -> Array:
        """Compute the metric in each draw, (draws,); NaN where undefined. Computed once; don't write to it."""
        if metric not in self._values:
            self._values[metric] = self._compute(metric)
        return self._values[metric]

    def _compute(self, metric: Metric) -> Array:
        if metric.point is not None and metric.function.__name__ in FROM_CONFUSION:
            return FROM_CONFUSION[metric.function.__name__](self.confusions(metric.point))
        if metric.point is None and metric.function.__name__ in FROM_PROBABILITIES:
            return FROM_PROBABILITIES[metric.function.__name__](self.scores, self.weights)
        return self._one_by_one(metric)

    def figure(self, metric: Metric) -> float:
        """Compute the metric of the split itself: equals `metric(scores)`, but doesn't import scikit-learn."""
        if metric.by_lesion:
            return metric(self.scores)
        whole = Bootstrap(self.scores, draws=1)
        whole.weights = np.ones((len(self.scores.truth), 1), np.float32)
        return float(whole.values(metric)[0])

    def estimate(self, metric: Metric) -> Estimate:
        """Compute the metric with its 95% interval."""
        if metric.function in INTERVALS:
            return Estimate(self.figure(metric), *INTERVALS[metric.function](self.scores, self.weights))
        return Estimate(self.figure(metric), *interval(self.values(metric)))

    def difference(self, other: Bootstrap, metric: Metric) -> Estimate:
        """Compute by how much a metric exceeds that of another model on the same lesions, with its interval."""
        value = self.figure(metric) - other.figure(metric)
        return Estimate(value, *interval(self.values(metric) - other.values(metric)))

    def _one_by_one(self, metric: Metric) -> Array:
        rows = np.arange(len(self.scores.truth))
        resamples = (np.repeat(rows, count.astype(np.int64)) for count in self.weights.T)
        return np.array([metric(self.scores.take(index)) for index in resamples])


def estimates(scores: Scores, draws: int = DRAWS, seed: int = SEED) -> dict[str, Estimate]:
    """Compute every metric of METRICS with its interval, by name."""
    bootstrap = Bootstrap(scores, draws, seed)
    return {name: bootstrap.estimate(metric) for name, metric in METRICS.items()}


def paired_difference(a: Scores, b: Scores, metric: Metric, draws: int = DRAWS, seed: int = SEED) -> Estimate:
    """Compute by how much a metric of model a exceeds that of model b on the same lesions, with its interval.

    Raises:
        UserError: The two models weren't scored on the same images.
    """
    apart = sorted(set(a.image_id.tolist()) ^ set(b.image_id.tolist()))
    if apart:
        raise UserError(f"Score both models on the same images to compare them; one lacks {name_offenders(apart)}.")
    # Draws are by lesion, not by row, so the two tables may be in different orders.
    return Bootstrap(a, draws, seed).difference(Bootstrap(b, draws, seed), metric)


def report(scores: Scores, point: Point, draws: int = DRAWS, seed: int = SEED) -> pd.DataFrame:
    """Compute the classification report with intervals.

    Returns:
        One row per class in the order of core.labels.DX: dx, images, lesions, and for each of recall,
        precision and f1 the value, NAME_low and NAME_high; NaN where undefined.
    """
    return report_of(Bootstrap(scores, draws, seed), point)


def report_of(bootstrap: Bootstrap, point: Point) -> pd.DataFrame:
    """Compute the same from resamples that are already drawn."""
    scores = bootstrap.scores
    predicted = decide(scores.probabilities, scores.prior, point)
    values = _per_class(confusion(scores.truth, predicted).astype(np.float64)[..., None])
    resampled = _per_class(bootstrap.confusions(point))
    rows = []
    for i, dx in enumerate(DX):
        here = scores.truth == i
        row = {"dx": dx, "images": int(here.sum()), "lesions": len(np.unique(scores.group[here]))}
        for name, value in values.items():
            low, high = interval(resampled[name][i])
            row |= {name: float(value[i, 0]), f"{name}_low": low, f"{name}_high": high}
        rows.append(row)
    return pd.DataFrame(rows)


def _per_class(counts: Array) -> dict[str, Array]:
    """Compute recall, precision and F1, each (7, draws), from confusion matrices (7, 7, draws)."""
    right, true, predicted = counts.diagonal().T, counts.sum(axis=1), counts.sum(axis=0)
    return {
        "recall": ratio(right, true),
        "precision": ratio(right, predicted),
        "f1": ratio(2 * right, true + predicted),
    }


def _mean_f1(counts: Array) -> Array:
    present = (counts.sum(axis=1) > 0).all(axis=0)
    return np.where(present, _per_class(counts)["f1"].mean(axis=0), np.nan)


def _specificity(counts: Array) -> Array:
    others = np.delete(counts, MEL, axis=0)
    total = others.sum(axis=(0, 1))
    return ratio(total - others[:, MEL].sum(axis=0), total)


def _auc(scores: Scores, weights: NDArray[np.float32]) -> Array:
    per_class = [auc_draws(scores.truth == i, scores.probabilities[:, i], weights) for i in range(len(DX))]
    return np.asarray(np.mean(per_class, axis=0))


def _brier(scores: Scores, weights: NDArray[np.float32]) -> Array:
    total = squared_errors(scores.truth, scores.probabilities) @ weights
    return np.asarray(total / weights.sum(axis=0, dtype=np.float64))


def _balanced_log_loss(scores: Scores, weights: NDArray[np.float32]) -> Array:
    each = losses(scores.truth, equalize(scores.probabilities, scores.prior))
    of_class = (np.arange(len(DX))[:, None] == scores.truth).astype(np.float64)
    return np.asarray(ratio((of_class * each) @ weights, of_class @ weights).mean(axis=0))


# The same metrics for all draws at once; a test checks that they equal those of core.evaluation.metrics.
FROM_CONFUSION: dict[str, Callable[[Array], Array]] = {
    "accuracy": lambda counts: ratio(np.trace(counts), counts.sum(axis=(0, 1))),
    "balanced_accuracy": lambda counts: _per_class(counts)["recall"].mean(axis=0),
    "macro_f1": _mean_f1,
    "melanoma_sensitivity": lambda counts: _per_class(counts)["recall"][MEL],
    "melanoma_specificity": _specificity,
}
FROM_PROBABILITIES: dict[str, Callable[[Scores, NDArray[np.float32]], Array]] = {
    "macro_auc": _auc,
    "calibration_error": error_draws,
    "brier": _brier,
    "balanced_log_loss": _balanced_log_loss,
}
INTERVALS: dict[Callable[..., float], Callable[[Scores, NDArray[np.float32]], tuple[float, float]]] = {
    calibration_error: error_interval,
}
"""Metrics whose interval isn't the percentiles of their draws."""
