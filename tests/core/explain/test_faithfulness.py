import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from core.data.masks import bounding_box
from core.explain.faithfulness import BLUR, COVERS, area_under, blurred, covered, hottest_first, mixed

RNG = np.random.default_rng(0)


def example() -> np.ndarray:
    return RNG.integers(0, 256, (30, 40, 3)).astype(np.uint8)


def test_hottest_pixels_come_first_and_every_rank_once():
    heat = np.array([[0.0, 3.0], [1.0, 2.0]])
    ranks = hottest_first(heat, (2, 2), np.random.default_rng(0))
    np.testing.assert_array_equal(ranks, [[3, 0], [2, 1]])
    flat = [hottest_first(np.zeros((2, 2)), (6, 8), np.random.default_rng(seed)) for seed in (0, 1)]
    assert (np.sort(flat[0].ravel()) == np.arange(48)).all()
    assert (flat[0] != flat[1]).any()


def test_insertion_starts_blurred_and_deletion_starts_sharp():
    image = example()
    ranks = hottest_first(np.eye(30, 40), (30, 40), RNG)
    for insertion, first, last in ((True, blurred(image), image), (False, image, blurred(image))):
        np.testing.assert_array_equal(mixed(image, ranks, 0, insertion), first)
        np.testing.assert_array_equal(mixed(image, ranks, 1, insertion), last)
    half = mixed(image, ranks, 0.5, True)
    hottest = ranks < 600
    np.testing.assert_array_equal(half[hottest], image[hottest])
    np.testing.assert_array_equal(half[~hottest], blurred(image)[~hottest])


def test_the_blur_is_the_same_in_both_directions():
    image = np.zeros((150, 200, 3), np.uint8)
    image[65:85, 90:110] = 255
    expected = gaussian_filter(image.astype(float), (BLUR, BLUR, 0))
    np.testing.assert_allclose(blurred(image), expected, atol=1.5)


def test_area_under_a_straight_line():
    assert area_under(np.array([0, 0.5, 1]), np.array([0, 0.5, 1])) == 0.5


def test_covers_paint_their_part_in_the_colour_of_the_skin():
    image = np.full((30, 40, 3), (200, 150, 120), np.uint8)
    mask = np.zeros((30, 40), bool)
    mask[10, 12] = mask[20, 30] = True
    image[10:21, 12:31] = (90, 50, 40)
    outside = ~bounding_box(mask)
    assert bounding_box(mask).sum() == 11 * 19
    np.testing.assert_array_equal(covered(image, mask, COVERS[0])[~mask], image[~mask])
    assert (covered(image, mask, COVERS[1]) == (200, 150, 120)).all()
    rest = covered(image, mask, COVERS[2])
    np.testing.assert_array_equal(rest[mask], image[mask])
    assert (rest[outside] == (200, 150, 120)).all()
    with pytest.raises(ValueError, match="cover is one of"):
        covered(image, mask, "nothing")


def test_a_lesion_that_fills_the_image_can_be_covered():
    image = example()
    assert (
        covered(image, np.ones((30, 40), bool), COVERS[0]) == covered(image, np.ones((30, 40), bool), COVERS[1])
    ).all()
    assert not bounding_box(np.zeros((3, 4), bool)).any()
