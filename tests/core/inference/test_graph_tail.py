"""Which layers stand behind the last stride, and for which graphs the gradient can't be computed."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import keras
import numpy as np
import pytest
from keras import layers

from core.config import TRAINED_MODELS
from core.inference import graph_tail
from core.inference.graph_file import GraphFile, Operation
from core.inference.graph_tail import read_tail
from core.inference.model import read_export
from core.models.cam_heads import with_cams
from core.models.litert import convert


def exported(name: str) -> bytes:
    return read_export(TRAINED_MODELS / name)


def build(*middle: layers.Layer) -> bytes:
    inputs = layers.Input((16, 16, 3), name="image")
    x = layers.Conv2D(4, 3, 2, padding="same", activation="relu")(inputs)
    for layer in middle:
        x = layer(x)
    x = layers.GlobalAveragePooling2D()(x)
    return convert(with_cams(keras.Model(inputs, layers.Dense(7, activation="softmax")(x), name="small")))


def test_efficientnet_lite_is_explained_before_its_last_stride() -> None:
    graph = exported("efficientnet_lite0")
    tail = read_tail(graph)
    assert tail is not None
    assert GraphFile(graph).shape(tail.features) == (1, 11, 14, 672)
    assert tail.steps[0].kind == "DEPTHWISE_CONV_2D" and tail.steps[0].stride == (2, 2)
    assert [step.kind for step in tail.steps].count("ADD") == 3
    assert tail.kept[0] == tail.features and tail.classes == 7


def test_too_many_weights_are_refused() -> None:
    assert read_tail(exported("custom_cnn")) is None


def test_the_limit_counts_the_weights_behind_the_features(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = exported("baseline_cnn")
    weights = 4096 * 512 + 512 * 7
    monkeypatch.setattr(graph_tail, "MOST_WEIGHTS", weights)
    assert read_tail(graph) is not None
    monkeypatch.setattr(graph_tail, "MOST_WEIGHTS", weights - 1)
    assert read_tail(graph) is None


@pytest.mark.parametrize(
    "middle",
    [
        lambda: [layers.Conv2D(4, 3, 2, activation="tanh")],
        lambda: [layers.Conv2D(4, 3, 2, padding="same"), layers.Conv2D(4, 3, padding="same", activation="elu")],
        lambda: [layers.Conv2D(4, 3, 2, padding="same"), layers.Conv2D(4, 3, padding="same", dilation_rate=2)],
    ],
)
def test_operations_without_a_gradient_here_are_refused(middle: Callable[[], list[layers.Layer]]) -> None:
    assert read_tail(build(*middle())) is None


def test_without_a_stride_there_is_no_finer_grid() -> None:
    inputs = layers.Input((16, 16, 3), name="image")
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, activation="relu")(inputs))
    model = keras.Model(inputs, layers.Dense(7, activation="softmax")(x), name="flat")
    assert read_tail(convert(with_cams(model))) is None


@pytest.mark.parametrize("past", [True, False])
def test_a_way_past_the_features_is_refused(past: bool) -> None:
    """Image 0, features 2, logits 4; the sum takes the features, or what stands before them."""
    operations = [
        Operation("CONV_2D", (0, -1), 1, None), Operation("CONV_2D", (1, -1), 2, None),
        Operation("CONV_2D", (2, -1), 3, None), Operation("ADD", (3, 1 if past else 2), 4, None),
    ]  # fmt: skip
    made_by = {each.output: at for at, each in enumerate(operations)}
    file = cast(GraphFile, SimpleNamespace(operations=operations, made_by=made_by, is_weight=lambda _: False))
    if past:
        with pytest.raises(graph_tail._UnsupportedError):
            graph_tail._before(file, 4, features=2)
    else:
        assert graph_tail._before(file, 4, features=2) == operations[2:]


def test_weights_are_converted_each_time_into_the_memory_that_is_given() -> None:
    tail = read_tail(exported("baseline_cnn"))
    assert tail is not None
    step = tail.steps[-1]
    memory = np.empty(512 * 7, np.float32)
    held = step.weights(memory)
    assert held.shape == (7, 512) and np.shares_memory(held, memory)
    fresh = step.weights(None)
    assert fresh is not step.weights(None) and fresh.dtype == np.float32
    np.testing.assert_array_equal(held, fresh)
