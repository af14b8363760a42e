"""LayerCAM at the features before the last stride, whose grid is twice as fine as Grad-CAM's at the last ones.

Each cell of each feature map is weighed by its own positive gradient, and the maps are added up: Jiang et al. 2021
(LayerCAM, IEEE Transactions on Image Processing 30). The gradient is computed here, operation by operation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from threading import BoundedSemaphore

import numpy as np
from numpy.typing import NDArray

from core.blas import one_blas_thread
from core.errors import BusyError
from core.inference.graph_tail import GradientStep, Tail
from core.inference.heatmaps import mean_heatmaps
from core.inference.pool import BUSY, SIZE, TIMEOUT

Array = NDArray[np.float32]
_turns = BoundedSemaphore(SIZE)
"""As many gradients at once as interpreters of one network."""
SCRATCH = 500_000
"""Weights that a turn's memory holds, so many as the largest layer behind an EfficientNet-Lite's last stride."""
_scratch: list[Array] = []
"""Memory of those turns that nobody has."""


@dataclass(frozen=True)
class Evidence:
    """What a network computed for one image, kept so that any class can be explained without another pass.

    Attributes:
        tail: The network's last layers.
        values: Tensors of `tail.kept`, (1, ...) each.
        order: Place of each of `core.labels.DX` among the graph's classes.
    """

    tail: Tail
    values: Mapping[int, Array]
    order: tuple[int, ...]

    def heatmaps(self, classes: Sequence[int]) -> Array:
        """Compute LayerCAM.

        Args:
            classes: Indices into `core.labels.DX`, k of them.

        Returns:
            (rows, columns, k), >= 0, not scaled.
        """
        seeds = np.zeros((len(classes), self.tail.classes), np.float32)
        seeds[np.arange(len(classes)), [self.order[each] for each in classes]] = 1
        with _turn() as scratch:
            gradient = np.maximum(gradient_at_features(self.tail, self.values, seeds, scratch), 0)
            features = self.values[self.tail.features][0]
            return np.asarray(np.maximum(np.einsum("krcf,rcf->rck", gradient, features), 0), np.float32)


def layer_cam(evidence: Sequence[Evidence], classes: Sequence[int]) -> Array:
    """Compute a model's LayerCAM: of an ensemble, the mean of its members' (see `mean_heatmaps`).

    Args:
        evidence: Of each member, one at least.
        classes: Indices into `core.labels.DX`, k of them.

    Returns:
        (rows, columns, k), >= 0, not scaled.

    Raises:
        UserError: The server is busy.

    Example:
        >>> from core.config import TRAINED_MODELS
        >>> from core.inference.crop import prepare
        >>> from core.inference.model import open_model
        >>> from core.synthetic.lesions import sample_lesion
        >>> model = open_model(TRAINED_MODELS / "efficientnet_lite0")
        >>> output = model.run(prepare(sample_lesion("nv", 0).image), explain=True)
        >>> layer_cam(output.evidence, [4, 5]).shape
        (11, 14, 2)
    """
    found = _each(evidence, classes)
    return found[0] if len(found) == 1 else mean_heatmaps(found)


def _each(evidence: Sequence[Evidence], classes: Sequence[int]) -> list[Array]:
    """Compute each member's; a second thread takes every other one, for its core is often idle."""
    handed = {i: _helper().submit(each.heatmaps, classes) for i, each in enumerate(evidence) if i % 2}
    own = {i: each.heatmaps(classes) for i, each in enumerate(evidence) if i not in handed}
    try:
        return [own[i] if i in own else handed[i].result(TIMEOUT) for i in range(len(evidence))]
    except TimeoutError:
        raise BusyError(BUSY) from None


@cache
def _helper() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(SIZE - 1, "layer-cam")


@contextmanager
def _turn() -> Iterator[Array]:
    """Wait for a turn, and work on one thread: several would wait for one another on a busy server.

    Yields:
        (SCRATCH,), the turn's own memory for weights.
    """
    if not _turns.acquire(timeout=TIMEOUT):
        raise BusyError(BUSY)
    scratch = _scratch.pop() if _scratch else np.empty(SCRATCH, np.float32)
    try:
        with one_blas_thread():
            yield scratch
    finally:
        _scratch.append(scratch)
        _turns.release()


def gradient_at_features(tail: Tail, values: Mapping[int, Array], seeds: Array, scratch: Array | None = None) -> Array:
    """Compute the gradient of weighted logits with respect to the features, for k rows of weights at once.

    Args:
        tail: The layers between.
        values: Tensors of `tail.kept`, (1, ...) each.
        seeds: (k, classes); one-hot rows explain one class each.
        scratch: Memory for weights, see `core.inference.graph_file.GraphFile.weights`.

    Returns:
        (k, rows, columns, channels).
    """
    gradients = {tail.logits: seeds}
    for step in reversed(tail.steps):
        gradient = gradients.pop(step.output)
        if step.ceiling is not None:
            out = values[step.output]
            gradient = gradient.reshape(-1, *out.shape[1:]) * ((out > 0) & (out < step.ceiling))
        if step.kind == "MUL":
            handed = _to_factors(gradient, [values[each] for each in step.inputs])
        else:
            handed = [_below(step, gradient, values, scratch)] * len(step.inputs)
        for each, below in zip(step.inputs, handed, strict=True):
            gradients[each] = gradients[each] + below if each in gradients else below
    return gradients[tail.features]


