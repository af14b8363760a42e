import keras
import pytest
from keras import layers

from core.errors import UserError
from core.store.recipe import Phase
from core.training.layers import freeze, precision


@pytest.fixture
def model() -> keras.Model:
    return keras.Sequential(
        [layers.Input((4,)), layers.Dense(3, name="a"), layers.BatchNormalization(name="b"), layers.Dense(2, name="c")],
        name="net",
    )


@pytest.mark.parametrize(
    ("phase", "trained"),
    [
        (Phase(1, 0.1), ["a", "b", "c"]),
        (Phase(1, 0.1, trainable_from="b"), ["b", "c"]),
        (Phase(1, 0.1, trainable_from="a", freeze_batch_norm=True), ["a", "c"]),
    ],
)
def test_exactly_the_layers_of_the_phase_are_trained(model: keras.Model, phase: Phase, trained: list[str]) -> None:
    for layer in model.layers:
        layer.trainable = False  # as a phase before may have left them
    freeze(model, phase)
    assert [layer.name for layer in model.layers if layer.trainable] == trained


def test_a_layer_that_the_network_lacks_is_named(model: keras.Model) -> None:
    with pytest.raises(UserError, match="net has no layer 'd' to train from"):
        freeze(model, Phase(1, 0.1, trainable_from="d"))


def test_the_precision_ends_with_its_block() -> None:
    before = keras.config.dtype_policy().name
    with pytest.raises(ZeroDivisionError), precision("mixed_bfloat16"):
        assert layers.Dense(1).compute_dtype == "bfloat16"
        _ = 1 / 0
    assert keras.config.dtype_policy().name == before == "float32"
