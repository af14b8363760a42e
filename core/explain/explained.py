"""Heatmaps of a Keras network by the methods that the app offers, one class an image, while its weights change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.inference.heatmaps import HeatmapMethod

if TYPE_CHECKING:
    import keras

Array = NDArray[np.float32]
Images = NDArray[np.generic]
Classes = NDArray[np.integer]
Explain = Callable[[Images, Classes], Array]
BATCH = 32


def explain_with(model: keras.Model, method: HeatmapMethod) -> Explain:
    """Prepare a network's heatmaps.

    Args:
        model: Functional, trained. Its head's weights may be copied: call again when they change.
        method: Of `core.inference.heatmaps`.

    Returns:
        A function of images, (n, height, width, 3), RGB, 0-255, and of the class that is explained in each, (n,). It
        returns heatmaps, (n, rows, columns): Grad-CAM with what speaks against the class, or LayerCAM, >= 0.

    Raises:
        UserError: The network's head has no closed form, or it has no stride.
    """
    once = _layer_cam(model) if method == "LayerCAM" else _grad_cam(model)

    def explain(images: Images, classes: Classes) -> Array:
        starts = range(0, len(images), BATCH)
        return np.concatenate([once(images[i : i + BATCH], classes[i : i + BATCH]) for i in starts])

    return explain


def predicted_classes(model: keras.Model, images: Images) -> NDArray[np.int64]:
    """Return the class that a network predicts for each image, (n,)."""
    starts = range(0, len(images), BATCH)
    probabilities = [np.asarray(model(_fed(images[i : i + BATCH]), training=False)) for i in starts]
    return np.asarray(np.concatenate(probabilities).argmax(axis=1), np.int64)


def before_last_stride(model: keras.Model) -> Any:
    """Return the feature maps that the last layer with a stride sees, as `core.inference.graph_tail` finds them.

    Raises:
        UserError: The network has no stride.
    """
    from core.models.cam_heads import CONVOLUTIONS, POOLING

    strided = [each for each in model.layers if isinstance(each, (*CONVOLUTIONS, *POOLING)) and max(each.strides) > 1]
    if not strided:
        raise UserError(f"{model.name} has no stride, so it has no LayerCAM.")
    return strided[-1].input


def _grad_cam(model: keras.Model) -> Explain:
    import tensorflow as tf

    from core.models.cam_heads import with_cams

    network = with_cams(model, signed=True)
    graph = tf.function(lambda fed: network(fed, training=False)["cams"], autograph=False)

    def once(images: Images, classes: Classes) -> Array:
        cams = np.asarray(graph(tf.constant(_fed(images))))
        return np.asarray(cams[np.arange(len(cams)), ..., classes], np.float32)

    return once


def _layer_cam(model: keras.Model) -> Explain:
    """Weigh each cell of the feature maps by its own positive gradient: `core.inference.layer_cam`, in Keras."""
    import keras
    import tensorflow as tf

    from core.models.cam_heads import find_head

    output = find_head(model).dense[-1]
    network = keras.Model(model.input, [before_last_stride(model), output.input])

    def run(fed: Any, classes: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(fed)
            features, seen = network(fed, training=False)
            logits = tf.linalg.matmul(seen, tf.convert_to_tensor(output.kernel))
            explained = tf.reduce_sum(tf.gather(logits, classes, axis=1, batch_dims=1))
        return features, tape.gradient(explained, features)

    # Five times as fast as without a graph; a graph reads the weights anew in each run.
    graph = tf.function(run, autograph=False)

    def once(images: Images, classes: Classes) -> Array:
        features, gradient = (np.asarray(each) for each in graph(tf.constant(_fed(images)), tf.constant(classes)))
        return np.asarray(np.maximum((np.maximum(gradient, 0) * features).sum(axis=-1), 0), np.float32)

    return once


def _fed(images: Images) -> Array:
    return np.asarray(images, np.float32)
