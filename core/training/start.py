"""The weights that a run begins with: random ones, ImageNet's, or those of a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.config import TRAINED_MODELS
from core.errors import UserError
from core.models.pretrained import load_imagenet
from core.models.registry import get_model
from core.models.trained import load_trained
from core.models.weights import finalize_normalization
from core.store.card import read_card
from core.store.datasets import MILK10K, learned_from
from core.training.loss import bake_shift
from core.training.recipes import Recipe

if TYPE_CHECKING:
    import keras


def load_start(
    model: keras.Model, recipe: Recipe, shift: NDArray[np.float64], imagenet_weights: Path | None
) -> str | None:
    """Give a new network the weights that its recipe starts from; if it names none, they stay as they are.

    Args:
        model: The network, at any input size.
        recipe: Of its training.
        shift: (classes,) what the end of training adds to the logits; taken from those of a trained model.
        imagenet_weights: Folder with Keras' weight files; default: Keras downloads them.

    Returns:
        SHA-256 of the trained model's weights, or None if there is none.

    Raises:
        UserError: The weights are missing, or the trained model is another network or has learned from more data.
    """
    imagenet = get_model(recipe.model).imagenet
    if recipe.start:
        folder = TRAINED_MODELS / recipe.start
        if MILK10K in learned_from(read_card(folder)) and not recipe.milk10k:
            raise UserError(
                f"{folder.name} has learned from MILK10k, so a run that starts from it must learn from it too."
            )
        return _load_trained(model, folder, shift)
    if imagenet:
        load_imagenet(model, imagenet, imagenet_weights)
    return None


def _load_trained(model: keras.Model, folder: Path, shift: NDArray[np.float64]) -> str:
    trained = load_trained(folder)
    if [w.shape for w in trained.weights] != [w.shape for w in model.weights]:
        raise UserError(f"{folder.name} is another network; start from one with the same architecture.")
    model.set_weights(trained.get_weights())
    finalize_normalization(model)
    bake_shift(model, -shift)
    return str(read_card(folder).files.weights)
