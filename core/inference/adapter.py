"""Models that were added from a file: how their input and output differ from those of our own exports."""

from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from core.labels import DX
from core.store.export_facts import Adapter, Scaling

Array = NDArray[np.float32]
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
MEAN_BGR = np.array([103.939, 116.779, 123.68], np.float32)
"""Of ImageNet's training images: as PyTorch's and Keras' networks were trained with."""


def scaled(pixels: Array, scaling: Scaling) -> Array:
    """Convert pixels to a network's input.

    Args:
        pixels: (..., 3), RGB, 0 to 255.
        scaling: One of the usual ways.

    Example:
        >>> scaled(np.array([[255.0, 0.0, 127.5]], np.float32), "-1 to 1").tolist()
        [[1.0, -1.0, 0.0]]
    """
    if scaling == "0 to 255":
        return pixels
    if scaling == "ImageNet, BGR":
        return np.ascontiguousarray(pixels[..., ::-1] - MEAN_BGR)
    unit = pixels / np.float32(255)
    if scaling == "0 to 1":
        return unit
    return unit * 2 - 1 if scaling == "-1 to 1" else (unit - MEAN) / DEVIATION


def as_probabilities(output: Array, adapter: Adapter) -> Array:
    """Convert a graph's output to probabilities in the order of `core.labels.DX`.

    Those of a quantized graph come in steps of 1/256 and miss 1 together, so they are divided by their sum.

    Args:
        output: (..., 7).
        adapter: Its order and whether it is logits.
    """
    if adapter.logits:
        odds = np.exp(output - output.max(axis=-1, keepdims=True))
        return in_order(odds / odds.sum(axis=-1, keepdims=True), adapter)
    return in_order(output / np.maximum(output.sum(axis=-1, keepdims=True), np.finfo(output.dtype).tiny), adapter)


def in_order(output: Array, adapter: Adapter) -> Array:
    """Sort the last axis into the order of `core.labels.DX`."""
    return np.ascontiguousarray(output[..., [adapter.classes.index(dx) for dx in DX]])


class PlainRunner:
    """A graph without our signature: one image in, one row of numbers out; heatmaps are empty.

    Attributes:
        size: (height, width) of its input in pixels.
        classes: Numbers in its output.
    """

    def __init__(self, interpreter: Any) -> None:
        """Wrap an interpreter.

        Raises:
            ValueError: The graph hasn't one image as its input and one row as its output.
        """
        self._interpreter: Interpreter = interpreter
        interpreter.allocate_tensors()
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1:
            raise ValueError("not one input and one output")
        self._input, self._output = inputs[0], outputs[0]
        shape, row = self._input["shape"].tolist(), self._output["shape"].tolist()
        if len(shape) != 4 or shape[0] != 1 or shape[3] != 3 or min(shape) < 1 or shape[1] < 2 or row[:-1] != [1]:
            raise ValueError(f"input {shape}, output {row}")
        self.size = (int(shape[1]), int(shape[2]))
        self.classes = int(row[-1])

    def __call__(self, image: Array) -> dict[str, Array]:
        """Run the graph; image: (1, *size, 3)."""
        self._interpreter.set_tensor(self._input["index"], _quantized(image, self._input))
        self._interpreter.invoke()
        found = _restored(self._interpreter.get_tensor(self._output["index"]), self._output)
        return {"probabilities": found, "embedding": found, "cams": np.zeros((1, 1, 1, found.shape[-1]), np.float32)}


def _quantized(values: Array, details: dict[str, Any]) -> NDArray[Any]:
    kind = details["dtype"]
    if np.issubdtype(kind, np.floating):
        return values.astype(kind)
    scale, zero = details["quantization"]
    limits = np.iinfo(kind)
    return np.asarray(np.clip(np.round(values / (scale or 1) + zero), limits.min, limits.max), kind)


def _restored(values: NDArray[Any], details: dict[str, Any]) -> Array:
    if np.issubdtype(values.dtype, np.floating):
        return values.astype(np.float32)
    scale, zero = details["quantization"]
    return np.asarray((values.astype(np.float32) - zero) * (scale or 1), np.float32)
