"""The crop that a person moves, and the one preparation for everything that looks at an image."""

import numpy as np
import pytest

from core.data.images import crop_box, preprocess
from core.inference.crop import SMALLEST, Crop, crop_pixels, cut, prepare
from core.synthetic.lesions import sample_lesion

IMAGE = sample_lesion("mel", 3).image
SHAPES = [(450, 600), (600, 450), (32, 320), (1000, 1000), (33, 47), (60, 6), (151, 201), (150, 200)]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_default_crop_is_the_largest_in_the_middle(shape):
    assert crop_pixels(*shape, Crop()) == crop_box(*shape)
    assert Crop() == Crop(size=1.0, across=0.5, down=0.5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [0.0, SMALLEST, 0.37, 1.0, 7.0])
@pytest.mark.parametrize("at", [0.0, 0.3, 1.0])
def test_every_crop_stays_inside(shape, size, at):
    top, left, height, width = crop_pixels(*shape, Crop(size, at, 1 - at))
    assert 0 <= top <= top + height <= shape[0] and 0 <= left <= left + width <= shape[1]
    assert height > 0 and width > 0


def test_positions_are_shares_of_the_free_space():
    assert crop_pixels(450, 600, Crop(0.5, 0.0, 0.0)) == (0, 0, 225, 300)
    assert crop_pixels(450, 600, Crop(0.5, 0.25, 1.0)) == (225, 75, 225, 300)
    assert crop_pixels(450, 600, Crop(0.5, 1.0, 0.5)) == (112, 300, 225, 300)


def test_size_is_between_its_bounds():
    assert crop_pixels(450, 600, Crop(size=0.01)) == crop_pixels(450, 600, Crop(size=0.2))
    assert crop_pixels(450, 600, Crop(size=0.2))[2:] == (90, 120)
    assert crop_pixels(450, 600, Crop(size=3))[2:] == (450, 600)


def test_even_a_tiny_image_keeps_a_pixel():
    assert crop_pixels(2, 2, Crop(size=0.2))[2:] == (1, 1)


def test_cut_takes_the_named_corner():
    np.testing.assert_array_equal(cut(IMAGE, Crop(0.5, 1.0, 1.0)), IMAGE[-75:, -100:])
    np.testing.assert_array_equal(cut(IMAGE, Crop(0.5, 0.0, 1.0)), IMAGE[-75:, :100])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [(64, 64), (168, 224), (150, 200)])
def test_prepared_once_equals_prepared_for_each_model(shape, size):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(np.uint8)
    prepared = prepare(image)
    np.testing.assert_array_equal(prepared.resized(size), preprocess(image, size))
    assert prepared.resized(size) is prepared.resized(size)
    assert repr(prepared) == repr(prepare(image))  # the sizes it keeps are no part of it


def test_only_larger_crops_are_reduced():
    assert prepare(np.zeros((300, 400, 3), np.uint8)).pixels.shape == (150, 200, 3)
    assert prepare(np.zeros((90, 120, 3), np.uint8)).pixels.shape == (90, 120, 3)
