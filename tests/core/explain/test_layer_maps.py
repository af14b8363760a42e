import keras
import numpy as np
import pytest
from keras import layers

from core.errors import UserError
from core.explain.gradcam import Reference
from core.explain.layer_maps import METHODS, layer_cams, method_maps, shown_layers

IMAGES = np.random.default_rng(0).random((2, 16, 20, 3)).astype(np.float32)
CLASSES = np.array([1, 4])


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    inputs = layers.Input((16, 20, 3))
    x = layers.Rescaling(1.0)(inputs)
    for i in (1, 2, 3):
        x = layers.ZeroPadding2D(1)(x)
        x = layers.Conv2D(6, 3, activation="relu", name=f"conv{i}")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(8, activation="relu")(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(7, activation="softmax")(x))


def test_one_layer_a_size_without_pooling_padding_and_scaling(model):
    assert [layer.name for layer in shown_layers(model)] == ["conv1", "conv2", "conv3"]
    assert [layer.name for layer in shown_layers(model, most=2)] == ["conv2", "conv3"]


@pytest.mark.parametrize("layer", ["conv1", "conv2", "conv3"])
def test_every_layer_equals_tf_keras_vis(model, layer):
    expected = Reference(model, layer).cams(IMAGES, CLASSES)
    np.testing.assert_allclose(layer_cams(model, IMAGES, CLASSES)[layer], expected, rtol=1e-3, atol=1e-6)
    assert np.max(expected) > 0


def test_the_layer_is_found_or_named(model):
    assert Reference(model).layer == "conv3"
    with pytest.raises(UserError, match="has no layer 'dense' with feature maps; it has"):
        Reference(model, "dense")


def test_other_methods_give_one_map_an_image(model):
    maps = method_maps(model, IMAGES, CLASSES, seed=1)
    assert tuple(maps) == METHODS
    assert [each.shape for each in maps.values()] == [(2, 4, 5), (2, 16, 20), (2, 16, 20)]
    assert all(each.min() >= 0 and each.max() > 0 for each in maps.values())
    assert not np.allclose(maps["Saliency"], maps["SmoothGrad"])
    np.testing.assert_array_equal(method_maps(model, IMAGES, CLASSES, seed=1)["SmoothGrad"], maps["SmoothGrad"])


def test_no_convolution_is_one_sentence():
    flat = keras.Sequential([layers.Input((4, 4, 3)), layers.Flatten(), layers.Dense(7)], name="flat")
    with pytest.raises(UserError, match="flat has no convolution"):
        shown_layers(flat)
