"""Each quality check by itself: on images, at its limit, and in its order."""

import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from core.data.images import Image
from core.inference.crop import prepare
from core.inference.quality import (
    BLURRED,
    BRIGHT,
    CLIPPED_WARNING,
    DARK,
    EMPTY,
    MEASURES,
    Quality,
    fit_limits,
    quality_warnings,
)
from core.inference.quality import assess as assess_prepared
from core.synthetic.lesions import sample_lesion

LIMITS = {"sharpness": 3.0, "dark": 60.0, "bright": 220.0, "clipped": 0.1, "structure": 5.0}
GOOD = {"sharpness": 4.0, "brightness": 140.0, "clipped": 0.0, "structure": 9.0}
LESION = sample_lesion("mel", 3).image


def assess(image: Image) -> Quality:
    return assess_prepared(prepare(image))


@pytest.mark.parametrize(
    ("image", "warning"),
    [(np.full((150, 200, 3), 180, np.uint8), EMPTY), (LESION // 8, DARK), (255 - LESION // 16, BRIGHT)],
    ids=["plain", "dark", "bright"],
)
def test_a_bad_image_gets_its_warning(image, warning):
    assert warning in quality_warnings(assess(image), LIMITS)


@pytest.mark.parametrize(
    ("measure", "limit", "inside", "outside", "warning"),
    [
        ("structure", 5.0, 5.01, 4.99, EMPTY),
        ("brightness", 60.0, 60.1, 59.9, DARK),
        ("brightness", 220.0, 219.9, 220.1, BRIGHT),
        ("clipped", 0.1, 0.09, 0.11, CLIPPED_WARNING),
        ("sharpness", 3.0, 3.01, 2.99, BLURRED),
    ],
)
def test_each_check_warns_beyond_its_limit_alone(measure, limit, inside, outside, warning):
    for good in (limit, inside):
        assert quality_warnings(Quality(**GOOD | {measure: good}), LIMITS) == []
    assert quality_warnings(Quality(**GOOD | {measure: outside}), LIMITS) == [warning]


def test_warnings_are_in_order_of_severity():
    assert quality_warnings(Quality(0, 0, 1, 0), LIMITS) == [EMPTY, DARK, CLIPPED_WARNING, BLURRED]
    assert quality_warnings(Quality(0, 255, 1, 0), LIMITS) == [EMPTY, BRIGHT, CLIPPED_WARNING, BLURRED]


def test_blur_lowers_sharpness():
    blurred = np.asarray(cv2.GaussianBlur(LESION, (0, 0), 6))
    assert assess(blurred).sharpness < assess(LESION).sharpness - 1


def test_brightness_is_the_mean_grey_level():
    assert assess(np.full((150, 200, 3), 77, np.uint8)).brightness == 77


def test_clipped_counts_both_ends_within_four_levels():
    image = np.full((150, 200, 3), 128, np.uint8)
    for rows, level in ((slice(0, 15), 0), (slice(15, 30), 3), (slice(30, 45), 255), (slice(45, 60), 252)):
        image[rows] = level
    image[60:75], image[75:90] = 4, 251
    assert assess(image).clipped == pytest.approx(0.4)


def test_structure_is_measured_in_the_middle_without_grain():
    image = np.full((150, 200, 3), 128, np.uint8)
    edge = image.copy()
    edge[:15] = edge[-15:] = edge[:, :20] = edge[:, -20:] = 0
    assert assess(edge).structure < 1
    spot = image.copy()
    spot[60:90, 80:120] = 0
    assert assess(spot).structure > 20
    grain = np.random.default_rng(0).integers(100, 156, image.shape).astype(np.uint8)
    assert assess(grain).structure < 4


def test_structure_is_the_spread_of_the_middle_three_fifths_after_a_blur_of_three_pixels():
    image = np.random.default_rng(1).integers(0, 256, (150, 200, 3)).astype(np.uint8)
    image[30:120, 40:160] //= 2
    image[40:70, 60:120, 0] = 250
    smooth = gaussian_filter(image.astype(np.float64), (3, 3, 0), mode="mirror")
    expected = np.sqrt(smooth[30:120, 40:160].var(axis=(0, 1)).mean())
    assert assess(image).structure == pytest.approx(expected, rel=2e-3)


def test_a_plain_image_has_a_sharpness_of_zero():
    assert assess(np.full((150, 200, 3), 77, np.uint8)).sharpness == 0


def test_measures_are_in_their_order():
    np.testing.assert_array_equal(Quality(1, 2, 3, 4).as_array(), [1, 2, 3, 4])
    assert MEASURES == ("sharpness", "brightness", "clipped", "structure")


def test_limits_leave_the_stated_share_outside():
    measured = np.random.default_rng(0).random((1000, 4))
    limits = fit_limits(measured, 0.05)
    below = {"sharpness": 0, "dark": 1, "structure": 3}
    above = {"bright": 1, "clipped": 2}
    assert set(limits) == {*below, *above}
    assert all((measured[:, column] < limits[name]).mean() == 0.05 for name, column in below.items())
    assert all((measured[:, column] > limits[name]).mean() == 0.05 for name, column in above.items())
    assert [round(value, 4) for value in limits.values()] == list(limits.values())
    assert fit_limits(measured)["sharpness"] == pytest.approx(np.quantile(measured[:, 0], 0.001), abs=1e-4)
