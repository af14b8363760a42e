"""Small models as others save them."""

import warnings
from pathlib import Path
from typing import Any

SIZE = (24, 32)


def network(size: tuple[int | None, int | None] = SIZE, activation: str | None = "softmax", units: int = 7) -> Any:
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((*size, 3)),
            layers.Conv2D(4, 3, activation="relu", bias_initializer="ones"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(units, activation=activation, bias_initializer="random_normal"),
        ]
    )


def saved(model: Any, path: Path) -> Path:
    model.save(path)
    return path


def tflite(model: Any, path: Path) -> Path:
    import tensorflow as tf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    return path
