import math

import numpy as np
import pytest

from core.config import SOURCE_SIZE
from core.errors import UserError
from core.explain.localization import center_heatmap, fit, fit_center, uniform_fit
from core.store.heatmap_facts import Center


def left_half() -> np.ndarray:
    mask = np.zeros((4, 8), bool)
    mask[:, :4] = True
    return mask


def test_scores_by_hand_at_the_masks_own_size():
    mask = np.zeros((2, 4), bool)
    mask[0, :2] = True
    cam = np.array([[3.0, 0, 0, 0], [0, 0, 0, 1]])
    found = fit(cam, mask)
    assert found.energy == pytest.approx(0.75)
    assert found.pointing == 1
    assert found.iou == pytest.approx(1 / 3)  # the two hottest pixels: one inside, one outside
    assert fit(cam[:, ::-1], mask).pointing == 0


def test_a_heatmap_that_is_the_lesion_is_perfect_and_its_complement_is_nothing():
    assert fit(left_half().astype(float), left_half()) == (1, 1, 1)
    assert fit((~left_half()).astype(float), left_half()) == (0, 0, 0)


def test_ties_are_broken_in_expectation():
    mask = np.zeros((4, 8), bool)
    mask[0, :4] = True
    np.testing.assert_allclose(fit(np.ones((4, 8)), mask), uniform_fit(4 / 32))
    # One hot pixel inside; the three others are drawn from 31 pixels, 3 of them inside.
    cam = np.zeros((4, 8))
    cam[0, 0] = 1
    hits = 1 + 3 * 3 / 31
    assert fit(cam, mask).iou == pytest.approx(hits / (8 - hits))


def test_a_smaller_heatmap_is_enlarged_with_its_cells_centred():
    cam = np.array([[1.0, 0.0]])
    assert fit(cam, left_half()).energy == pytest.approx(0.875)


@pytest.mark.parametrize("cam", [np.zeros((2, 2)), -np.ones((2, 2)), np.full((2, 2), np.nan)])
def test_no_positive_evidence_is_undefined(cam):
    assert all(math.isnan(score) for score in fit(cam, left_half()))


def test_negative_values_take_nothing_away():
    cam = np.where(left_half(), 2.0, -5.0)
    assert fit(cam, left_half()) == (1, 1, 1)


def test_scale_does_not_matter():
    cam = np.random.default_rng(0).random((3, 4))
    np.testing.assert_allclose(fit(cam, left_half()), fit(cam * 1e-7, left_half()), rtol=1e-5)


def test_an_empty_mask_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="marks no lesion"):
        fit(np.ones((2, 2)), np.zeros((4, 4), bool))


def test_the_center_prior_falls_by_one_standard_deviation_on_each_axis():
    heat = center_heatmap(Center(y=0.4, x=0.5, sd_y=0.1, sd_x=0.25), (1000, 1000))
    assert heat[400, 500] == pytest.approx(1, abs=1e-3)
    assert heat[300, 500] == pytest.approx(math.exp(-0.5), abs=5e-3)
    assert heat[400, 750] == pytest.approx(math.exp(-0.5), abs=5e-3)
    assert heat[500, 750] == pytest.approx(math.exp(-1), abs=5e-3)


def test_the_centre_is_where_the_masks_are():
    masks = []
    for top, left, height, width in ((30, 40, 60, 60), (30, 40, 6, 6)):
        mask = np.zeros(SOURCE_SIZE, bool)
        mask[top : top + height, left : left + width] = True
        masks.append(mask)
    center = fit_center(masks)
    assert center.y == pytest.approx((60 + 33) / 2 / 150)
    assert center.x == pytest.approx((70 + 43) / 2 / 200)
    one = fit_center(masks[:1])
    assert one.sd_y == pytest.approx(60 / 150 / math.sqrt(12), rel=1e-3)
    with pytest.raises(UserError, match="no lesion mask"):
        fit_center([])


def test_the_centre_heatmap_is_hottest_at_its_mean_and_falls_by_its_spread():
    heat = center_heatmap(Center(0.5, 0.25, 0.1, 0.2), (101, 201))
    assert np.unravel_index(heat.argmax(), heat.shape) == (50, 50)
    share = heat.sum(axis=1) / heat.sum()
    at = (np.arange(101) + 0.5) / 101
    assert np.sqrt(share @ (at - share @ at) ** 2) == pytest.approx(0.1, rel=0.01)
