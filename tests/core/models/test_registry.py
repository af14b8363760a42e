"""Contracts that every registered network keeps; a new entry is tested without writing a test."""

import keras
import numpy as np
import pytest

from core.errors import UserError
from core.labels import DX
from core.models.registry import ModelSpec, all_models, get_model, list_models
from core.training.layers import freeze
from core.training.recipe_table import get_recipe

SPECS = list(all_models().values())


@pytest.fixture(scope="module", params=SPECS, ids=lambda s: s.name)
def built(request: pytest.FixtureRequest) -> tuple[ModelSpec, keras.Model]:
    """Each network with all its layers trainable: building one takes seconds."""
    return request.param, request.param.build(request.param.input_size, len(DX))


def test_counts_are_exact_and_outputs_are_probabilities(built: tuple[ModelSpec, keras.Model]) -> None:
    spec, model = built
    parameters, layers = model.count_params(), len([layer for layer in model.layers if layer.name != "rescale"])
    freeze(model, get_recipe(spec.name).phases[-1])
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert (spec.parameters, spec.trainable_parameters, spec.layers) == (parameters, trainable, layers)
    images = np.random.default_rng(0).integers(0, 256, (1, *spec.input_size, 3)).astype(np.float32)
    output = np.asarray(model(images))
    assert output.shape == (1, len(DX))
    np.testing.assert_allclose(output.sum(axis=1), 1, rtol=1e-5)
    assert model.layers[-1].name == "probabilities"
    assert model.name == spec.name


def test_a_frozen_backbone_gives_the_same_in_training_as_at_inference(built: tuple[ModelSpec, keras.Model]) -> None:
    """Old Keras used batch statistics in training, stored ones at inference: the head learned from other features."""
    spec, model = built
    phase = get_recipe(spec.name).phases[-1]
    if not phase.trainable_from:
        pytest.skip("nothing of it is frozen")
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):  # statistics that differ from any batch's
            layer.moving_mean.assign(layer.moving_mean + 0.1)
        elif isinstance(layer, keras.layers.Dropout):
            layer.rate = 0
    freeze(model, phase)
    frozen = keras.Model(model.input, model.get_layer(phase.trainable_from).input)
    images = np.random.default_rng(0).uniform(0, 255, (2, *spec.input_size, 3)).astype(np.float32)
    learning, predicting = (keras.tree.flatten(frozen(images, training=mode)) for mode in (True, False))
    for ours, theirs in zip(learning, predicting, strict=True):
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
    assert model.trainable_weights and not frozen.trainable_weights


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"no model 'resnet9000'.*baseline_cnn"):
        get_model("resnet9000")


def test_the_listing_says_what_is_trained_and_what_needs_imagenet() -> None:
    rows = {row["name"]: row for row in list_models()}
    assert set(rows["baseline_cnn"]) == {
        "name", "parameters", "trainable_parameters", "layers", "needs_imagenet", "trained", "source",
        "members",
    }  # fmt: skip
    assert rows["baseline_cnn"]["trained"] and not rows["baseline_cnn"]["needs_imagenet"]
    assert rows["densenet201_full"]["needs_imagenet"] and not rows["densenet201_full"]["trained"]
    assert rows["efficientnetb0_frozen"]["trainable_parameters"] == 361_735


def test_an_ensemble_of_a_source_is_listed_and_waits_for_its_members() -> None:
    row = next(row for row in list_models() if row["name"] == "ensemble_inception_densenet")
    assert row["members"] == ["inceptionv3_full", "densenet201_full"] and row["needs_imagenet"] and not row["trained"]
    assert row["parameters"] == sum(get_model(name).parameters for name in row["members"])
