"""Small convolutional networks of the source projects, trained from scratch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from core.models.registry import register

if TYPE_CHECKING:
    import keras


@register(
    name="baseline_cnn",
    input_size=(64, 64),
    parameters=2_124_839,
    trainable_parameters=2_124_839,
    layers=11,
    source="App project (B)",
    text="Three convolutions of 16, 32 and 64 filters, each with max pooling, and one dense layer of 512.",
)
def baseline_cnn(size: tuple[int, int], classes: int) -> keras.Model:
    """Build the app project's baseline."""
    return _plain("baseline_cnn", size, classes, filters=(16, 32, 64), units=512, padding="same")


@register(
    name="custom_cnn",
    input_size=(224, 224),
    parameters=22_246_471,
    trainable_parameters=22_246_471,
    layers=11,
    source="Notebook (A)",
    text="Three unpadded convolutions of 32, 64 and 128 filters with max pooling, and one dense layer of 256.",
)
def custom_cnn(size: tuple[int, int], classes: int) -> keras.Model:
    """Build the notebook's network; nearly all its weights connect the flattened maps to the dense layer."""
    return _plain("custom_cnn", size, classes, filters=(32, 64, 128), units=256)


def _plain(
    name: str,
    size: tuple[int, int],
    classes: int,
    filters: tuple[int, ...],
    units: int,
    padding: Literal["valid", "same"] = "valid",
) -> keras.Model:
    """Build 3x3 convolutions, each with max pooling, and one dense layer; rescaling of the image is included."""
    from keras import Model, layers

    inputs = layers.Input((*size, 3), name="image")
    x = layers.Rescaling(1 / 255, name="rescale")(inputs)
    for i, channels in enumerate(filters, start=1):
        x = layers.Conv2D(channels, 3, padding=padding, activation="relu", name=f"conv{i}")(x)
        x = layers.MaxPooling2D(2, name=f"pool{i}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(units, activation="relu", name="dense")(x)
    x = layers.Dropout(0.5, name="dropout")(x)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities", dtype="float32")(x)
    return Model(inputs, outputs, name=name)
