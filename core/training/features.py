"""Forward passes: predictions for many images, and cached features of augmented views for training."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.data.images import Image
from core.files import replacing
from core.models.litert import Forward, litert_function
from core.training.augmentation import augment
from core.training.recipes import Recipe

if TYPE_CHECKING:
    import keras

BATCH = 64


def predict(model: keras.Model, inputs: NDArray[np.generic]) -> NDArray[np.float64]:
    """Compute a network's outputs for many inputs.

    Args:
        model: A model with one input and one output.
        inputs: (n, ...) of any numeric type; converted to float32 batch by batch to save memory.

    Returns:
        (n, ...), float64.
    """
    size = min(BATCH, len(inputs))
    whole = -len(inputs) % size  # pad the last batch: all have one shape, which divides over devices
    padded = np.append(np.arange(len(inputs)), np.zeros(whole, int)).reshape(-1, size)
    outputs = [np.asarray(model.predict_on_batch(inputs[rows].astype(np.float32)), np.float64) for rows in padded]
    return np.concatenate(outputs)[: len(inputs)]


def frozen(model: keras.Model) -> Forward:
    """Make a function that runs a network with the weights that it has now.

    TensorFlow without a GPU is slow at that, so LiteRT does it; every other backend runs the network by itself.

    Args:
        model: A model with one input and one output.
    """
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if not tf.config.list_physical_devices("GPU"):
            return litert_function(model)
    return partial(predict, model)


def cached_views(lower: Forward, images: Image, views: int, recipe: Recipe, path: Path) -> NDArray[np.float16]:
    """Compute the features of all views; see `view_features`.

    Args:
        lower: Runs the part of a network that learns no more.
        images: (n, height, width, 3).
        views: Number of augmented views besides the image itself.
        recipe: It determines the views.
        path: Beginning of the cache files' names.

    Returns:
        (1 + views, n, rows, columns, channels).
    """
    files = [path.with_name(f"{path.name}_{view}.npy") for view in range(1 + views)]
    first = view_features(lower, images, 0, recipe, files[0])
    features = np.empty((len(files), *first.shape), np.float16)  # a list to stack would take the memory twice
    features[0] = first
    for view, file in enumerate(files[1:], 1):
        features[view] = view_features(lower, images, view, recipe, file)
    return features


def view_features(lower: Forward, images: Image, view: int, recipe: Recipe, path: Path) -> NDArray[np.float16]:
    """Compute features of one view of each image; caches them in a file for a resumed run.

    Args:
        lower: Runs the part of a network that learns no more.
        images: (n, height, width, 3).
        view: 0 for the image itself, otherwise the number of an augmented view.
        recipe: Its augmentation and seed, with the view's number, determine the view.
        path: The cache file.

    Returns:
        (n, rows, columns, channels).
    """
    if not path.exists():
        with replacing(path) as beside, beside.open("wb") as stream:
            np.save(stream, lower(view_images(images, view, recipe)).astype(np.float16))
    features: NDArray[np.float16] = np.load(path)
    return features


def view_images(images: Image, view: int, recipe: Recipe) -> Image:
    """Draw one view of each image; see `view_features` for the arguments."""
    if not view or recipe.augmentation is None:
        return images
    rng = np.random.default_rng((recipe.seed, view))
    return np.stack([augment(image, recipe.augmentation, rng) for image in images])
