"""LayerCAM from the exported graph equals that of Keras' own gradient; an ensemble's is the mean of its members'."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import keras
import numpy as np
import pytest
from keras import layers

from core.errors import UserError
from core.inference import layer_cam as module
from core.inference.graph_tail import read_tail
from core.inference.heatmaps import mean_heatmaps
from core.inference.layer_cam import Evidence, gradient_at_features, layer_cam
from core.inference.pool import Pool
from core.models.cam_heads import with_cams
from core.models.litert import convert
from core.models.registry import get_model
from tests.core.models.test_cam_heads import randomised

ORDER = tuple(range(7))


def evidence(graph: bytes, image: np.ndarray, order: tuple[int, ...] = ORDER) -> Evidence:
    pool = Pool(graph, 1)
    assert pool.tail is not None
    return Evidence(pool.tail, pool.run_and_keep(image, keep=pool.tail.kept)[1], order)


def expected(model: keras.Model, layer: str, image: np.ndarray) -> np.ndarray:
    """Each class's LayerCAM by TensorFlow's own gradient, (rows, columns, 7)."""
    import tensorflow as tf

    head = model.layers[-1]
    whole = keras.Model(model.input, [model.get_layer(layer).output, head.input])
    with tf.GradientTape(persistent=True) as tape:
        features, seen = whole(image, training=False)
        logits = tf.unstack((tf.linalg.matmul(seen, tf.convert_to_tensor(head.kernel)) + head.bias)[0])
    gradients = [np.asarray(tape.gradient(logit, features)) for logit in logits]
    found = [np.maximum((np.maximum(each, 0) * np.asarray(features))[0].sum(-1), 0) for each in gradients]
    return np.stack(found, axis=-1)


def small(kind: str) -> tuple[keras.Model, str]:
    inputs = layers.Input((17, 22, 3), name="image")
    x = layers.Conv2D(6, 3, 2, padding="same", activation="relu")(inputs)
    x = layers.ReLU(6.0, name="features")(layers.Conv2D(8, 3, padding="same")(x))
    if kind == "convolutions":
        x = layers.Conv2D(8, 3, 2, padding="same", activation="relu")(x)
        x = layers.Add()([x, layers.Conv2D(8, (3, 1), padding="same")(x)])
        x = layers.Conv2D(8, 2, padding="valid", activation="relu")(x)
    elif kind == "depthwise":
        x = layers.DepthwiseConv2D(5, 2, padding="same")(x)
        x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
        x = layers.DepthwiseConv2D(3, padding="valid", activation="relu")(x)
    elif kind == "squeeze-and-excite":
        x = layers.DepthwiseConv2D(3, 2, padding="same", activation="swish")(x)
        squeezed = layers.Reshape((1, 1, 8))(layers.GlobalAveragePooling2D()(x))
        squeezed = layers.Conv2D(3, 1, activation="swish")(squeezed)
        x = layers.Multiply()([x, layers.Conv2D(8, 1, activation="sigmoid")(squeezed)])
        x = layers.Conv2D(8, 1, activation="swish")(x)
    else:
        x = layers.MaxPooling2D(2)(x)
        x = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
        x = layers.Dense(9, activation="relu")(layers.Flatten()(x))
    x = x if kind == "pooling" else layers.GlobalAveragePooling2D()(x)
    return randomised(keras.Model(inputs, layers.Dense(7, activation="softmax")(x), name="small")), "features"


@pytest.mark.parametrize("kind", ["convolutions", "depthwise", "squeeze-and-excite", "pooling"])
def test_equals_the_gradient_of_keras_for_every_operation(kind: str) -> None:
    model, layer = small(kind)
    image = np.random.default_rng(2).normal(0, 1, (1, 17, 22, 3)).astype(np.float32)
    found = evidence(convert(with_cams(model), "float32"), image).heatmaps(ORDER)
    reference = expected(model, layer, image)
    assert reference.max() > 0
    np.testing.assert_allclose(found, reference, rtol=1e-3, atol=1e-5 * reference.max())


@pytest.mark.parametrize(
    ("name", "layer"),
    [("efficientnet_lite0", "stage6_block1_expand_relu6"), ("efficientnetb0", "block6a_expand_activation")],
)
def test_equals_the_gradient_of_keras_for_efficientnets_at_their_real_size(name: str, layer: str) -> None:
    spec = get_model(name)
    keras.utils.set_random_seed(0)
    model = randomised(spec.build(spec.input_size, 7))
    image = np.random.default_rng(1).uniform(0, 255, (1, *spec.input_size, 3)).astype(np.float32)
    found = evidence(convert(with_cams(model), "float32"), image).heatmaps(ORDER)
    reference = expected(model, layer, image)
    assert found.shape == (11, 14, 7)
    # Not element by element: a value within float's error of a ReLU6's ends counts on one side or the other.
    assert np.linalg.norm(found - reference) < 0.01 * np.linalg.norm(reference)


@pytest.fixture(scope="module")
def shown() -> Evidence:
    model, _ = small("depthwise")
    image = np.random.default_rng(2).normal(0, 1, (1, 17, 22, 3)).astype(np.float32)
    return evidence(convert(with_cams(model), "float32"), image)


def test_classes_come_in_the_order_asked_for(shown: Evidence) -> None:
    every = shown.heatmaps(ORDER)
    np.testing.assert_allclose(shown.heatmaps([5, 2]), every[..., [5, 2]], rtol=1e-5)
    turned = Evidence(shown.tail, shown.values, tuple(reversed(ORDER)))
    np.testing.assert_allclose(turned.heatmaps(ORDER), every[..., ::-1], rtol=1e-5)


def test_weighted_logits_have_the_weighted_gradient(shown: Evidence) -> None:
    one, two, both = gradient_at_features(
        shown.tail, shown.values, np.array([[1, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0], [2, -1, 0, 0, 0, 0, 0]], "f4")
    )
    np.testing.assert_allclose(both, 2 * one - two, atol=1e-5)


def test_an_ensemble_averages_its_members(shown: Evidence) -> None:
    np.testing.assert_array_equal(layer_cam([shown], [3]), shown.heatmaps([3]))
    other = Evidence(shown.tail, shown.values, tuple(reversed(ORDER)))
    found = layer_cam([shown, other], [1, 3])
    np.testing.assert_allclose(found, mean_heatmaps([shown.heatmaps([1, 3]), other.heatmaps([1, 3])]))


def test_a_server_that_stays_busy_says_so(shown: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.01)
    for _ in range(module.SIZE):
        module._turns.acquire()
    try:
        with pytest.raises(UserError, match="busy"):
            shown.heatmaps([0])
    finally:
        for _ in range(module.SIZE):
            module._turns.release()
    assert shown.heatmaps([0]).shape == (*shown.values[shown.tail.features].shape[1:3], 1)


def test_turns_share_memory_for_weights_and_leave_none_behind(shown: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_scratch", [])
    seeds = np.eye(7, dtype=np.float32)
    gradient = np.maximum(gradient_at_features(shown.tail, shown.values, seeds), 0)
    expected = np.einsum("krcf,rcf->rck", gradient, shown.values[shown.tail.features][0])
    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(shown.heatmaps, [ORDER] * 8):
            np.testing.assert_array_equal(found, expected)
    assert 1 <= len(module._scratch) <= module.SIZE
    assert all(each.size == module.SCRATCH for each in module._scratch)


def test_without_a_tail_a_pool_keeps_nothing() -> None:
    inputs = layers.Input((8, 8, 3), name="image")
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3, activation="relu")(inputs))
    graph = convert(with_cams(keras.Model(inputs, layers.Dense(7, activation="softmax")(x), name="flat")))
    assert read_tail(graph) is None and Pool(graph, 1).tail is None


class Member:
    """Stands for a member's evidence; waits until it is let."""

    def __init__(self, value: float, free: Event) -> None:
        self.value, self.free = value, free

    def heatmaps(self, classes: list[int]) -> np.ndarray:
        self.free.wait(5)
        return np.full((2, 2, len(classes)), self.value, np.float32)


def test_members_keep_their_order_on_two_threads_and_a_late_one_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    open_, shut = Event(), Event()
    open_.set()
    found = module._each([Member(i, open_) for i in range(5)], [0, 1])
    assert [each.mean() for each in found] == [0, 1, 2, 3, 4] and found[0].shape == (2, 2, 2)
    monkeypatch.setattr(module, "TIMEOUT", 0.01)
    with pytest.raises(UserError, match="busy"):
        module._each([Member(0, open_), Member(1, shut)], [0])
    shut.set()
