"""Running a network forwards: over pictures for answers, over views of pictures for features that training reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.data.images import Image
from core.files import replacing
from core.training.augmentation import augment
from core.training.recipes import Recipe

if TYPE_CHECKING:
    import keras

BATCH = 64


def predict(model: keras.Model, inputs: NDArray[np.generic]) -> NDArray[np.float64]:
    """What a network gives for many inputs.

    Args:
        model: One input, one output.
        inputs: (n, ...) of any number type, kept small in memory until its batch comes.

    Returns:
        (n, ...), float64.
    """
    size = min(BATCH, len(inputs))
    whole = -len(inputs) % size  # the last batch is filled up: one shape, which divides over devices
    padded = np.append(np.arange(len(inputs)), np.zeros(whole, int)).reshape(-1, size)
    said = [np.asarray(model.predict_on_batch(inputs[rows].astype(np.float32)), np.float64) for rows in padded]
    return np.concatenate(said)[: len(inputs)]


def view_features(lower: keras.Model, images: Image, view: int, recipe: Recipe, path: Path) -> NDArray[np.float16]:
    """Features of one view of each picture; kept in a file, so that a resumed run need not compute them again.

    Args:
        lower: The frozen part of a network.
        images: (n, height, width, 3).
        view: 0 is the picture itself, any other number an augmented view of it.
        recipe: Says how to augment; the view's number and the recipe's seed decide the rest.
        path: The file.

    Returns:
        (n, rows, columns, channels).
    """
    if not path.exists():
        if view and recipe.augmentation:
            rng = np.random.default_rng((recipe.seed, view))
            images = np.stack([augment(image, recipe.augmentation, rng) for image in images])
        with replacing(path) as beside, beside.open("wb") as stream:
            np.save(stream, predict(lower, images).astype(np.float16))
    features: NDArray[np.float16] = np.load(path)
    return features
