"""Augmentation, batches, loss, recipes and checkpoints, each alone."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.training.augmentation import augment
from core.training.batches import Batches
from core.training.checkpoint import Progress, assign, load_checkpoint, save_checkpoint
from core.training.loss import bake_shift, class_prior, logit_adjusted_crossentropy, shift_to_natural
from core.training.optimizers import plateau_rate
from core.training.recipe_table import RECIPES, get_recipe
from core.training.recipes import Augmentation, Phase, with_schedule
from core.training.rows import Rows, training_rows

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


def test_the_focal_loss_is_the_formula() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(3), 5).astype(np.float32)
    labels = np.array([0, 1, 2, 0, 1])
    p = probabilities[np.arange(5), labels]
    loss = np.asarray(logit_adjusted_crossentropy(np.full(3, 1 / 3), 0.0, 2.0)(labels, probabilities))
    np.testing.assert_allclose(loss, -((1 - p) ** 2) * np.log(p), rtol=1e-4)


def test_the_shift_turns_what_training_saw_into_what_there_is() -> None:
    """A perfect network for the rows as drawn, under an adjusted loss, must answer with the natural posterior."""
    natural, rows, seen = np.array([0.7, 0.2, 0.1]), np.array([0.5, 0.25, 0.25]), np.full(3, 1 / 3)
    likelihood = np.array([0.2, 0.5, 0.9])
    for tau in (0.0, 0.7, 1.0):
        learned = np.log(likelihood * seen) - tau * np.log(rows)
        answer = np.exp(learned + shift_to_natural(natural, rows, seen, tau))
        np.testing.assert_allclose(answer / answer.sum(), likelihood * natural / (likelihood @ natural))


def test_baking_the_shift_multiplies_the_odds_by_it() -> None:
    from core.models.registry import get_model

    model = get_model("baseline_cnn").build((8, 8), 7)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3)).astype(np.float32)
    before = np.asarray(model(pictures))
    shift = np.log(class_prior(np.array([0, 0, 0, 1, 2, 3, 4, 5, 6]), 7)) / 2
    bake_shift(model, shift)
    expected = before * np.exp(shift)
    np.testing.assert_allclose(np.asarray(model(pictures)), expected / expected.sum(1, keepdims=True), rtol=1e-4)


def test_an_absent_class_has_a_finite_log_prior() -> None:
    assert np.isfinite(np.log(class_prior(np.array([0, 0, 1]), 3))).all()


def test_balanced_sampling_draws_each_class_equally_often() -> None:
    labels = np.repeat([0, 1, 2], [900, 90, 10])
    data = Batches(np.zeros((1000, 1), np.uint8), labels, batch_size=50, seed=0, balanced=True)
    drawn = np.concatenate([data[step][1] for step in range(len(data))])
    assert len(drawn) == 1000
    assert (np.abs(np.bincount(drawn) - 1000 / 3) < 60).all()


def test_rows_point_at_pictures_and_steps_bound_an_epoch() -> None:
    inputs = np.arange(4, dtype=np.uint8).reshape(4, 1)
    pictures, labels = np.array([3, 3, 0, 1, 2, 3, 0]), np.arange(7)
    data = Batches(inputs, labels, batch_size=2, seed=1, pictures=pictures, steps=2)
    shown, told = zip(*(data[step] for step in range(len(data))), strict=True)
    assert len(data) == 2 and len(np.concatenate(told)) == 4
    np.testing.assert_array_equal(np.concatenate(shown)[:, 0], pictures[np.concatenate(told)])


@pytest.mark.parametrize(("devices", "rows"), [(1, 11), (2, 10), (4, 8)])
def test_every_batch_divides_over_the_devices(devices: int, rows: int) -> None:
    data = Batches(np.zeros((11, 1), np.uint8), np.arange(11), batch_size=4, seed=0, multiple_of=devices)
    sizes = [len(data[step][1]) for step in range(len(data))]
    assert sum(sizes) == rows and not any(size % devices for size in sizes)


def rows_of(labels: np.ndarray, **changes: object) -> Rows:
    return training_rows(get_recipe("custom_cnn", **changes), labels)


def test_smote_rows_are_balanced_and_only_the_mismatched_ones_are_wrong() -> None:
    labels = np.repeat([0, 1, 2], [300, 60, 10])
    for kind in ("smote_mismatched", "smote_matched"):
        rows = rows_of(labels, rows=kind)
        np.testing.assert_array_equal(np.bincount(rows.label), [300, 300, 300])
        np.testing.assert_array_equal(rows.picture[:370], np.arange(370))
        wrong = (labels[rows.picture] != rows.label).mean()
        assert wrong == 0 if kind == "smote_matched" else 0.3 < wrong < 0.6, kind


def test_at_most_so_many_pictures_of_each_diagnosis() -> None:
    labels = np.repeat([0, 1, 2], [300, 60, 10])
    rows = rows_of(labels, per_class=50)
    np.testing.assert_array_equal(np.bincount(rows.label), [50, 50, 10])
    np.testing.assert_array_equal(labels[rows.picture], rows.label)
    assert len(set(rows.picture)) == 110


def test_a_plateau_halves_the_rate_and_waits_again() -> None:
    phase = Phase(20, 1.0, cosine=False, plateau=2)
    rates = [plateau_rate(phase, [0.5, 0.6, 0.6, 0.6, 0.7, 0.1, 0.1, 0.1, 0.1][:n]) for n in range(10)]
    assert rates == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125]
    assert plateau_rate(phase, [0.0] * 100) == 1e-7


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_survives_changes(name: str) -> None:
    recipe = with_schedule(get_recipe(name, seed=7), epochs=2, learning_rate=1e-5)
    assert recipe.model == name
    assert recipe.seed == 7
    assert all((phase.epochs, phase.learning_rate, phase.steps) == (2, 1e-5, 0) for phase in recipe.phases)


def test_every_network_has_a_recipe() -> None:
    from core.models.registry import all_models

    assert set(RECIPES) == set(all_models())


def test_a_word_that_is_no_choice_lists_the_choices() -> None:
    with pytest.raises(UserError, match="sampling 'often' is not one of natural, balanced"):
        get_recipe("baseline_cnn", sampling="often")


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
