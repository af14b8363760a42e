"""Times are multiples of one forward pass; what LiteRT can't compute has none."""

import keras
import pytest
from keras import layers

from core.explain.methods import GRADCAM, OVER_FLIPS, SERVED, Method
from core.explain.study.method_times import Variants, relative_times


@pytest.fixture(scope="module")
def variants() -> Variants:
    inputs = layers.Input((16, 16, 3), name="image")
    x = layers.Conv2D(4, 3, 2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(4, 3, 2, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return Variants(keras.Model(inputs, layers.Dense(7, activation="softmax")(x), name="small"))


def test_each_method_is_timed_in_forward_passes(variants: Variants) -> None:
    times = relative_times(variants, (GRADCAM, OVER_FLIPS, SERVED, Method("other", "layercam", (0, 1))), rounds=3)
    assert times[GRADCAM.name] == 1 and times[OVER_FLIPS.name] == 4
    assert times[SERVED.name] > 1
    assert "other" not in times


def test_variants_are_built_once(variants: Variants) -> None:
    assert variants.of(GRADCAM) is variants.of(OVER_FLIPS)
    assert variants.of(GRADCAM) is not variants.of(Method("larger", scale=1.5))
