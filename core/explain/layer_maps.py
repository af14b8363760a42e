"""Layer maps: an image's heatmaps at several layers of a network, and by methods other than Grad-CAM.

Sources: Grad-CAM++, Chattopadhay et al. 2018 (arXiv:1710.11063); saliency, Simonyan et al. 2013 (arXiv:1312.6034);
SmoothGrad, Smilkov et al. 2017 (arXiv:1706.03825), all three by tf-keras-vis.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.models.cam_heads import POOLING, find_head, last_features
from core.models.weights import finalize_normalization

if TYPE_CHECKING:
    import keras

Array = NDArray[np.float32]
LAYERS = 5
METHODS = ("Grad-CAM++", "Saliency", "SmoothGrad")
NOISY_COPIES = 4
NOISE = 0.1
"""Standard deviation of SmoothGrad's noise, as a share of the image's range."""


def shown_layers(model: keras.Model, most: int = LAYERS) -> list[Any]:
    """Select the last layer at each of the `most` coarsest feature map sizes, shallow layers first.

    Skips layers that only pool, pad, scale or drop; the last one is the layer of all other heatmaps.

    Raises:
        UserError: The model has no convolution.
    """
    import keras
    from keras import layers

    last = last_features(model)
    idle = (layers.InputLayer, layers.Rescaling, layers.Normalization, layers.ZeroPadding2D, layers.Cropping2D,
            layers.Dropout, layers.SpatialDropout2D, *POOLING)  # fmt: skip
    found: dict[tuple[int, ...], Any] = {}
    for layer in model.layers[: model.layers.index(last) + 1]:
        out = layer.output
        if isinstance(out, keras.KerasTensor) and out.ndim == 4 and out.shape[1] > 1 and not isinstance(layer, idle):
            found.pop(out.shape[1:3], None)
            found[out.shape[1:3]] = layer
    chosen = [layer for layer in found.values() if layer is not last]
    return [*chosen[max(0, len(chosen) - most + 1) :], last]


def layer_cams(model: keras.Model, images: NDArray[np.generic], classes: NDArray[np.integer]) -> dict[str, Array]:
    """Compute raw Grad-CAM at each of `shown_layers` in one pass.

    Args:
        model: Functional, trained, softmax output.
        images: (n, height, width, 3), RGB, 0-255.
        classes: (n,) index of the class whose logit is explained.

    Returns:
        Heatmaps by layer name, shallow layers first: (n, rows, columns), >= 0.

    Raises:
        UserError: The network's head has no closed form.
    """
    import keras
    import tensorflow as tf

    chosen, output = shown_layers(model), find_head(model).dense[-1]
    whole = keras.Model(model.input, [*(layer.output for layer in chosen), output.input])
    with tf.GradientTape() as tape:
        *maps, seen = whole(np.asarray(images, np.float32), training=False)
        logits = tf.linalg.matmul(tf.cast(seen, tf.float32), tf.convert_to_tensor(output.kernel)) + output.bias
        explained = tf.reduce_sum(tf.gather(logits, np.asarray(classes), axis=1, batch_dims=1))
    gradients = tape.gradient(explained, maps)
    cams = {}
    for layer, features, gradient in zip(chosen, maps, gradients, strict=True):
        weights = np.asarray(gradient, np.float32).mean(axis=(1, 2), keepdims=True)
        cams[str(layer.name)] = np.maximum((np.asarray(features, np.float32) * weights).sum(axis=-1), 0)
    return cams


def method_maps(
    model: keras.Model, images: NDArray[np.generic], classes: NDArray[np.integer], seed: int
) -> dict[str, Array]:
    """Compute heatmaps by the other METHODS.

    Args:
        model: As for `layer_cams`.
        images: (n, height, width, 3), RGB, 0-255.
        classes: (n,).
        seed: Seed of SmoothGrad's noise.

    Returns:
        By METHODS: (n, rows, columns), >= 0; Grad-CAM++ at the size of the last feature maps, the others at the
        size of the image.
    """
    import keras
    from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
    from tf_keras_vis.saliency import Saliency
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    from tf_keras_vis.utils.scores import CategoricalScore

    keras.utils.set_random_seed(seed)
    fed, score = np.asarray(images, np.float32), CategoricalScore([int(c) for c in classes])
    plus = GradcamPlusPlus(model, model_modifier=[finalize_normalization, ReplaceToLinear()], clone=True)
    saliency = Saliency(model, model_modifier=[finalize_normalization, ReplaceToLinear()], clone=True)
    layer = last_features(model).name
    with warnings.catch_warnings():  # tf-keras-vis passes a list to a network with one input
        warnings.filterwarnings("ignore", message="The structure of `inputs` doesn't match")
        heat = plus(
            score, fed, penultimate_layer=layer, seek_penultimate_conv_layer=False,
            expand_cam=False, normalize_cam=False,
        )  # fmt: skip
        plain = saliency(score, fed, normalize_map=False)
        smooth = saliency(score, fed, smooth_samples=NOISY_COPIES, smooth_noise=NOISE, normalize_map=False)
    return dict(zip(METHODS, (np.asarray(each, np.float32) for each in (heat, plain, smooth)), strict=True))
