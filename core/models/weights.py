"""Weights of trained models: float16 files, checked by hash."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import UserError
from core.files import replacing, sha256

if TYPE_CHECKING:
    import keras


def save_weights(model: keras.Model, path: Path) -> str:
    """Write a model's weights as float16.

    Returns:
        The file's SHA-256, for the card.
    """
    arrays = {f"{i:04d}": np.asarray(w, np.float16) for i, w in enumerate(model.get_weights())}
    with replacing(path) as beside, beside.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
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
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            values = [arrays[key].astype(np.float32) for key in sorted(arrays)]
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise UserError(f"{path.name} of {path.parent.name} is not a weights file: {error}.") from error
    shapes = [tuple(w.shape) for w in model.weights]
    if [v.shape for v in values] != shapes:
        raise UserError(f"{path.name} of {path.parent.name} was made for another network than {model.name}.")
    model.set_weights(values)
