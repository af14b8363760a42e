"""Open a model file that was made elsewhere (.keras or .tflite) and bring it to a LiteRT graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from core.errors import UserError
from core.inference.adapter import PlainRunner
from core.labels import DX

if TYPE_CHECKING:
    import keras

SUFFIXES = (".keras", ".tflite")
Size = tuple[int, int]


@dataclass(frozen=True)
class Graph:
    """A foreign model as a LiteRT graph.

    Attributes:
        data: The graph.
        size: (height, width) of its input in pixels.
        parameters: Number of its weights.
        heatmaps: Whether it computes heatmaps.
        quantized: Whether its input is whole numbers.
    """

    data: bytes
    size: Size
    parameters: int
    heatmaps: bool
    quantized: bool = False


class Foreign:
    """A model file, loaded.

    Attributes:
        name: File name.
        size: Of its input; None if it takes any.
    """

    def __init__(self, path: Path) -> None:
        """Load the file, a .keras one in Keras' safe mode.

        Raises:
            UserError: It is neither kind of model, can't be loaded, or isn't a classifier of seven classes of images.
        """
        self.name = path.name
        self.size: Size | None
        if path.suffix.lower() not in SUFFIXES:
            raise UserError(f"{path.name} is neither a .keras nor a .tflite file; save your model as one of these.")
        if not path.is_file():
            raise UserError(f"{path} doesn't exist; give the file of a model.")
        self._model: Any = None
        if path.suffix.lower() == ".keras":
            self._model = _load_keras(path)
            height, width = self._model.input_shape[1:3]
            self.size = (height, width) if height and width else None
        else:
            self._graph = _read_graph(path)
            self.size = self._graph.size

    def graph(self, size: Size) -> Graph:
        """Return the model as a graph for images of this size; a model of fixed size ignores it."""
        return self._graph if self._model is None else _convert(self._model, self.size or size, self.size is None)


def _load_keras(path: Path) -> keras.Model:
    import keras

    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # the loader raises a dozen types on files that aren't what it expects
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        if "ambda" in str(error):
            reason = "it holds a Lambda layer, which could run any code"
        raise UserError(f"{path.name} can't be loaded: {reason.rstrip('.')}.") from error
    shapes = getattr(model, "input_shape", None), getattr(model, "output_shape", None)
    if not _is_classifier(*shapes):
        raise UserError(
            f"{path.name} must take RGB images and give {len(DX)} numbers; it maps {shapes[0]} to {shapes[1]}."
        )
    return model


def _is_classifier(given: Any, result: Any) -> bool:
    images = isinstance(given, tuple) and len(given) == 4 and given[3] == 3
    return images and isinstance(result, tuple) and result[1:] == (len(DX),)


def _read_graph(path: Path) -> Graph:
    data = path.read_bytes()
    try:
        interpreter = Interpreter(model_content=data, num_threads=1)
        runner = PlainRunner(interpreter)
    except (ValueError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0][:120]
        raise UserError(
            f"{path.name} isn't a LiteRT model of one RGB image of fixed size, or is cut short: {reason.rstrip('.')}."
        ) from error
    if runner.classes != len(DX):
        raise UserError(f"{path.name} gives {runner.classes} numbers, not one for each of {', '.join(DX)}.")
    whole = not np.issubdtype(interpreter.get_input_details()[0]["dtype"], np.floating)
    return Graph(data, runner.size, _parameters(interpreter), False, whole)


def _parameters(interpreter: Any) -> int:
    """Count the numbers in constant tensors of at least one dimension that aren't shapes or axes."""
    computed = {int(i) for op in interpreter._get_ops_details() for i in op["outputs"]}
    given = {each["index"] for each in interpreter.get_input_details()}
    constant = [
        each for each in interpreter.get_tensor_details()
        if each["index"] not in computed | given and each["dtype"] in (np.float32, np.float16, np.int8)
    ]  # fmt: skip
    return int(sum(np.prod(each["shape"]) for each in constant if len(each["shape"])))


def _convert(model: keras.Model, size: Size, resize: bool) -> Graph:
    import keras

    from core.models.cam_heads import with_cams
    from core.models.litert import convert

    if isinstance(model, keras.Sequential):
        model = _functional(model, size)
    elif resize:  # heatmaps need maps of a known size
        fixed = keras.models.clone_model(model, input_tensors=keras.Input((*size, 3)))
        fixed.set_weights(model.get_weights())
        model = fixed
    try:
        whole, heatmaps = with_cams(model), True
    except UserError:  # no convolution, one inside a nested model, or a head that the closed form doesn't cover
        whole, heatmaps = _without_cams(model), False
    return Graph(convert(whole, "float32"), size, model.count_params(), heatmaps)


def _functional(model: keras.Sequential, size: Size) -> keras.Model:
    """Build the same model with the functional API, which names every layer's output."""
    import keras

    given = keras.Input((*size, 3))
    result = given
    for layer in model.layers:
        result = type(layer).from_config(layer.get_config())(result)
    functional = keras.Model(given, result, name=model.name)
    functional.set_weights(model.get_weights())
    return functional


def _without_cams(model: keras.Model) -> keras.Model:
    import keras
    from keras import ops

    empty = ops.reshape(model.output * 0, (-1, 1, 1, len(DX)))
    outputs = {"probabilities": model.output, "embedding": model.output, "cams": empty}
    return keras.Model(model.input, outputs, name=f"{model.name}_as_it_is")
