"""Variants of a network keep its weights; methods differ in what they weigh; flips leave no side preferred."""

import keras
import numpy as np
import pytest
from keras import Model, layers

from core.errors import UserError
from core.explain.methods import GRADCAM, METHODS, OVER_FLIPS, Heatmapper, Method, variant
from core.models.cam_heads import with_cams

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 24, 32, 3)).astype(np.uint8)
CLASSES = np.array([0, 3, 6])


@pytest.fixture(scope="module")
def model() -> Model:
    """Two strides, and a convolution behind the last one that dilation must widen."""
    keras.utils.set_random_seed(0)
    inputs = layers.Input((24, 32, 3), name="image")
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(6, 3, 2, padding="same", activation="relu", name="conv1")(x)
    x = layers.Conv2D(8, 3, 2, padding="same", activation="relu", name="conv2")(x)
    x = layers.Conv2D(8, 3, padding="same", activation="relu", name="conv3")(x)
    x = layers.GlobalAveragePooling2D(name="embedding")(x)
    return Model(inputs, layers.Dense(7, activation="softmax", name="probabilities")(x), name="tiny")


def test_grad_cam_is_that_of_the_exported_graph(model: Model) -> None:
    out = with_cams(model)(IMAGES.astype(np.float32))
    probabilities, cams = Heatmapper(variant(model, 1.0, False)).predict_and_explain(IMAGES, CLASSES, GRADCAM)
    np.testing.assert_allclose(probabilities, out["probabilities"], atol=1e-5)
    np.testing.assert_allclose(cams, np.asarray(out["cams"])[np.arange(3), ..., CLASSES], atol=1e-5)


def test_a_variant_has_finer_maps_and_the_same_weights(model: Model) -> None:
    dilated, larger = Heatmapper(variant(model, 1.0, True)), Heatmapper(variant(model, 1.5, False))
    assert dilated.size == (24, 32) and larger.size == (36, 48)
    assert dilated.predict_and_explain(IMAGES, CLASSES, GRADCAM)[1].shape == (3, 12, 16)
    for changed in (dilated.model, larger.model):
        for weights, kept in zip(changed.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(weights, kept)
    assert dilated.model.get_layer("conv2").strides == (1, 1)
    assert dilated.model.get_layer("conv2").dilation_rate == (1, 1)
    assert dilated.model.get_layer("conv3").dilation_rate == (2, 2)


def test_dilation_computes_the_same_features_in_between(model: Model) -> None:
    maps = [
        np.asarray(Model(each.input, each.get_layer("conv3").output)(IMAGES.astype(np.float32)))
        for each in (model, variant(model, 1.0, True))
    ]
    np.testing.assert_allclose(maps[1][:, 1::2, 1::2][:, 1:-1, 1:-1], maps[0][:, 1:-1, 1:-1], atol=1e-5)


def test_a_mirrored_image_has_the_mirrored_heatmap_over_flips(model: Model) -> None:
    mapper = Heatmapper(model)
    _, cams = mapper.predict_and_explain(IMAGES, CLASSES, OVER_FLIPS)
    _, mirrored = mapper.predict_and_explain(IMAGES[:, :, ::-1], CLASSES, OVER_FLIPS)
    np.testing.assert_allclose(mirrored[:, :, ::-1], cams, atol=1e-5)
    assert not np.allclose(
        mapper.predict_and_explain(IMAGES[:, :, ::-1], CLASSES, GRADCAM)[1][:, :, ::-1], cams, atol=1e-5
    )


def test_layer_cam_counts_positive_gradients_only(model: Model) -> None:
    mapper = Heatmapper(model)
    maps = np.asarray(Model(model.input, model.get_layer("conv3").output)(IMAGES.astype(np.float32)))
    positive = np.maximum(np.asarray(model.get_layer("probabilities").kernel), 0)[:, CLASSES].T
    expected = np.einsum("nhwk,nk->nhw", maps, positive) / (maps.shape[1] * maps.shape[2])
    np.testing.assert_allclose(
        mapper.predict_and_explain(IMAGES, CLASSES, Method("x", "layercam"))[1], expected, rtol=1e-4
    )
    assert mapper.predict_and_explain(IMAGES, CLASSES, Method("x", "layercam", (1,)))[1].shape == (3, 12, 16)
    assert mapper.predict_and_explain(IMAGES, CLASSES, Method("x", "layercam", (0, 1)))[1].shape == (3, 12, 16)


def test_signed_heatmaps_keep_what_speaks_against(model: Model) -> None:
    mapper = Heatmapper(model)
    signed, plain = (mapper.predict_and_explain(IMAGES, CLASSES, GRADCAM, signed=each)[1] for each in (True, False))
    assert signed.min() < 0
    np.testing.assert_array_equal(np.maximum(signed, 0), plain)


def test_every_method_has_its_own_name_and_a_heatmap(model: Model) -> None:
    assert len({method.name for method in METHODS}) == len(METHODS)
    for method in METHODS:
        mapper = Heatmapper(variant(model, method.scale, method.dilated))
        images = np.repeat(np.repeat(IMAGES, 2, axis=1), 2, axis=2)[:, : mapper.size[0], : mapper.size[1]]
        _, cams = mapper.predict_and_explain(images, CLASSES, method)
        assert len(cams) == 3 and (cams >= 0).all() and np.isfinite(cams).all()


def test_a_head_that_depends_on_the_size_is_refused() -> None:
    inputs = layers.Input((8, 8, 3))
    x = layers.Flatten()(layers.Conv2D(2, 3)(inputs))
    with pytest.raises(UserError, match="no global average pooling"):
        variant(Model(inputs, layers.Dense(7, activation="softmax")(x), name="flat"), 1.5, False)
