"""Contracts that every registered network keeps; a new entry is tested without writing a test."""

import numpy as np
import pytest

from core.errors import UserError
from core.labels import DX
from core.models.registry import ModelSpec, all_models, get_model

SPECS = list(all_models().values())


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.name)
def test_counts_are_exact_and_answers_are_probabilities(spec: ModelSpec) -> None:
    model = spec.build(spec.input_size, len(DX))
    assert model.count_params() == spec.parameters
    if spec.layers is not None:
        assert len([layer for layer in model.layers if layer.name != "rescale"]) == spec.layers
    pictures = np.random.default_rng(0).integers(0, 256, (1, *spec.input_size, 3)).astype(np.float32)
    answer = np.asarray(model(pictures))
    assert answer.shape == (1, len(DX))
    np.testing.assert_allclose(answer.sum(axis=1), 1, rtol=1e-5)
    assert model.layers[-1].name == "probabilities"
    assert model.name == spec.name


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"no model 'resnet9000'.*baseline_cnn"):
        get_model("resnet9000")
