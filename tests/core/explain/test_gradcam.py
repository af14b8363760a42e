"""Reference heatmaps: the model that tf-keras-vis clones computes what the model does."""

import keras
import numpy as np
from keras import layers

from core.explain.gradcam import Reference
from core.models.cam_heads import with_cams
from core.models.weights import finalize_normalization


def test_a_clone_normalizes_images_as_the_model_does() -> None:
    """Cloning leaves a Normalization layer without its statistics; on raw images this model's ReLU would be dead."""
    keras.utils.set_random_seed(0)
    inputs = layers.Input((12, 12, 3), name="image")
    x = layers.Normalization()(inputs)
    x = layers.Conv2D(4, 3, activation="relu", kernel_initializer="ones", bias_initializer="zeros")(x)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, layers.Dense(7, activation="softmax")(x))
    normalization = model.layers[1]
    normalization.set_weights([np.full(3, 300.0), np.full(3, 100.0), np.array(1)])
    finalize_normalization(model)
    images = np.random.default_rng(0).uniform(295, 310, (2, 12, 12, 3)).astype(np.float32)
    ours = np.asarray(with_cams(model)(images)["cams"])[..., 3]
    np.testing.assert_allclose(Reference(model).cams(images, np.array([3, 3])), ours, rtol=1e-3, atol=1e-6)
    assert ours.any()