def _to_factors(gradient: Array, factors: list[Array]) -> list[Array]:
    """Hand the gradient of a product on to both factors; one that has a single value a channel gets the sum."""
    first, second = (gradient * other for other in reversed(factors))
    return [
        each.sum(axis=(1, 2), keepdims=True) if factor.shape[1:3] == (1, 1) else each
        for each, factor in zip((first, second), factors, strict=True)
    ]


def _below(step: GradientStep, gradient: Array, values: Mapping[int, Array], scratch: Array | None) -> Array:
    """Hand a gradient, (k, ...), on to a step's inputs."""
    shape = (len(gradient), *step.shape)
    if step.kind == "ADD":
        return gradient
    if step.kind == "RESHAPE":
        return gradient.reshape(shape)
    if step.kind == "MEAN":
        rows, columns, channels = step.shape
        each = gradient.reshape(len(gradient), 1, 1, channels) / (rows * columns)
        return np.broadcast_to(each, (len(gradient), rows, columns, channels))
    if step.kind == "LOGISTIC":
        out = values[step.output]
        return gradient * (out * (1 - out))
    if step.kind == "FULLY_CONNECTED" or (step.kind == "CONV_2D" and step.window == step.stride == (1, 1)):
        return _times(gradient, step.weights(scratch)).reshape(shape)
    return _spread(step, gradient, values, scratch)


def _times(gradient: Array, weights: Array) -> Array:
    """Multiply a gradient, (..., outputs), by weights, (outputs, ..., inputs): one product, not one for each row."""
    outputs = weights.shape[0]
    flat = gradient.reshape(-1, outputs) @ weights.reshape(outputs, -1)
    return np.asarray(flat).reshape(*gradient.shape[:-1], -1)


def _spread(step: GradientStep, gradient: Array, values: Mapping[int, Array], scratch: Array | None) -> Array:
    """Hand a gradient through a window that slides over its input: add up what each place in the window gets."""
    rows, columns, channels = step.shape
    out_rows, out_columns = gradient.shape[1:3]
    (top, down), (left, across) = (
        _padding(size, window, stride, number, step.same)
        for size, window, stride, number in zip(
            (rows, columns), step.window, step.stride, (out_rows, out_columns), strict=True
        )
    )
    if step.kind == "DEPTHWISE_CONV_2D":
        return _through_depthwise(step, gradient, step.weights(scratch)[0], top, left)
    spread = np.zeros((len(gradient), rows + top + down, columns + left + across, channels), np.float32)
    pooled, weights = None, np.empty(0, np.float32)
    if step.kind == "MAX_POOL_2D":
        pooled = np.pad(
            values[step.inputs[0]], ((0, 0), (top, down), (left, across), (0, 0)), constant_values=-np.inf
        )  # fmt: skip
    else:
        weights = step.weights(scratch)
    for y in range(step.window[0]):
        for x in range(step.window[1]):
            place = (
                slice(None), slice(y, y + step.stride[0] * out_rows, step.stride[0]),
                slice(x, x + step.stride[1] * out_columns, step.stride[1]),
            )  # fmt: skip
            if pooled is not None:
                spread[place] += gradient * (pooled[place] == values[step.output])
            else:
                spread[place] += _times(gradient, weights[:, y, x])
    return spread[:, top : top + rows, left : left + columns]


def _through_depthwise(step: GradientStep, gradient: Array, weights: Array, top: int, left: int) -> Array:
    """Hand a gradient through a depthwise convolution: the same with its window turned round, in one call.

    Each call that lets another thread run costs more than this one computes: on a busy server the loop over the window
    took a third of the time of a visitor's whole run.
    """
    (height, width), (rows, columns, channels) = step.window, step.shape
    down, across = (each * (number - 1) + 1 for each, number in zip(step.stride, gradient.shape[1:3], strict=True))
    wide = np.zeros((len(gradient), rows + height - 1, columns + width - 1, channels), np.float32)
    first, start = height - 1 - top, width - 1 - left
    wide[:, first : first + down : step.stride[0], start : start + across : step.stride[1]] = gradient
    windows = np.lib.stride_tricks.sliding_window_view(wide, step.window, axis=(1, 2))
    turned = np.ascontiguousarray(weights[::-1, ::-1])
    return np.asarray(np.einsum("krcfyx,yxf->krcf", windows, turned))


def _padding(size: int, window: int, stride: int, number: int, same: bool) -> tuple[int, int]:
    """Cells added before and after one axis so that `number` windows fit; as TensorFlow pads."""
    missing = max((number - 1) * stride + window - size, 0)
    return (missing // 2, missing - missing // 2) if same else (0, 0)
