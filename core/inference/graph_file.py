"""What stands in a .tflite file: operations, tensors, weights; and a graph that also returns inner tensors.

Source: https://github.com/google-ai-edge/LiteRT/blob/main/tflite/converter/schema/schema.fbs
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

Array = NDArray[np.float32]
OPTIONS: dict[str, Any] = {
    "CONV_2D": schema.Conv2DOptions, "DEPTHWISE_CONV_2D": schema.DepthwiseConv2DOptions,
    "MAX_POOL_2D": schema.Pool2DOptions, "FULLY_CONNECTED": schema.FullyConnectedOptions, "ADD": schema.AddOptions,
    "MUL": schema.MulOptions,
}  # fmt: skip
TYPES = {
    schema.TensorType.FLOAT32: np.float32, schema.TensorType.FLOAT16: np.float16, schema.TensorType.INT8: np.int8,
}  # fmt: skip
NAMES = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
OUTPUTS_SLOT = 8
"""Where a subgraph's table notes its list of outputs, the third of its fields."""


@dataclass(frozen=True)
class Operation:
    """One operation of a graph.

    Attributes:
        name: In the schema, such as "CONV_2D".
        inputs: Tensors; -1 where an optional one is left out.
        output: Its first output.
        options: Of the schema's type in OPTIONS; None for other operations.
    """

    name: str
    inputs: tuple[int, ...]
    output: int
    options: Any


class GraphFile:
    """The first subgraph of a .tflite file.

    Attributes:
        operations: In the order in which they run.

    Example:
        >>> from core.config import TRAINED_MODELS
        >>> file = GraphFile((TRAINED_MODELS / "baseline_cnn" / "model.tflite").read_bytes())
        >>> softmax = file.operations[-1]
        >>> softmax.name, file.shape(softmax.output)
        ('SOFTMAX', (1, 7))
    """

    def __init__(self, graph: bytes | mmap.mmap) -> None:
        """Open a file's bytes, which must be a graph."""
        self._model: Any = schema.Model.GetRootAs(graph, 0)
        self._graph: Any = self._model.Subgraphs(0)
        self.operations = [self._operation(self._graph.Operators(i)) for i in range(self._graph.OperatorsLength())]

    @cached_property
    def made_by(self) -> dict[int, int]:
        """Position of the operation that computes each tensor."""
        return {each.output: at for at, each in enumerate(self.operations)}

    def _operation(self, op: Any) -> Operation:
        code = self._model.OperatorCodes(op.OpcodeIndex())
        name = NAMES.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()), "")
        options = None
        if name in OPTIONS:
            options = OPTIONS[name]()
            options.Init(op.BuiltinOptions().Bytes, op.BuiltinOptions().Pos)
        inputs = tuple(int(op.Inputs(i)) for i in range(op.InputsLength()))
        return Operation(name, inputs, int(op.Outputs(0)), options)

    def shape(self, tensor: int) -> tuple[int, ...]:
        """Shape of a tensor; a scalar's is empty."""
        found = self._graph.Tensors(tensor)
        return tuple(int(found.Shape(i)) for i in range(found.ShapeLength()))

    def is_weight(self, tensor: int) -> bool:
        """Whether a tensor's values stand in the file, as float16 or as they are."""
        if tensor in self.made_by:
            op = self.operations[self.made_by[tensor]]
            return op.name == "DEQUANTIZE" and self.is_weight(op.inputs[0])
        return bool(self._model.Buffers(self._graph.Tensors(tensor).Buffer()).DataLength())

    def weights(self, tensor: int, scratch: Array | None = None) -> Array:
        """Values of a tensor for which `is_weight` holds, as float32.

        Args:
            tensor: The tensor.
            scratch: (n,), where converted values may be put: new memory would take longer than the conversion. They
                are lost when it is used again.

        Raises:
            KeyError: They are of a type that no export uses.
        """
        if tensor in self.made_by:
            return self.weights(self.operations[self.made_by[tensor]].inputs[0], scratch)
        found = self._graph.Tensors(tensor)
        data = self._model.Buffers(found.Buffer()).DataAsNumpy()
        stored = data.view(TYPES[found.Type()]).reshape(self.shape(tensor))
        if found.Type() == schema.TensorType.FLOAT16:
            return _from_float16(stored, scratch)
        values: Array = stored.astype(np.float32, copy=False)
        if found.Type() != schema.TensorType.INT8:
            return values
        scale, axis = found.Quantization().ScaleAsNumpy(), found.Quantization().QuantizedDimension()
        values *= scale.reshape([-1 if i == axis else 1 for i in range(values.ndim)])
        return values


def _from_float16(values: NDArray[np.float16], scratch: Array | None = None) -> Array:
    """Convert values, exactly; OpenCV takes an eighth of NumPy's time."""
    place = scratch[None, : values.size] if scratch is not None and values.size <= scratch.size else None
    multiply: Any = cv2.multiply  # its types know no numbers
    return np.asarray(multiply(values.reshape(1, -1), 1.0, place, dtype=cv2.CV_32F), np.float32).reshape(values.shape)


def with_outputs(graph: bytes, tensors: tuple[int, ...]) -> bytes:
    """Make a graph return inner tensors too: a longer list of outputs is appended to its file.

    Args:
        graph: A .tflite file's bytes.
        tensors: Tensors to keep; the signature's outputs stay as they are.
    """
    subgraph = schema.Model.GetRootAs(graph, 0).Subgraphs(0)
    field = subgraph._tab.Pos + subgraph._tab.Offset(OUTPUTS_SLOT)
    listed = [int(subgraph.Outputs(i)) for i in range(subgraph.OutputsLength())]
    listed += [each for each in tensors if each not in listed]
    changed = bytearray(graph) + bytes(-len(graph) % 4)
    struct.pack_into("<I", changed, field, len(changed) - field)
    return bytes(changed + struct.pack(f"<{len(listed) + 1}i", len(listed), *listed))
