"""Explanations by hiding: what a mask shows stays sharp, and what the class depends on is found."""

import numpy as np
from numpy.typing import NDArray

from core.explain.masked import GRID, MAPS, MASKS, random_masks, rise, score_cam, sharp_where

Array = NDArray[np.float32]
IMAGE = np.random.default_rng(0).integers(0, 256, (48, 64, 3)).astype(np.float32)
CORNER = (slice(0, 16), slice(0, 24))


def detail_in_the_corner(images: Array) -> Array:
    """Probability of class 1 from the detail in one corner, of class 0 the rest."""
    share = images[:, *CORNER].std(axis=(1, 2, 3)) / IMAGE[CORNER].std()
    return np.stack([1 - share, share], axis=1)


def test_a_mask_keeps_what_it_shows_and_blurs_the_rest() -> None:
    masks = np.zeros((2, 48, 64), np.float32)
    masks[1, :16] = 1
    blurred, partly = sharp_where(IMAGE, masks)
    np.testing.assert_allclose(partly[:16], IMAGE[:16], atol=1e-4)
    np.testing.assert_array_equal(partly[16:], blurred[16:])
    assert blurred.std() < IMAGE.std() / 3 and abs(blurred.mean() - IMAGE.mean()) < 5


def test_the_random_masks_are_the_same_each_time_and_show_half() -> None:
    masks = random_masks(45, 61)
    assert masks.shape == (MASKS, 45, 61) and masks.min() >= 0 and masks.max() <= 1
    np.testing.assert_array_equal(masks, random_masks(45, 61))
    assert abs(masks.mean() - 0.5) < 0.02 and np.abs(masks.mean(axis=0) - 0.5).max() < 0.2
    assert masks.std(axis=(1, 2)).min() > 0.2  # coarse cells, not grey


def test_rise_is_hottest_where_the_class_depends_on_the_detail() -> None:
    heat, against = (rise(detail_in_the_corner, IMAGE, dx) for dx in (1, 0))
    assert heat.shape == (48 // GRID, 64 // GRID)
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    assert row < 16 // GRID and column < 24 // GRID
    np.testing.assert_allclose(against, -heat, atol=1e-5)


def test_score_cam_adds_a_map_by_what_the_class_gains_with_it() -> None:
    maps = np.zeros((6, 8, 2), np.float32)
    maps[:2, :3, 0], maps[4:, 5:, 1] = 1, 1  # the corner, and the opposite one
    heat = score_cam(detail_in_the_corner, IMAGE, 1, maps)
    assert heat[:2, :3].min() > 0.2 and np.abs(heat[4:, 5:]).max() < 0.05
    np.testing.assert_allclose(score_cam(detail_in_the_corner, IMAGE, 0, maps), -heat, atol=1e-5)


def test_score_cam_tries_the_maps_that_vary_most() -> None:
    calls: list[int] = []

    def counted(images: Array) -> Array:
        calls.append(len(images))
        return detail_in_the_corner(images)

    maps = np.zeros((6, 8, 2 * MAPS), np.float32)
    maps[:2, :3, -1] = 5  # the last varies most
    maps[4:, 5:, :-1] = 1
    heat = score_cam(counted, IMAGE, 1, maps)
    assert calls == [MAPS + 1] and heat[:2, :3].min() > 1
