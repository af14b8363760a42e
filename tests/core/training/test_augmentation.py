import numpy as np
import pytest

from core.training.augmentation import augment
from core.training.recipes import Augmentation

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
