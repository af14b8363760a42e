from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.errors import UserError
from core.models.registry import get_model
from core.models.trained import load_trained
from core.store.card import read_card
from core.training import start as module
from core.training.loss import bake_shift
from core.training.recipe_table import get_recipe
from core.training.start import load_start

SHIFT = np.linspace(-1, 1, 7)


def test_a_run_goes_on_from_a_trained_model_less_the_shift_that_its_end_adds() -> None:
    model = get_model("baseline_cnn").build((64, 64), 7)
    digest = load_start(model, get_recipe("baseline_cnn", start="baseline_cnn"), SHIFT, None)
    assert digest == read_card(TRAINED_MODELS / "baseline_cnn").files.weights
    images = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3)).astype(np.float32)
    expected = load_trained(TRAINED_MODELS / "baseline_cnn").predict_on_batch(images)
    assert np.abs(model.predict_on_batch(images) - expected).max() > 0.01
    bake_shift(model, SHIFT)
    np.testing.assert_allclose(model.predict_on_batch(images), expected, atol=1e-6)


def test_a_recipe_that_names_no_start_keeps_the_weights() -> None:
    model = get_model("baseline_cnn").build((16, 16), 7)
    before = [w.copy() for w in model.get_weights()]
    assert load_start(model, get_recipe("baseline_cnn"), SHIFT, None) is None
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_another_network_is_no_start() -> None:
    model = get_model("baseline_cnn").build((64, 64), 7)
    with pytest.raises(UserError, match="custom_cnn is another network; start from one with the same architecture"):
        load_start(model, get_recipe("baseline_cnn", start="custom_cnn"), SHIFT, None)


def test_what_a_start_has_learned_from_is_what_the_run_learns_from(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRAINED_MODELS", folder.parent)
    monkeypatch.setattr(module, "learned_from", lambda _: ("HAM10000", "MILK10k"))
    recipe = replace(get_recipe("baseline_cnn"), model=read_card(folder).architecture, start=folder.name)
    model = load_trained(folder)
    with pytest.raises(UserError, match="small has learned from MILK10k, so a run that starts from it must"):
        load_start(model, recipe, SHIFT, None)
    assert load_start(model, replace(recipe, milk10k=True), SHIFT, None)
