import keras
import numpy as np
import pytest
from keras import layers

from core.errors import UserError
from core.explain.gradcam import Reference

IMAGES = np.random.default_rng(0).random((2, 8, 10, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    inputs = layers.Input((8, 10, 3))
    x = layers.Conv2D(4, 3, activation="relu", name="early")(inputs)
    x = layers.Conv2D(5, 3, activation="relu", name="late")(x)
    return keras.Model(inputs, layers.Dense(7, activation="softmax")(layers.GlobalAveragePooling2D()(x)), name="net")


def test_the_last_convolution_is_explained_unless_another_layer_is_named(model: keras.Model) -> None:
    assert Reference(model).layer == "late"
    assert Reference(model).cams(IMAGES, np.array([1, 4])).shape == (2, 4, 6)
    assert Reference(model, "early").cams(IMAGES, np.array([1, 4])).shape == (2, 6, 8)


def test_behind_a_global_mean_it_is_the_class_activation_map(model: keras.Model) -> None:
    features = keras.Model(model.input, model.get_layer("late").output).predict_on_batch(IMAGES)
    weights = model.layers[-1].get_weights()[0]
    cams = Reference(model).cams(IMAGES, np.array([1, 4]))
    for cam, maps, dx in zip(cams, features, (1, 4), strict=True):
        expected = np.maximum(maps @ weights[:, dx], 0) / maps[..., 0].size
        np.testing.assert_allclose(cam, expected, rtol=1e-3, atol=1e-7)
    assert (cams >= 0).all() and cams.max() > 0


def test_a_layer_without_feature_maps_is_refused_with_those_that_have_some(model: keras.Model) -> None:
    with pytest.raises(UserError, match=r"net has no layer 'dense' with feature maps; it has .*early, late"):
        Reference(model, "dense")
