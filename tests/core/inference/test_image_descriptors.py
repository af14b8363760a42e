"""Descriptors of an image that no network learned."""

import cv2
import numpy as np

from core.inference.crop import prepare
from core.inference.image_descriptors import COUNT, GRID, image_descriptors
from core.synthetic.lesions import sample_lesion

IMAGE = sample_lesion("mel", 3).image


def test_descriptors_do_not_depend_on_resolution():
    large = np.repeat(np.repeat(IMAGE, 3, 0), 3, 1)
    small = image_descriptors(prepare(IMAGE))
    assert small.shape == (COUNT,)
    np.testing.assert_allclose(image_descriptors(prepare(large)), small, atol=1e-3)


def test_colours_come_first_part_by_part():
    image = np.zeros((150, 200, 3), np.uint8)
    image[100:, 150:] = 255
    lightness = image_descriptors(prepare(image))[: 3 * GRID[0] * GRID[1] : 3].reshape(GRID)
    assert lightness[2, 3] == 100 and np.count_nonzero(lightness) == 1


def test_an_even_image_has_no_spread_edges_or_grain():
    rest = image_descriptors(prepare(np.full((150, 200, 3), 90, np.uint8)))[3 * GRID[0] * GRID[1] :]
    np.testing.assert_allclose(rest[:3], 0, atol=1e-3)
    np.testing.assert_allclose(rest[3:], np.log(0.05), atol=0.02)


def test_blur_lowers_fine_edges_and_grain_most():
    blurred = np.asarray(cv2.GaussianBlur(IMAGE, (0, 0), 2))
    change = image_descriptors(prepare(blurred)) - image_descriptors(prepare(IMAGE))
    fine, coarse, grain = change[-13], change[-4], change[-1]
    assert fine < coarse - 0.1 and grain < -0.1


def test_grain_is_what_a_blur_removes_from_the_lightness() -> None:
    smooth = np.tile(np.linspace(0, 255, 200).astype(np.uint8)[None, :, None], (150, 1, 3))
    noisy = np.clip(smooth + np.random.default_rng(0).normal(0, 20, (150, 200, 1)), 0, 255).astype(np.uint8)
    quiet, loud = (image_descriptors(prepare(image))[-1] for image in (smooth, noisy))
    assert quiet < np.log(0.5) < np.log(3) < loud
