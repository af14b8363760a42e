"""Heatmaps in Keras by the app's methods: those that the exported graph gives, also after weights have changed."""

from pathlib import Path

import numpy as np
import pytest
from keras import Model, layers

from core.config import TRAINED_MODELS
from core.data.images import preprocess
from core.errors import UserError
from core.explain.explained import BATCH, before_last_stride, explain_with, predicted_classes
from core.explain.randomization import shuffle
from core.explain.study.explainers import Explainer
from core.inference.heatmaps import METHODS, HeatmapMethod
from core.models.cam_heads import with_cams
from core.models.trained import load_trained


def small(stride: int = 2) -> Model:
    inputs = layers.Input((12, 16, 3))
    x = layers.Conv2D(6, 3, stride, padding="same", activation="relu", name="conv1")(inputs)
    x = layers.Conv2D(5, 3, stride, padding="same", activation="relu", name="conv2")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return Model(inputs, layers.Dense(7, activation="softmax", name="out")(x), name="small")


def noise(n: int, size: tuple[int, int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, *size, 3), np.uint8)


@pytest.mark.parametrize("method", METHODS)
def test_equals_what_the_exported_graph_gives(folder: Path, method: HeatmapMethod) -> None:
    model, images, classes = load_trained(folder), noise(3, (150, 200)), np.array([4, 0, 4])
    found = explain_with(model, method)(np.stack([preprocess(image, (16, 16)) for image in images]), classes)
    served = [Explainer(folder, method=method).explain(image, [dx]) for image, dx in zip(images, classes, strict=True)]
    expected = np.stack([each[..., 0] for each in served])
    assert expected.max() > 0
    np.testing.assert_allclose(np.maximum(found, 0), expected, rtol=0.05, atol=0.02 * expected.max())


def test_layer_cam_stands_where_the_served_one_does() -> None:
    model = load_trained(TRAINED_MODELS / "efficientnet_lite0")
    assert before_last_stride(model) is model.get_layer("stage6_block1_expand_relu6").output
    assert before_last_stride(model).shape[1:3] == (11, 14)


def test_layer_cam_by_hand_where_only_pooling_follows() -> None:
    model, images, classes = small(), noise(4, (12, 16)), np.array([0, 1, 2, 3])
    inner = Model(model.input, [model.get_layer("conv1").output, model.get_layer("conv2").output])
    first, last = (np.asarray(each) for each in inner(images.astype(np.float32)))
    found = explain_with(model, "LayerCAM")(images, classes)
    assert found.shape == first.shape[:3] == (4, 6, 8) and last.shape[1:3] == (3, 4)
    assert (found >= 0).all() and found.any()
    step = 1e-2  # a cell that speaks for the class raises the logit; there the gradient and the map are positive
    kernel, head = np.asarray(model.get_layer("out").kernel), model.get_layer("conv2")
    at = np.unravel_index(found[0].argmax(), found[0].shape)

    def logit(features: np.ndarray) -> float:
        return float(np.asarray(head(features)).mean(axis=(1, 2))[0] @ kernel[:, 0])

    expected = 0.0
    for channel in range(first.shape[-1]):
        more, less = first[:1].copy(), first[:1].copy()
        more[0, at[0], at[1], channel] += step
        less[0, at[0], at[1], channel] -= step
        slope = (logit(more) - logit(less)) / (2 * step)
        expected += max(slope, 0) * first[0, at[0], at[1], channel]
    assert found[0][at] == pytest.approx(expected, rel=0.05)


def test_grad_cam_keeps_what_speaks_against_a_class_and_more_images_than_a_batch() -> None:
    model, images = small(), noise(BATCH + 3, (12, 16))
    classes = predicted_classes(model, images)
    out = with_cams(model, signed=True)(images.astype(np.float32), training=False)
    np.testing.assert_array_equal(classes, np.asarray(out["probabilities"]).argmax(axis=1))
    cams = np.asarray(out["cams"])[np.arange(len(images)), ..., classes]
    np.testing.assert_allclose(explain_with(model, "Grad-CAM")(images, classes), cams, rtol=1e-4, atol=1e-5)
    assert (cams < 0).any()


def test_layer_cam_is_that_of_the_present_weights() -> None:
    model, images, classes = small(), noise(2, (12, 16)), np.array([1, 5])
    explain = explain_with(model, "LayerCAM")
    before = explain(images, classes)
    shuffle(model, np.random.default_rng(3))
    assert not np.allclose(explain(images, classes), before)
    np.testing.assert_allclose(explain(images, classes), explain_with(model, "LayerCAM")(images, classes), rtol=1e-5)


def test_without_a_stride_or_a_convolution_there_is_one_sentence() -> None:
    with pytest.raises(UserError, match="small has no stride, so it has no LayerCAM"):
        explain_with(small(stride=1), "LayerCAM")
    flat = layers.Input((4, 4, 3))
    none = Model(flat, layers.Dense(7, activation="softmax")(layers.Flatten()(flat)), name="flat")
    for method in METHODS:
        with pytest.raises(UserError, match="flat has no"):
            explain_with(none, method)
