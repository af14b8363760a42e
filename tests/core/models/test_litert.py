"""Networks run by LiteRT; tests/core/release/test_export.py converts and compares every kind of weights."""

import numpy as np

from core.models.litert import litert_function
from core.training.features import predict
from tests.core.inference.test_layer_cam import small


def test_a_function_gives_what_keras_gives_with_the_weights_it_had() -> None:
    model, _ = small("squeeze-and-excite")  # as EfficientNets have it, which reshapes inside
    images = np.random.default_rng(0).normal(0, 30, (5, 17, 22, 3)) / np.arange(1, 6)[:, None, None, None]
    expected, run = predict(model, images), litert_function(model)
    model.set_weights([0 * each for each in model.get_weights()])
    for n in (1, 2, 5):  # fewer than cores, as many, and more
        np.testing.assert_allclose(run(images[:n]), expected[:n], atol=1e-5)
    assert np.abs(np.diff(expected, axis=0)).max(axis=1).min() > 1e-3  # they differ, so that their order shows
