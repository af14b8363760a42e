"""The only way from a folder in trained_models/ back to a Keras model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError
from core.labels import DX
from core.models.registry import get_model
from core.models.weights import load_weights
from core.store.card import read_card

if TYPE_CHECKING:
    import keras


def load_trained(folder: Path) -> keras.Model:
    """Build a model from its recipe and fill it with its weights.

    Args:
        folder: trained_models/NAME with a card and weights.

    Raises:
        UserError: It has no weights, or its files are missing or not what its card says.
    """
    card = read_card(folder)
    if card.weights is None:
        again = f"train it again with `python -m core train {card.architecture}`"
        advice = again if card.kind == "network" else "name a single network"
        raise UserError(f"No weights of {folder.name} are kept; {advice}.")
    model = get_model(card.architecture).build(card.require_input_size(), len(DX))
    load_weights(model, folder / card.weights.name, card.weights.sha256)
    return model
