"""Inputs and outputs of models from elsewhere: the scalings are Keras' own."""

import numpy as np
import pytest

from core.inference.adapter import as_probabilities, scaled
from core.labels import DX
from core.store.export_facts import Adapter, Scaling

PIXELS = np.random.default_rng(0).uniform(0, 255, (1, 4, 5, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("scaling", "network"),
    [("-1 to 1", "mobilenet_v2"), ("ImageNet", "densenet"), ("ImageNet, BGR", "resnet50")],
)
def test_each_scaling_is_that_of_networks_in_keras(scaling: Scaling, network: str) -> None:
    import keras

    expected = getattr(keras.applications, network).preprocess_input(PIXELS.copy())
    np.testing.assert_allclose(scaled(PIXELS, scaling), expected, rtol=1e-4, atol=1e-4)


def test_plain_scalings() -> None:
    assert scaled(PIXELS, "0 to 255") is PIXELS
    np.testing.assert_allclose(scaled(PIXELS, "0 to 1"), PIXELS / 255, rtol=1e-6)


def test_classes_are_sorted_and_logits_become_probabilities() -> None:
    order = (*DX[1:], DX[0])
    logits = np.arange(7, dtype=np.float32)
    found = as_probabilities(logits, Adapter("0 to 1", order, True, False))
    np.testing.assert_allclose(found, np.roll(np.exp(logits) / np.exp(logits).sum(), 1), rtol=1e-5)
    steps = as_probabilities(
        logits / 20, Adapter("0 to 1", order, False, False)
    )  # sums to 1.05, as a quantized graph's
    np.testing.assert_allclose(steps, np.array([6, 0, 1, 2, 3, 4, 5]) / 21, rtol=1e-6)
