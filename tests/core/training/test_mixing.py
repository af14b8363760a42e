import numpy as np
import pytest

from core.training.batches import Batches
from core.training.loss import logit_adjusted_crossentropy
from core.training.mixing import mix

CODES = np.arange(6)
FLAT = np.repeat(CODES.astype(np.float32), 16 * 16 * 3).reshape(6, 16, 16, 3)


@pytest.mark.parametrize("seed", range(12))
def test_the_weight_is_the_share_of_the_first_image(seed: int) -> None:
    """An image filled with its own label has, once mixed, the mean of its two labels at their weights."""
    images, targets = mix(FLAT, CODES, 1.0, np.random.default_rng(seed))
    first, second, weight = targets.T
    np.testing.assert_array_equal(first, CODES)
    assert sorted(second) == sorted(CODES)
    assert 0 <= weight.min() == weight.max() <= 1
    np.testing.assert_allclose(images.mean(axis=(1, 2, 3)), weight * first + (1 - weight) * second, rtol=1e-5)


def test_both_kinds_of_mixing_occur() -> None:
    blended = [
        bool((np.ptp(mix(FLAT, CODES, 1.0, np.random.default_rng(seed))[0], axis=(1, 2, 3)) == 0).all())
        for seed in range(40)
    ]
    assert 10 < sum(blended) < 30


def test_a_share_of_the_batches_is_mixed_and_the_input_is_left_alone() -> None:
    before = FLAT.copy()
    weights = [mix(FLAT, CODES, 0.5, np.random.default_rng(seed))[1][0, 2] for seed in range(200)]
    assert 70 < sum(weight == 1 for weight in weights) < 130
    np.testing.assert_array_equal(FLAT, before)


def test_batches_repeat_their_mixing() -> None:
    data = Batches(FLAT.astype(np.uint8), CODES, batch_size=6, seed=1, mixed=1.0)
    for one, two in zip(data[0], data[0], strict=True):
        np.testing.assert_array_equal(one, two)
    assert data[0][1].shape == (6, 3)


def test_the_loss_of_a_mixed_image_is_the_weighted_mean_of_both_labels() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(3), 2).astype(np.float32)
    loss = logit_adjusted_crossentropy(np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]), 1.0)
    first, second = np.array([0, 4]), np.array([5, 1])
    mixed = loss(np.stack([first, second, [0.25, 0.5]], axis=1).astype(np.float32), probabilities)
    one, two = np.asarray(loss(first, probabilities)), np.asarray(loss(second, probabilities))
    np.testing.assert_allclose(mixed, np.array([0.25, 0.5]) * one + np.array([0.75, 0.5]) * two, rtol=1e-5)
