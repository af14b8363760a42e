import keras
import numpy as np
import pytest
from keras import layers

from core.errors import UserError
from core.explain.gradcam import Reference
from core.models.cam_heads import find_head, last_features, with_cams
from core.models.registry import get_model


def randomised(model: keras.Model, seed: int = 0) -> keras.Model:
    """Give every weight a value that it would not have at the start (biases, BatchNorm statistics)."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        noise = rng.normal(0, 0.1, variable.shape)
        variable.assign(
            np.abs(np.asarray(variable)) + 0.1 * abs(noise) if "variance" in variable.path else variable + noise
        )
    return model


def small(*head: layers.Layer) -> keras.Model:
    inputs = layers.Input((16, 20, 3))
    x = layers.Conv2D(5, 3, padding="same", name="conv1")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU(6.0, name="features")(x)
    for layer in head:
        x = layer(x)
    return randomised(keras.Model(inputs, layers.Dense(7, activation="softmax")(x)))


HEADS = {
    "global average": lambda: [layers.GlobalAveragePooling2D()],
    "global maximum, hidden": lambda: [layers.GlobalMaxPooling2D(), layers.Dense(8, activation="relu")],
    "pooled twice": lambda: [layers.MaxPooling2D(3, 2, padding="same"), layers.GlobalAveragePooling2D()],
    "flatten": lambda: [layers.Dropout(0.2), layers.Flatten()],
    "pool, flatten, two hidden": lambda: [
        layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(16, activation="relu"),
        layers.Dropout(0.5), layers.Dense(8, activation="relu"),
    ],
}  # fmt: skip


def check_equal(model: keras.Model, images: np.ndarray) -> None:
    out = with_cams(model)(images.astype(np.float32), training=False)
    vis = Reference(model)
    cams = np.asarray(out["cams"])
    reference = np.stack([vis.cams(images, np.full(len(images), c)) for c in range(7)], axis=-1)
    assert cams.shape == reference.shape
    assert cams.min() >= 0
    assert reference.max() > 0
    np.testing.assert_allclose(cams, reference, rtol=1e-3, atol=1e-5 * reference.max())
    np.testing.assert_allclose(out["probabilities"], model(images.astype(np.float32), training=False), atol=1e-6)


@pytest.mark.parametrize("head", HEADS)
def test_equals_tf_keras_vis_for_every_kind_of_head(head):
    images = np.random.default_rng(1).integers(0, 256, (3, 16, 20, 3))
    check_equal(small(*HEADS[head]()), images / 255)


@pytest.mark.parametrize(("name", "layer"), [("baseline_cnn", "conv3"), ("efficientnet_lite0", "top_relu6")])
def test_equals_tf_keras_vis_for_both_models_at_their_real_size(name, layer):
    spec = get_model(name)
    model = randomised(spec.build(spec.input_size, 7))
    assert last_features(model).name == layer
    images = np.random.default_rng(1).integers(0, 256, (1, *spec.input_size, 3))
    check_equal(model, images)


def test_embedding_is_what_the_last_dense_layer_sees():
    model = small(layers.Flatten(), layers.Dense(8, activation="relu", name="hidden"), layers.Dropout(0.5))
    assert find_head(model).embedding.name == "hidden"
    assert with_cams(model).output["embedding"].shape == (None, 8)


@pytest.mark.parametrize(
    ("head", "named"),
    [
        ([layers.GlobalAveragePooling2D(), layers.Dense(8, activation="tanh", name="bent")], "bent"),
        ([layers.Flatten(), layers.LayerNormalization(name="normal")], "normal"),
        ([layers.Reshape((1600,), name="reshape")], "reshape"),
    ],
)
def test_another_head_is_refused_by_name(head, named):
    with pytest.raises(UserError, match=named):
        find_head(small(*head))


def test_a_model_without_convolution_is_refused():
    model = keras.Sequential([layers.Input((4, 4, 3)), layers.Flatten(), layers.Dense(7)], name="flat")
    with pytest.raises(UserError, match="flat has no convolution"):
        last_features(model)


def test_signed_heatmaps_are_the_same_before_what_speaks_against_is_cut_off():
    keras.utils.set_random_seed(1)
    model = get_model("baseline_cnn").build((16, 16), 7)
    images = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3)).astype(np.float32)
    cut, whole = (np.asarray(with_cams(model, signed)(images)["cams"]) for signed in (False, True))
    assert whole.min() < 0
    np.testing.assert_allclose(np.maximum(whole, 0), cut, rtol=1e-5)
