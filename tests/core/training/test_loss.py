import numpy as np

from core.training.loss import (
    bake_shift,
    class_prior,
    distillation_loss,
    logit_adjusted_crossentropy,
    shift_to_natural,
)


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
    """A perfect network for the rows as drawn, under an adjusted loss, must predict the natural posterior."""
    natural, rows, seen = np.array([0.7, 0.2, 0.1]), np.array([0.5, 0.25, 0.25]), np.full(3, 1 / 3)
    likelihood = np.array([0.2, 0.5, 0.9])
    for tau in (0.0, 0.7, 1.0):
        learned = np.log(likelihood * seen) - tau * np.log(rows)
        predicted = np.exp(learned + shift_to_natural(natural, rows, seen, tau))
        np.testing.assert_allclose(predicted / predicted.sum(), likelihood * natural / (likelihood @ natural))


def test_baking_the_shift_multiplies_the_odds_by_it() -> None:
    from core.models.registry import get_model

    model = get_model("baseline_cnn").build((8, 8), 7)
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3)).astype(np.float32)
    before = np.asarray(model(images))
    shift = np.log(class_prior(np.array([0, 0, 0, 1, 2, 3, 4, 5, 6]), 7)) / 2
    bake_shift(model, shift)
    expected = before * np.exp(shift)
    np.testing.assert_allclose(np.asarray(model(images)), expected / expected.sum(1, keepdims=True), rtol=1e-4)


def test_an_absent_class_has_a_finite_log_prior() -> None:
    assert np.isfinite(np.log(class_prior(np.array([0, 0, 1]), 3))).all()


def test_the_loss_with_a_teacher_is_the_formula() -> None:
    rng = np.random.default_rng(0)
    learned, taught = rng.dirichlet(np.ones(3), 4), rng.dirichlet(np.ones(3), 4)
    labels, dataset = np.array([0, 1, 2, 0]), np.array([0, 0, 1, 1])
    prior, tau, weight = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]]), 0.7, 0.6
    adjusted = learned * prior[dataset] ** tau
    adjusted /= adjusted.sum(axis=1, keepdims=True)
    moved = taught * (prior[dataset] / prior[0]) ** tau
    moved /= moved.sum(axis=1, keepdims=True)
    of_labels = -np.log(adjusted[np.arange(4), labels])
    expected = (1 - weight) * of_labels - weight * (moved * np.log(adjusted)).sum(axis=1)
    targets = np.column_stack([labels + 3 * dataset, taught]).astype(np.float32)
    loss = distillation_loss(logit_adjusted_crossentropy(prior, tau), prior, tau, weight)
    np.testing.assert_allclose(np.asarray(loss(targets, learned.astype(np.float32))), expected, rtol=1e-4)


def test_nothing_is_left_to_learn_from_a_teacher_who_is_copied() -> None:
    """A network that predicts as its teacher, after the shift to the natural class shares, has the least loss."""
    prior, tau = np.array([0.7, 0.2, 0.1]), 0.7
    taught = np.array([[0.5, 0.3, 0.2]])
    copied = taught / prior**tau
    copied /= copied.sum()
    loss = distillation_loss(logit_adjusted_crossentropy(prior, tau), prior, tau, 1.0)
    targets = np.column_stack([[0], taught]).astype(np.float32)
    least = float(np.asarray(loss(targets, copied.astype(np.float32)))[0])
    for other in np.random.default_rng(0).dirichlet(np.ones(3), 20).astype(np.float32):
        assert float(np.asarray(loss(targets, other[None]))[0]) > least
