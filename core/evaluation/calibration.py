"""Temperature scaling: one number, fitted on validation, that makes predicted probabilities match frequencies.

Source: Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", arXiv:1706.04599.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.evaluation.bootstrap import Bootstrap
from core.evaluation.metrics import METRICS
from core.evaluation.proper_scores import FLOOR, losses
from core.store.card import Card
from core.store.fitted_facts import TEMPERATURES, BeforeAfter
from core.store.predictions import DECIMALS, SPLITS, Scores
from core.store.provenance import current

Array = NDArray[np.float64]
MEASURES = ("calibration_error", "brier")


def tempered(probabilities: NDArray[np.floating], temperature: float) -> Array:
    """Scale probabilities by a temperature: above 1 they move together, below 1 apart; their order stays.

    Args:
        probabilities: (..., 7).
        temperature: As `fit_temperature` returns it.

    Returns:
        Same shape; sums to 1.
    """
    logits = np.log(np.clip(np.asarray(probabilities, np.float64), FLOOR, 1)) / temperature
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def correct_prior(raw: Array, learned: Array, nature: Array) -> Array:
    """Correct probabilities for other class shares than those that a model learned from.

    Args:
        raw: (n, 7) as trained.
        learned: (7,) class shares of the training rows, weighted if they were.
        nature: (7,) class shares that the result shall assume.

    Returns:
        (n, 7), each row proportional to raw x nature / learned (Saerens, Latinne, Decaestecker 2002, equation 2.4).

    Example:
        >>> raw, learned = np.full((1, 7), 1 / 7), np.full(7, 1 / 7)
        >>> nature = np.array([0.1, 0.1, 0.1, 0.1, 0.1, 0.4, 0.1])
        >>> correct_prior(raw, learned, nature).round(2).tolist()
        [[0.1, 0.1, 0.1, 0.1, 0.1, 0.4, 0.1]]
    """
    ratio = np.divide(nature, learned, out=np.zeros_like(nature), where=learned > 0)
    weighted = raw * ratio
    total = weighted.sum(axis=1, keepdims=True)
    return np.where(total > 0, weighted / np.where(total > 0, total, 1), raw)


def log_loss(truth: NDArray[np.int64], probabilities: Array) -> float:
    """Compute the mean negative log probability (natural logarithm) of the true class.

    Args:
        truth: (n,) index into core.labels.DX.
        probabilities: (n, 7); see `core.evaluation.proper_scores.losses` for those near zero.
    """
    return float(losses(truth, probabilities).mean())


def fit_temperature(predicted: Scores) -> float:
    """Fit the temperature with the lowest log loss.

    Args:
        predicted: Predictions for the validation split.
    """
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda log: log_loss(predicted.truth, tempered(predicted.probabilities, float(np.exp(log)))),
        bounds=tuple(np.log(TEMPERATURES)),
        method="bounded",
    )
    return round(float(np.exp(found.x)), 4)


def calibrated(predicted: Scores, temperature: float) -> Scores:
    """Scale all probabilities of a split by a temperature."""
    return replace(predicted, probabilities=tempered(predicted.probabilities, temperature))


def measure(predicted: Scores, temperature: float) -> dict[str, BeforeAfter]:
    """Compute calibration error and Brier score before and after scaling, with intervals over lesions."""
    before, after = Bootstrap(predicted), Bootstrap(calibrated(predicted, temperature))
    return {
        name: BeforeAfter(*(each.estimate(METRICS[name]).rounded(DECIMALS) for each in (before, after)))
        for name in MEASURES
    }


def before_and_after(card: Card) -> pd.DataFrame:
    """Tabulate what calibration changed, from the card.

    Returns:
        One row per split and measure: split, measure, before, before_low, before_high, after, after_low, after_high;
        empty if the model isn't calibrated.
    """
    rows: list[dict[str, Any]] = []
    for split in SPLITS:
        for name, each in card.calibration.of(split).items() if card.calibration else ():
            values = each.before.columns("before") | each.after.columns("after")
            rows.append({"split": split, "measure": name} | values)
    return pd.DataFrame(rows)


def temperature_of(card: Card) -> float | None:
    """Return the temperature on a card if it was fitted for the current export, else None."""
    found = current(card, card.calibration)
    return found.temperature if found else None
