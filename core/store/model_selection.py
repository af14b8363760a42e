"""The score that models are selected by: of the validation splits. The test splits only measure."""

import math

from core.stats import UNDEFINED
from core.store.card import Card
from core.store.provenance import current

SELECTED_BY = "balanced_log_loss"
"""The metric that models are selected by: a proper score, which a few images of a rare class move less than their
recall."""


def validation_score(card: Card) -> float:
    """Compute the score that a model is selected by, higher is better: its log-loss, negated; NaN where undefined."""
    return -validation_mean(card, SELECTED_BY)


def validation_mean(card: Card, metric: str) -> float:
    """Compute a metric's mean over HAM10000's and MILK10k's validation splits; NaN where neither defines it.

    A model that isn't scored on MILK10k has HAM10000's alone.

    Args:
        card: Of the model.
        metric: A name in core.evaluation.metrics.METRICS.
    """
    other = current(card, card.other_clinics)
    elsewhere = other.validation.metrics.get(metric, UNDEFINED) if other else UNDEFINED
    known = [each.value for each in (card.figure(metric, "validation"), elsewhere) if not math.isnan(each.value)]
    return sum(known) / len(known) if known else math.nan
