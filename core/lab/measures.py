"""What the lab measures: decisions and probabilities of one trained classifier, each figure with its interval."""

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
"""What threshold moving tries for each diagnosis."""
MEASURES: dict[str, tuple[Metric, str]] = {
    "balanced_accuracy": (METRICS["balanced_accuracy"], "said"),
    "macro_f1": (replace(METRICS["macro_f1"], point="balanced"), "said"),
    "accuracy": (replace(METRICS["accuracy"], point="balanced"), "said"),
    "melanoma_sensitivity": (METRICS["melanoma_sensitivity"], "said"),
    "melanoma_specificity": (METRICS["melanoma_specificity"], "said"),
    "ece_raw": (METRICS["ece"], "said"),
    "ece": (METRICS["ece"], "corrected"),
    "brier_raw": (METRICS["brier"], "said"),
    "brier": (METRICS["brier"], "corrected"),
}
"""What is measured, and on which of an outcome's probabilities."""
LABELS = {
    "balanced_accuracy": "Balanced accuracy", "macro_f1": "Macro F1", "accuracy": "Accuracy",
    "melanoma_sensitivity": "Melanoma sensitivity", "melanoma_specificity": "Melanoma specificity",
    "ece_raw": "ECE, as trained", "ece": "ECE, prior corrected",
    "brier_raw": "Brier score, as trained", "brier": "Brier score, prior corrected",
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What one trained classifier says of one set of test pictures.

    Attributes:
        said: Probabilities as trained; their `prior` is what they are divided by before the largest is said.
        corrected: Probabilities for nature's prior.
        counts: As `count_rows` of the training rows.
        lesions: Lesions of the training pictures by dx.
    """

    said: Scores
    corrected: Scores
    counts: pd.DataFrame
    lesions: pd.Series


def correct_prior(raw: Probabilities, learned: Probabilities, nature: Probabilities) -> Probabilities:
    """Probabilities for nature's class shares from a classifier that learned from others.

    Args:
        raw: (n, 7) as trained.
        learned: (7,) weighed shares of the rows that it learned from.
        nature: (7,) shares before resampling.

    Returns:
        (n, 7), each row in proportion to raw x nature / learned (Saerens, Latinne, Decaestecker 2002, equation 2.4).
    """
    ratio = np.divide(nature, learned, out=np.zeros_like(nature), where=learned > 0)
    weighed = raw * ratio
    total = weighed.sum(axis=1, keepdims=True)
    return np.where(total > 0, weighed / np.where(total > 0, total, 1), raw)


def tune_factors(chances: Probabilities, truth: NDArray[np.int64], rounds: int = 3) -> Probabilities:
    """One factor a diagnosis, tuned one after another for balanced accuracy.

    Args:
        chances: (n, 7) probabilities of validation pictures.
        truth: (n,) their diagnoses.
        rounds: How often each factor is tuned.

    Returns:
        (7,), the largest class's kept at 1.
    """
    factors, size = np.ones(len(DX)), np.maximum(np.bincount(truth, minlength=len(DX)), 1)
    order = np.argsort(size)[:-1]

    def score(factor: Probabilities) -> float:
        said = (chances * factor).argmax(axis=1)
        return float((np.bincount(truth[said == truth], minlength=len(DX)) / size).mean())

    for _ in range(rounds):
        for i in order:
            tries = [np.where(np.arange(len(DX)) == i, f, factors) for f in FACTORS]
            factors = max([factors, *tries], key=score)
    return factors


def of(outcome: Outcome, which: str) -> Scores:
    """The probabilities that a measure reads: "said" or "corrected"."""
    return outcome.corrected if which == "corrected" else outcome.said


def draw_measures(outcome: Outcome, draws: int = DRAWS) -> dict[str, NDArray[np.float64]]:
    """Every measure, and again in each draw of lesions: (1 + draws,) each, the same lesions for every outcome."""
    bootstraps = {which: Bootstrap(of(outcome, which), draws) for which in ("said", "corrected")}
    bootstraps["corrected"].weights = bootstraps["said"].weights  # the same lesions: drawn once
    return {
        key: np.concatenate([[metric(of(outcome, which))], bootstraps[which].values(metric)])
        for key, (metric, which) in MEASURES.items()
    }


def estimate(key: str, values: NDArray[np.float64]) -> Estimate:
    """A measure with its interval from its draws, (1 + draws,), the first being the figure itself."""
    value, drawn = float(values[0]), values[1:]
    if MEASURES[key][0].grows_with_noise:
        drawn = np.maximum(drawn - np.nanmean(drawn) + value, 0)
    return Estimate(value, *interval(drawn))


def summarise(draws: dict[str, NDArray[np.float64]]) -> pd.DataFrame:
    """Every measure with its interval, from `draw_measures`: columns measure, value, low, high."""
    return pd.DataFrame([(key, *estimate(key, values)) for key, values in draws.items()],
                        columns=["measure", "value", "low", "high"])  # fmt: skip


def compare(draws: dict[str, dict[str, NDArray[np.float64]]]) -> pd.DataFrame:
    """How far the flattered outcome is from the honest one on the same lesions; empty where there is none.

    Returns:
        Columns measure, flattered, honest, gap, low, high.
    """
    rows = []
    for key in MEASURES if "flattered" in draws else ():
        a, b = draws["flattered"][key], draws["honest"][key]
        rows.append((key, a[0], b[0], a[0] - b[0], *interval((a - b)[1:])))
    return pd.DataFrame(rows, columns=["measure", "flattered", "honest", "gap", "low", "high"])
