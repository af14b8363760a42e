"""Temperature scaling: one number, fitted on validation, that makes probabilities as frequent as they say.

Source: Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", arXiv:1706.04599.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.evaluation.bootstrap import Bootstrap
from core.evaluation.metrics import METRICS
from core.store.card import Card
from core.store.fitted_facts import TEMPERATURES, BeforeAfter
from core.store.predictions import DECIMALS, SPLITS, Scores
from core.store.provenance import current

Array = NDArray[np.float64]
FLOOR = 0.5 * 10.0**-DECIMALS
"""Smaller probabilities are rounded to zero in the predictions table, so nothing is known of them."""
MEASURES = ("ece", "brier")


def tempered(probabilities: NDArray[np.floating], temperature: float) -> Array:
    """Probabilities at a temperature: above 1 they move together, below 1 apart; their order stays.

    Args:
        probabilities: (..., 7).
        temperature: As `fit_temperature` returns it.

    Returns:
        Same shape; sums to 1.
    """
    logits = np.log(np.clip(np.asarray(probabilities, np.float64), FLOOR, 1)) / temperature
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def log_loss(truth: NDArray[np.int64], probabilities: Array) -> float:
    """Mean negative log probability (natural logarithm) of the true diagnosis.

    Args:
        truth: (n,) index into core.labels.DX.
        probabilities: (n, 7); what is smaller than half the last decimal of a predictions file counts as that.
    """
    return float(-np.log(np.clip(probabilities[np.arange(len(truth)), truth], FLOOR, 1)).mean())


def fit_temperature(said: Scores) -> float:
    """The temperature with the lowest log loss.

    Args:
        said: Of the validation split.
    """
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda log: log_loss(said.truth, tempered(said.probabilities, float(np.exp(log)))),
        bounds=tuple(np.log(TEMPERATURES)),
        method="bounded",
    )
    return round(float(np.exp(found.x)), 4)


def calibrated(said: Scores, temperature: float) -> Scores:
    """The same split with its probabilities at a temperature."""
    return replace(said, probabilities=tempered(said.probabilities, temperature))


def measure(said: Scores, temperature: float) -> dict[str, BeforeAfter]:
    """Calibration error and Brier score before and after, with intervals over lesions."""
    before, after = Bootstrap(said), Bootstrap(calibrated(said, temperature))
    return {
        name: BeforeAfter(*(each.estimate(METRICS[name]).rounded(DECIMALS) for each in (before, after)))
        for name in MEASURES
    }


def before_and_after(card: Card) -> pd.DataFrame:
    """What calibration changed, as the card says, for a table or a chart.

    Returns:
        One row a split and measure: split, measure, before, before_low, before_high, after, after_low, after_high;
        empty where the model is not calibrated.
    """
    rows: list[dict[str, Any]] = []
    for split in SPLITS:
        for name, each in card.calibration.of(split).items() if card.calibration else ():
            values = each.before.columns("before") | each.after.columns("after")
            rows.append({"split": split, "measure": name} | values)
    return pd.DataFrame(rows)


def temperature_of(card: Card) -> float | None:
    """The temperature on a card, if it was fitted for the export that the card describes; else None."""
    found = current(card, card.calibration)
    return found.temperature if found else None
