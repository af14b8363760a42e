"""Weights of trained models: float16 files, checked by hash."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import UserError
from core.files import sha256
from core.store.arrays import read_arrays, write_arrays

if TYPE_CHECKING:
    import keras


def save_weights(model: keras.Model, path: Path) -> str:
    """Write a model's weights as float16.

    Returns:
        The file's SHA-256, for the card.
    """
    write_arrays(path, {f"{i:04d}": np.asarray(w, np.float16) for i, w in enumerate(model.get_weights())})
    return sha256(path)


def load_weights(model: keras.Model, path: Path, known: str) -> None:
    """Fill a model with weights written by `save_weights`.

    Args:
        known: The SHA-256 on the model's card.

    Raises:
        UserError: The file is missing, altered, cut short, or made for another network.
    """
    if not path.is_file():
        raise UserError(f"{path.name} of {path.parent.name} is missing; fetch it again or train the model.")
    if sha256(path) != known:
        raise UserError(f"{path.name} of {path.parent.name} differs from its card (SHA-256); fetch it again.")
    arrays = read_arrays(path, "fetch it again or train the model")
    values = [arrays[key].astype(np.float32) for key in sorted(arrays)]
    shapes = [tuple(w.shape) for w in model.weights]
    if [v.shape for v in values] != shapes:
        raise UserError(f"{path.name} of {path.parent.name} was made for another network than {model.name}.")
    model.set_weights(values)
    finalize_normalization(model)


def finalize_normalization(model: keras.Model) -> None:
    """Make Normalization layers compute with their present weights.

    They compute with copies of their mean and variance, which neither `set_weights` nor `clone_model` refreshes.
    """
    from keras.layers import Normalization

    for layer in model.layers:
        if isinstance(layer, Normalization):
            layer.finalize_state()
