"""The last layers of an exported graph, from the features before the last stride to the logits.

LiteRT computes no gradients. The file of a graph names its operations and holds their weights, so
`core.inference.layer_cam` computes the gradient of these few layers itself: the graph stays as it was exported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from mmap import mmap
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from core.inference.graph_file import Array, GraphFile, Operation

STRIDED = ("CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D")
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
KINDS = (*STRIDED, "FULLY_CONNECTED", "ADD", "MEAN", "RESHAPE", "LOGISTIC", "MUL")
"""LOGISTIC and MUL are what swish and squeeze-and-excite consist of."""
CEILINGS = {
    schema.ActivationFunctionType.NONE: None, schema.ActivationFunctionType.RELU: np.inf,
    schema.ActivationFunctionType.RELU6: 6.0,
}  # fmt: skip
"""Up to which output an activation hands the gradient on; None: everywhere."""
MOST_WEIGHTS = 5_000_000
"""With more weights behind the last stride, the gradient takes too long to be computed while somebody waits."""


@dataclass(frozen=True)
class GradientStep:
    """One operation behind the features.

    Attributes:
        kind: One of KINDS.
        inputs: Tensors that the gradient goes on to; weights are not among them.
        output: Tensor that it comes from.
        shape: Of the first input, without the axis of images.
        ceiling: Of CEILINGS: the gradient passes where the output is above 0 and below this; everywhere if None.
        stride: In rows and columns.
        window: (height, width) of a convolution or pooling.
        same: Whether the border is padded.
        weights: Returns the weights, (outputs, height, width, inputs), or (outputs, inputs) of a dense layer; converted
            each time, for all of a network's would take 10 MB and more. Takes memory for them, see `GraphFile.weights`.
    """

    kind: str
    inputs: tuple[int, ...]
    output: int
    shape: tuple[int, ...]
    ceiling: float | None
    stride: tuple[int, int]
    window: tuple[int, int]
    same: bool
    weights: Callable[[Array | None], Array]


@dataclass(frozen=True)
class Tail:
    """The layers behind the last stride.

    Attributes:
        features: Tensor before the last stride.
        logits: Tensor that softmax sees.
        classes: Number of logits.
        steps: In the order in which they run.
        kept: Tensors whose values the gradient depends on, `features` first.
    """

    features: int
    logits: int
    classes: int
    steps: tuple[GradientStep, ...]
    kept: tuple[int, ...]


class _UnsupportedError(Exception):
    """The gradient can't be computed."""


def read_tail(graph: bytes | mmap) -> Tail | None:
    """Find the layers behind the last stride.

    Args:
        graph: A .tflite file's bytes, as `core.release.export` writes them.

    Returns:
        None if the gradient can't be computed: an operation isn't one of KINDS, values reach the logits on a way past
        the features, or there are more than MOST_WEIGHTS.

    Example:
        >>> from core.config import TRAINED_MODELS
        >>> tail = read_tail((TRAINED_MODELS / "baseline_cnn" / "model.tflite").read_bytes())
        >>> [step.kind for step in tail.steps]
        ['MAX_POOL_2D', 'RESHAPE', 'FULLY_CONNECTED', 'FULLY_CONNECTED']
    """
    try:
        return _tail(GraphFile(graph))
    except _UnsupportedError:
        return None


def _tail(file: GraphFile) -> Tail:
    softmax = [op for op in file.operations if op.name == "SOFTMAX"]
    _require(len(softmax) == 1)
    logits = softmax[0].inputs[0]
    strided = [op for op in _before(file, logits) if op.name in STRIDED and max(_stride(op)) > 1]
    _require(bool(strided))
    features = strided[-1].inputs[0]
    operations = _before(file, logits, features)
    _require(sum(int(np.prod(file.shape(op.inputs[1]))) for op in operations if op.name in WEIGHTED) <= MOST_WEIGHTS)
    steps = tuple(_step(file, op) for op in operations)
    kept = [features, *(step.output for step in steps if step.ceiling is not None)]
    for step in steps:
        kept += step.inputs if step.kind in ("MAX_POOL_2D", "MUL") else []
        kept += [step.output] if step.kind in ("MAX_POOL_2D", "LOGISTIC") else []
    return Tail(features, logits, file.shape(logits)[-1], steps, tuple(dict.fromkeys(kept)))


def _before(file: GraphFile, tensor: int, features: int | None = None) -> list[Operation]:
    """List the operations that a tensor depends on, in order: all of them, or those behind the features."""
    start = -1 if features is None else file.made_by.get(features, -1)
    found: set[int] = set()
    waiting = [tensor]
    while waiting:
        at = file.made_by.get(waiting.pop(), -1)
        if at == start or at in found:
            continue
        _require(at > start)  # else values reach the tensor on a way past the features
        found.add(at)
        waiting += _inputs(file, file.operations[at])
    return [file.operations[at] for at in sorted(found)]


def _inputs(file: GraphFile, op: Operation) -> tuple[int, ...]:
    return tuple(each for each in op.inputs if each >= 0 and not file.is_weight(each))


def _stride(op: Operation) -> tuple[int, int]:
    return int(op.options.StrideH()), int(op.options.StrideW())


def _step(file: GraphFile, op: Operation) -> GradientStep:
    """Describe one operation; one that the gradient can't pass raises."""
    inputs = _inputs(file, op)
    _require(op.name in KINDS and bool(inputs))
    shape, out = file.shape(inputs[0]), file.shape(op.output)
    if op.name == "MEAN":
        _require(len(shape) == 4 and (len(out) == 2 or out[1:3] == (1, 1)))
    if op.name == "ADD":
        _require(len(inputs) == 2 and shape == file.shape(inputs[1]))
    if op.name == "MUL":
        _require(len(inputs) == 2 and all(_fits(file.shape(each), out) for each in inputs))
    weights = op.inputs[1] if op.name in WEIGHTED else -1
    if op.name in WEIGHTED:
        _require(len(inputs) == 1 and file.is_weight(weights))
    activation = op.options.FusedActivationFunction() if op.options else schema.ActivationFunctionType.NONE
    _require(activation in CEILINGS)
    stride, same = (_stride(op), op.options.Padding() == schema.Padding.SAME) if op.name in STRIDED else ((1, 1), False)
    return GradientStep(
        op.name, inputs, op.output, shape[1:], CEILINGS[activation], stride, _window(file, op), same,
        lambda scratch: file.weights(weights, scratch),
    )  # fmt: skip


def _fits(factor: tuple[int, ...], product: tuple[int, ...]) -> bool:
    """Whether a factor has the product's shape, or one value a channel."""
    return factor == product or (len(factor) == len(product) == 4 and factor == (1, 1, 1, product[3]))


def _window(file: GraphFile, op: Operation) -> tuple[int, int]:
    if op.name == "MAX_POOL_2D":
        return int(op.options.FilterHeight()), int(op.options.FilterWidth())
    if op.name not in STRIDED:
        return 1, 1
    _require(op.options.DilationHFactor() == op.options.DilationWFactor() == 1)
    height, width = file.shape(op.inputs[1])[1:3]
    return height, width


def _require(holds: Any) -> None:
    if not holds:
        raise _UnsupportedError
