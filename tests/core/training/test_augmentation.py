from dataclasses import replace

import numpy as np
import pytest

from core.training.augmentation import augment
from core.training.recipes import Augmentation

STILL = Augmentation(flips=False, rotation=0, zoom=0, shift=0, color=0)


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)


def test_no_change_asked_for_is_no_change(image: np.ndarray) -> None:
    np.testing.assert_array_equal(augment(image, STILL, np.random.default_rng(0)), image)


def test_flips_are_all_four_mirrorings(image: np.ndarray) -> None:
    flips = Augmentation(flips=True, rotation=0, zoom=0, shift=0, color=0)
    seen = {augment(image, flips, np.random.default_rng(seed)).tobytes() for seed in range(40)}
    assert seen == {image[::a, ::b].tobytes() for a in (1, -1) for b in (1, -1)}


def test_colour_changes_brightness_within_its_bound() -> None:
    grey = np.full((8, 8, 3), 100, np.uint8)
    limits = Augmentation(flips=False, rotation=0, zoom=0, shift=0, color=0.1)
    means = [augment(grey, limits, np.random.default_rng(seed)).mean(axis=(0, 1)) for seed in range(50)]
    assert np.ptp(means) > 5
    assert np.min(means) >= 84 and np.max(means) <= 116


def test_the_same_generator_state_gives_the_same_view(image: np.ndarray) -> None:
    views = [augment(image, Augmentation(), np.random.default_rng(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(views[0], views[1])
    assert (views[0] != views[2]).any()


def test_every_change_of_the_full_augmentation_does_something_and_keeps_the_shape(image: np.ndarray) -> None:
    for field in ("shear", "contrast", "gamma", "saturation", "hue", "cutout", "scope", "vignette"):
        value = 1.0 if field in ("cutout", "scope", "vignette") else 0.5 if field != "hue" else 30.0
        views = [augment(image, replace(STILL, **{field: value}), np.random.default_rng(seed)) for seed in range(5)]
        assert all(view.shape == image.shape and view.dtype == np.uint8 for view in views)
        assert any((view != image).any() for view in views), field


def test_a_scope_leaves_the_corners_black_and_the_middle_as_it_was() -> None:
    grey = np.full((90, 120, 3), 128, np.uint8)
    for seed in range(20):
        view = augment(grey, replace(STILL, scope=1.0), np.random.default_rng(seed))
        assert (view[[0, 0, -1, -1], [0, -1, 0, -1]] == 0).sum() >= 6  # it may lie off the middle
        assert (view[45, 60] == 128).all()


def test_saturation_and_hue_leave_grey_alone() -> None:
    grey = np.full((20, 20, 3), 128, np.uint8)
    view = augment(grey, replace(STILL, saturation=0.5, hue=30.0), np.random.default_rng(0))
    assert np.abs(view.astype(int) - 128).max() <= 1
