"""The score that models are selected by: of the validation splits. The test splits only measure."""

import math

from core.labels import DX
from core.stats import UNDEFINED
from core.store.card import Card
from core.store.provenance import current

SELECTED_BY = "balanced_log_loss"
"""The metric that models are selected by: a proper score, which a few images of a rare class move less than their
recall."""


GUESS = math.log(len(DX))
"""The balanced log-loss of a guess that gives all classes the same probability."""


def validation_score(card: Card) -> float:
    """Compute the score that a model is selected by: its log-loss over both validation splits, negated.

    A model that isn't scored on MILK10k counts there as a guess would: HAM10000's loss alone is lower, so it would pass
    every model that was tried on other clinics' images.

    Args:
        card: Of the model.

    Returns:
        Higher is better; NaN without a figure on HAM10000's.
    """
    own, elsewhere = _figures(card, SELECTED_BY)
    return -(own + (GUESS if math.isnan(elsewhere) else elsewhere)) / 2


def validation_mean(card: Card, metric: str) -> float:
    """Compute a metric's mean over HAM10000's and MILK10k's validation splits; NaN where neither defines it.

    A model that isn't scored on MILK10k has HAM10000's alone.

    Args:
        card: Of the model.
        metric: A name in core.evaluation.metrics.METRICS.
    """
    known = [each for each in _figures(card, metric) if not math.isnan(each)]
    return sum(known) / len(known) if known else math.nan


def _figures(card: Card, metric: str) -> tuple[float, float]:
    """Return a metric on HAM10000's and on MILK10k's validation split, NaN where undefined or of a former export."""
    other = current(card, card.other_clinics)
    elsewhere = other.validation.metrics.get(metric, UNDEFINED) if other else UNDEFINED
    return card.figure(metric, "validation").value, elsewhere.value
