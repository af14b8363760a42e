"""From a folder in trained_models/ back to a Keras model, for the commands that need one (export, explain)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError
from core.labels import DX
from core.models.registry import get_model
from core.models.weights import load_weights
from core.store.card import Card, read_card

if TYPE_CHECKING:
    import keras


def load_trained(folder: Path) -> keras.Model:
    """Build a model from its recipe and fill it with its weights.

    Args:
        folder: trained_models/NAME with card.json and weights.npz.

    Raises:
        UserError: Its files are missing or not what its card says.
    """
    card = read_card(folder)
    model = get_model(card["model"]).build(input_size(card), len(DX))
    load_weights(model, folder / "weights.npz", card["weights"]["sha256"])
    return model


def input_size(card: Card) -> tuple[int, int]:
    """(height, width) in pixels of what the model is fed.

    Raises:
        UserError: The card does not say.
    """
    size = card.get("input_size")
    if not (isinstance(size, list) and len(size) == 2 and all(isinstance(n, int) and n > 0 for n in size)):
        raise UserError(f"card.json of {card['name']} has no input_size; fetch it again or train the model.")
    return size[0], size[1]
