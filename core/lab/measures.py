"""Measure the predictions of a trained classifier, each figure with its interval."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.evaluation.bootstrap import Bootstrap
from core.evaluation.metrics import METRICS, Metric
from core.labels import DX
from core.stats import Estimate, interval
from core.store.predictions import Scores

Probabilities = NDArray[np.float64]
DRAWS = 500
FACTORS = np.geomspace(0.25, 64, 25)
"""Factors that threshold moving tries for each class."""
MEASURES: dict[str, tuple[Metric, str]] = {
    "balanced_accuracy": (METRICS["balanced_accuracy"], "raw"),
    "macro_f1": (replace(METRICS["macro_f1"], point="balanced"), "raw"),
    "accuracy": (replace(METRICS["accuracy"], point="balanced"), "raw"),
    "melanoma_sensitivity": (METRICS["melanoma_sensitivity"], "raw"),
    "melanoma_specificity": (METRICS["melanoma_specificity"], "raw"),
    "calibration_error_raw": (METRICS["calibration_error"], "raw"),
    "calibration_error": (METRICS["calibration_error"], "corrected"),
    "brier_raw": (METRICS["brier"], "raw"),
    "brier": (METRICS["brier"], "corrected"),
}
"""Metrics by name, each with the probabilities of an `Outcome` that it reads."""
LABELS = {
    "balanced_accuracy": "Balanced accuracy", "macro_f1": "Macro F1", "accuracy": "Accuracy",
    "melanoma_sensitivity": "Melanoma sensitivity", "melanoma_specificity": "Melanoma specificity",
    "calibration_error_raw": "Calibration error, as trained", "calibration_error": "Calibration error, prior corrected",
    "brier_raw": "Brier score, as trained", "brier": "Brier score, prior corrected",
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """Predictions of one trained classifier for one set of test images.

    Attributes:
        raw: Probabilities as trained. The class with the largest ratio of probability to their `prior` is predicted.
        corrected: Probabilities corrected for the natural class shares.
        counts: `count_rows` of the training rows.
        lesions: Number of lesions in the training images, by dx.
    """

    raw: Scores
    corrected: Scores
    counts: pd.DataFrame
    lesions: pd.Series

    def scores(self, which: str) -> Scores:
        """Return the "raw" or the "corrected" probabilities."""
        return self.corrected if which == "corrected" else self.raw


def tune_factors(raw: Probabilities, truth: NDArray[np.int64], rounds: int = 3) -> Probabilities:
    """Tune one factor per class, one after another, for balanced accuracy.

    Args:
        raw: (n, 7) probabilities of validation images.
        truth: (n,) their labels.
        rounds: How often each factor is tuned.

    Returns:
        (7,) factors; the factor of the largest class stays 1.

    Example:
        >>> tune_factors(np.eye(7), np.arange(7)).tolist()  # already perfect
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    factors, size = np.ones(len(DX)), np.maximum(np.bincount(truth, minlength=len(DX)), 1)
    order = np.argsort(size)[:-1]

    def score(factor: Probabilities) -> float:
        predicted = (raw * factor).argmax(axis=1)
        return float((np.bincount(truth[predicted == truth], minlength=len(DX)) / size).mean())

    for _ in range(rounds):
        for i in order:
            tries = [np.where(np.arange(len(DX)) == i, f, factors) for f in FACTORS]
            factors = max([factors, *tries], key=score)
    return factors


def draw_measures(outcome: Outcome, draws: int = DRAWS) -> dict[str, NDArray[np.float64]]:
    """Compute every measure, then again for each bootstrap draw of lesions.

    Returns:
        (1 + draws,) by measure: the figure itself, then one value per draw. All outcomes share the same draws.
    """
    bootstraps = {which: Bootstrap(outcome.scores(which), draws) for which in ("raw", "corrected")}
    bootstraps["corrected"].weights = bootstraps["raw"].weights  # the same lesions, so draw them once
    return {
        key: np.concatenate([[metric(outcome.scores(which))], bootstraps[which].values(metric)])
        for key, (metric, which) in MEASURES.items()
    }


def estimate(values: NDArray[np.float64]) -> Estimate:
    """Turn the draws of a measure, (1 + draws,) with the figure itself first, into the figure and its interval.

    Example:
        >>> estimate(np.array([0.5, 0.4, 0.6])).value
        0.5
    """
    return Estimate(float(values[0]), *interval(values[1:]))


def summarise(draws: dict[str, NDArray[np.float64]]) -> pd.DataFrame:
    """Tabulate every measure from `draw_measures` with its interval: columns measure, value, low, high."""
    return pd.DataFrame([{"measure": key} | vars(estimate(values)) for key, values in draws.items()],
                        columns=["measure", "value", "low", "high"])  # fmt: skip


def compare(draws: dict[str, dict[str, NDArray[np.float64]]]) -> pd.DataFrame:
    """Compare the inflated outcome with the honest one on the same lesions.

    Args:
        draws: `draw_measures` of each outcome, by "inflated" and "honest".

    Returns:
        Columns measure, inflated, honest, gap, low, high; no rows without an inflated outcome.
    """
    rows = []
    for key in MEASURES if "inflated" in draws else ():
        a, b = draws["inflated"][key], draws["honest"][key]
        rows.append((key, a[0], b[0], a[0] - b[0], *interval((a - b)[1:])))
    return pd.DataFrame(rows, columns=["measure", "inflated", "honest", "gap", "low", "high"])
