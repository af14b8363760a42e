"""Predictions with the probabilities that the classify page and `predict` show: calibrated ones."""

from pathlib import Path

from core.evaluation.calibration import calibrated, fit_temperature, temperature_of
from core.evaluation.leaderboard import load_scores
from core.store.card import read_card
from core.store.predictions import Scores, Split


def served_scores(folder: Path, split: Split) -> Scores:
    """Load a model's predictions for one split with calibrated probabilities.

    An ensemble's card has no temperature, so it is fitted on the validation predictions, as when the model is opened.
    A network that isn't calibrated yet, and so isn't served, keeps its probabilities.

    Args:
        folder: trained_models/NAME.
        split: "validation" or "test".

    Raises:
        UserError: Card or predictions are missing or altered, or the model isn't evaluated yet.
    """
    card, predicted = read_card(folder), load_scores(folder, split)
    temperature = temperature_of(card)
    if temperature is None and card.members:
        temperature = fit_temperature(load_scores(folder, "validation"))
    return predicted if temperature is None else calibrated(predicted, temperature)
