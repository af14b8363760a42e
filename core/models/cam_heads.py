"""Grad-CAM of all classes at once as plain layers, with no gradient tape, so that LiteRT can run it.

Grad-CAM weighs feature map A_k by the mean over positions of d logit_c / d A_k, sums over k and drops what is negative
(Selvaraju et al. 2017, arXiv:1610.02391). Between the last feature maps and the logits of our networks stand only

    optional pooling -> global pooling or Flatten -> Dense + ReLU (any number, with Dropout) -> Dense (the logits),

where that gradient is known in closed form. Pooling of any kind hands each gradient on without changing the sum, so
    mean over positions of d logit_c / d A_k = (1 / positions) * sum over pooled positions p of G[(p, k), c],
    G = W1 diag(h1 > 0) W2 diag(h2 > 0) ... W_last   (rows: what the first Dense layer sees; columns: classes).
With global pooling there is one p; with Flatten the rows of W1 are summed over p beforehand. Nothing is approximated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from core.errors import UserError

CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)
POOLING = (layers.MaxPooling2D, layers.AveragePooling2D)
GLOBAL_POOLING = (layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D)


@dataclass(frozen=True)
class Head:
    """What stands between the last feature maps and the output.

    Attributes:
        features: The last layer with feature maps, pooling left out.
        dense: The Dense layers in order; the last gives the classes.
        embedding: The layer that the last Dense layer sees, Dropout left out.
    """

    features: Any
    dense: tuple[Any, ...]
    embedding: Any


def last_features(model: keras.Model) -> Any:
    """Return the layer at which Grad-CAM is taken: the last that gives feature maps and is no pooling or dropout.

    tf-keras-vis by itself takes the last convolution. Where normalisation and activation follow that as layers of
    their own, the head never sees what the convolution gives (in EfficientNet-Lite values that ReLU6 then cuts off),
    so we take what leaves the activation (`top_relu6`), as the sources do with `conv5_block3_out` of ResNet50V2.

    Raises:
        UserError: The model has no convolution.
    """
    if not any(isinstance(layer, CONVOLUTIONS) for layer in model.layers):
        raise UserError(f"{model.name} has no convolution, so Grad-CAM can't be computed.")
    passed = (*POOLING, layers.Dropout, layers.SpatialDropout2D)
    return next(
        layer
        for layer in reversed(model.layers)
        if isinstance(layer.output, keras.KerasTensor) and layer.output.ndim == 4 and not isinstance(layer, passed)
    )


def find_head(model: keras.Model) -> Head:
    """Take the part behind the last feature maps apart.

    Raises:
        UserError: No convolution, or a head that the closed form does not cover.
    """
    features = last_features(model)
    behind = model.layers[model.layers.index(features) + 1 :]
    dense = tuple(layer for layer in behind if isinstance(layer, layers.Dense))
    collapse = [layer for layer in behind if isinstance(layer, (*GLOBAL_POOLING, layers.Flatten))]
    known = (layers.Dense, layers.Dropout, layers.SpatialDropout2D, *POOLING, *GLOBAL_POOLING, layers.Flatten)
    odd = [layer.name for layer in behind if not isinstance(layer, known)]
    odd += [layer.name for layer in dense[:-1] if layer.activation not in (keras.activations.relu,)]
    if odd or len(collapse) != 1 or not dense:
        what = ", ".join(odd) or "neither global pooling nor Flatten before a Dense layer"
        raise UserError(f"The head of {model.name} is not one that can be exported with heatmaps: {what}.")
    return Head(features, dense, (*collapse, *dense)[-2])


def with_cams(model: keras.Model, signed: bool = False) -> keras.Model:
    """Extend a classifier so that it explains what it predicts.

    Args:
        model: Functional, input (n, height, width, 3), softmax output (n, classes). Its head's weights are copied:
            train first.
        signed: Leave what speaks against a class in the heatmaps, which Grad-CAM cuts off.

    Returns:
        Same input; outputs by name: "probabilities" (n, classes); "embedding" (n, d), what the last Dense layer
        sees; "cams" (n, rows, columns, classes), raw Grad-CAM of each class's logit at `last_features`, >= 0 unless
        signed.

    Raises:
        UserError: See `find_head`.
    """
    head = find_head(model)
    maps = head.features.output
    rows, columns, channels = maps.shape[1:]
    alpha = _weights_of_maps(head, channels)
    flat = ops.reshape(maps, (-1, rows * columns, channels))
    evidence = ops.matmul(flat, alpha) / (rows * columns)
    cams = evidence if signed else ops.relu(evidence)
    classes = head.dense[-1].units
    outputs = {
        "probabilities": model.output,
        "embedding": head.embedding.output,
        "cams": ops.reshape(cams, (-1, rows, columns, classes)),
    }
    return keras.Model(model.input, outputs, name=f"{model.name}_with_cams")


def _weights_of_maps(head: Head, channels: int) -> Any:
    """Sum over positions of d logit / d map: (channels, classes), or (n, channels, classes) behind hidden layers."""
    kernels = [np.asarray(layer.kernel, np.float32) for layer in head.dense]
    kernels[0] = kernels[0].reshape(-1, channels, kernels[0].shape[-1]).sum(0)
    gradient: Any = kernels[-1]
    for layer, kernel in zip(reversed(head.dense[:-1]), reversed(kernels[:-1]), strict=True):
        passes = ops.cast(ops.expand_dims(layer.output, -1) > 0, "float32")
        gradient = ops.matmul(kernel, passes * gradient)
    return gradient
