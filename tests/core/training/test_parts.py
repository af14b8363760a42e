"""Augmentation, batches, loss, recipes and checkpoints, each alone."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.training.augmentation import augment
from core.training.batches import Batches
from core.training.checkpoint import Progress, assign, load_checkpoint, save_checkpoint
from core.training.loss import bake_prior, class_prior, logit_adjusted_crossentropy
from core.training.recipes import RECIPES, Augmentation, get_recipe, with_schedule

STILL = Augmentation(flips=False, rotation=0, zoom=0, shift=0, color=0)


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)


def test_no_change_asked_for_is_no_change(picture: np.ndarray) -> None:
    np.testing.assert_array_equal(augment(picture, STILL, np.random.default_rng(0)), picture)


def test_flips_are_all_four_mirrorings(picture: np.ndarray) -> None:
    flips = Augmentation(flips=True, rotation=0, zoom=0, shift=0, color=0)
    seen = {augment(picture, flips, np.random.default_rng(seed)).tobytes() for seed in range(40)}
    assert seen == {picture[::a, ::b].tobytes() for a in (1, -1) for b in (1, -1)}


def test_colour_changes_brightness_within_its_bound() -> None:
    grey = np.full((8, 8, 3), 100, np.uint8)
    how = Augmentation(flips=False, rotation=0, zoom=0, shift=0, color=0.1)
    means = [augment(grey, how, np.random.default_rng(seed)).mean(axis=(0, 1)) for seed in range(50)]
    assert np.ptp(means) > 5
    assert np.min(means) >= 84 and np.max(means) <= 116


def test_the_same_generator_state_gives_the_same_view(picture: np.ndarray) -> None:
    views = [augment(picture, Augmentation(), np.random.default_rng(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(views[0], views[1])
    assert (views[0] != views[2]).any()


def batches(inputs: np.ndarray, **options: object) -> Batches:
    return Batches(inputs, np.arange(10), batch_size=4, seed=3, **options)  # type: ignore[arg-type]


def test_an_epoch_holds_each_picture_once_in_an_order_of_its_own() -> None:
    data = batches(np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1) * np.ones((1, 2, 2, 3), np.uint8))
    orders = []
    for epoch in (0, 1):
        data.set_epoch(epoch)
        rows = [data[step] for step in range(len(data))]
        for inputs, labels in rows:
            np.testing.assert_array_equal(inputs[:, 0, 0, 0], labels)
        orders.append(np.concatenate([labels for _, labels in rows]).tolist())
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(10))


def test_features_take_one_view_a_picture_and_all_views_over_epochs() -> None:
    views = np.stack([np.full((10, 1, 1, 1), 100 * view) + np.arange(10).reshape(10, 1, 1, 1) for view in range(3)])
    data = batches(views, views=True)
    seen = set()
    for epoch in range(10):
        data.set_epoch(epoch)
        for step in range(len(data)):
            inputs, labels = data[step]
            np.testing.assert_array_equal(inputs[:, 0, 0, 0] % 100, labels)
            seen |= set((inputs[:, 0, 0, 0] // 100).tolist())
    assert seen == {0, 1, 2}


def test_class_weights_reach_the_batch() -> None:
    weights = np.arange(10) * 0.5
    _, labels, sample_weights = batches(np.zeros((10, 2, 2, 3), np.uint8), class_weights=weights)[0]
    np.testing.assert_array_equal(sample_weights, weights[labels])


def test_the_loss_is_the_formula() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(3), 5).astype(np.float32)
    labels = np.array([0, 1, 2, 0, 1])
    prior, tau = np.array([0.7, 0.2, 0.1]), 0.7
    adjusted = probabilities * prior**tau
    expected = -np.log(adjusted[np.arange(5), labels] / adjusted.sum(axis=1))
    loss = np.asarray(logit_adjusted_crossentropy(prior, tau)(labels, probabilities))
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_the_loss_stays_finite_where_a_probability_vanishes() -> None:
    loss = np.asarray(logit_adjusted_crossentropy(np.full(2, 0.5), 0.0)(np.array([1]), np.array([[1.0, 0.0]], "f4")))
    assert np.isfinite(loss).all() and loss[0] > 50


def test_baking_the_prior_multiplies_the_odds_by_it() -> None:
    from core.models.registry import get_model

    model = get_model("baseline_cnn").build((8, 8), 7)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3)).astype(np.float32)
    before = np.asarray(model(pictures))
    prior = class_prior(np.array([0, 0, 0, 1, 2, 3, 4, 5, 6]), 7)
    bake_prior(model, prior, 0.5)
    expected = before * prior**0.5
    np.testing.assert_allclose(np.asarray(model(pictures)), expected / expected.sum(1, keepdims=True), rtol=1e-4)


def test_an_absent_class_has_a_finite_log_prior() -> None:
    assert np.isfinite(np.log(class_prior(np.array([0, 0, 1]), 3))).all()


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_for_a_registered_model_and_survives_changes(name: str) -> None:
    from core.models.registry import get_model

    recipe = with_schedule(get_recipe(name, seed=7), 2, 1e-5)
    assert get_model(recipe.model)
    assert recipe.seed == 7
    assert all((phase.epochs, phase.learning_rate) == (2, 1e-5) for phase in recipe.phases)


def test_an_unknown_recipe_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"no recipe 'x'.*baseline_cnn"):
        get_recipe("x")


def test_a_checkpoint_comes_back_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    progress = Progress({"model": "m"}, phase=1, epoch=2, history=[{"loss": 1.5}], best=0.5, best_epoch=0)
    arrays = [np.arange(3.0), np.ones((2, 2))]
    save_checkpoint(path, progress, model=arrays, optimizer=arrays[:1])
    back, state = load_checkpoint(path)
    assert back == progress
    assert [len(state["model"]), len(state["optimizer"])] == [2, 1]
    np.testing.assert_array_equal(state["model"][0], arrays[0])
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UserError, match="damaged"):
        load_checkpoint(path)


def test_variables_of_another_network_are_refused() -> None:
    with pytest.raises(UserError, match="another network"):
        assign([np.zeros(3)], [np.zeros(4)])
