"""Run a network that learns no more: LiteRT takes a fourth of Keras' time for it on a processor."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

Outputs = NDArray[np.float32]
Forward = Callable[[NDArray[np.generic]], Outputs]
"""(n, height, width, 3) of any numeric type -> (n, ...)."""


def convert(model: keras.Model, precision: str = "float16") -> bytes:
    """Convert a functional model to LiteRT.

    Args:
        model: One input, such as images; one output, or several by name.
        precision: How weights are stored: float32, float16 or int8, the last only those of large kernels.

    Returns:
        The .tflite file: one signature, input "image" float32 (1, ...), outputs by name.
    """
    import tensorflow as tf

    module = tf.Module()
    # Tracking the Keras model alone leaves the weights out of the saved graph, without an error.
    module.weights = [weight.value for weight in model.weights]
    spec = tf.TensorSpec((1, *model.input.shape[1:]), tf.float32, name="image")
    serve = tf.function(lambda image: model(image, training=False), input_signature=[spec])
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures={"serving_default": serve})
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if precision != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if precision == "float16":
            converter.target_spec.supported_types = [tf.float16]
        return bytes(converter.convert())


def freeze_forward(model: keras.Model) -> Forward:
    """Make a function that runs a model with the weights that it has now.

    Args:
        model: One input (n, height, width, 3), one output.

    Returns:
        The function. It uses one interpreter per core, on one input at a time.
    """
    from ai_edge_litert.interpreter import Interpreter

    graph = convert(model, "float32")
    cores = os.cpu_count() or 1

    def part(inputs: NDArray[np.generic]) -> list[Any]:
        run = Interpreter(model_content=graph, num_threads=1).get_signature_runner()
        return [next(iter(run(image=each[None].astype(np.float32)).values()))[0].copy() for each in inputs]

    def forward(inputs: NDArray[np.generic]) -> Outputs:
        with ThreadPoolExecutor(cores) as threads:
            return np.stack([each for found in threads.map(part, np.array_split(inputs, cores)) for each in found])

    return forward
