"""Weights of trained models: float16 or int8 files, checked by hash."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.files import sha256
from core.store.arrays import read_arrays, write_arrays

if TYPE_CHECKING:
    import keras

INT8_FROM = 10_000_000
"""Networks of more parameters are stored and served with int8 weights: half the size of float16."""
SCALE = "_scale"


def save_weights(model: keras.Model, path: Path) -> str:
    """Write a model's weights: as float16, or the kernels of a network of over INT8_FROM parameters as int8.

    Returns:
        The file's SHA-256, for the card.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for i, weight in enumerate(model.get_weights()):
        if weight.ndim > 1 and model.count_params() > INT8_FROM:
            arrays[f"{i:04d}"], arrays[f"{i:04d}{SCALE}"] = as_int8(weight)
        else:
            arrays[f"{i:04d}"] = np.asarray(weight, np.float16)
    write_arrays(path, arrays)
    return sha256(path)


def as_int8(kernel: NDArray[np.floating]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Round a kernel to 255 steps per output channel, as LiteRT does for its int8 weights.

    Args:
        kernel: (..., channels).

    Returns:
        The steps, of the kernel's shape, and the size of one step, (channels,); their product is the rounded kernel.

    Example:
        >>> steps, size = as_int8(np.array([[1.0, 0.5], [-2.0, 0.25]]))
        >>> steps.tolist(), np.round(size * 127, 6).tolist()
        ([[64, 127], [-127, 64]], [2.0, 0.5])
    """
    size = np.maximum(np.abs(kernel).reshape(-1, kernel.shape[-1]).max(axis=0), 1e-30) / 127
    return np.round(kernel / size).astype(np.int8), size.astype(np.float32)


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
    values = [
        arrays[key].astype(np.float32) * arrays.get(key + SCALE, np.float32(1))
        for key in sorted(arrays)
        if not key.endswith(SCALE)
    ]
    shapes = [tuple(w.shape) for w in model.weights]
    if [v.shape for v in values] != shapes:
        raise UserError(f"{path.name} of {path.parent.name} belongs to another network, not to {model.name}.")
    model.set_weights(values)
    finalize_normalization(model)


def finalize_normalization(model: keras.Model) -> None:
    """Make Normalization layers compute with their current weights.

    They compute with copies of their mean and variance, which neither `set_weights` nor `clone_model` refreshes.
    """
    from keras.layers import Normalization

    for layer in model.layers:
        if isinstance(layer, Normalization):
            layer.finalize_state()
