import cv2
import numpy as np
import pytest

from core.synthetic import model
from core.synthetic.measure import describe_texture, measure

SHAPE = (150, 200)


def test_a_round_lesion_is_measured_as_drawn() -> None:
    y, x = np.mgrid[:150, :200]
    mask = np.hypot(x - 80, y - 70) < 30
    image = np.where(mask[..., None], (120, 70, 50), (230, 180, 170)).astype(np.uint8)
    lesion = measure(image, mask)
    assert lesion is not None
    assert lesion.geometry.x == pytest.approx(80, abs=0.5)
    assert lesion.geometry.y == pytest.approx(70, abs=0.5)
    assert np.exp(lesion.geometry.border[0]) == pytest.approx(30, rel=0.03)
    assert np.abs(lesion.geometry.border[1:]).max() < 0.02
    skin, inside = cv2.cvtColor(np.float32([[[230, 180, 170], [120, 70, 50]]]) / 255, cv2.COLOR_RGB2LAB)[0]
    np.testing.assert_allclose(lesion.skin[0], skin, atol=0.5)
    np.testing.assert_allclose(lesion.square[32, 32], inside - skin, atol=1)
    assert not lesion.dark.any()
    unit, angle = model.lesion_radius(lesion.geometry)
    back = model.from_square(lesion.square.astype(np.float64), unit, angle)
    assert np.abs(back - lesion.difference)[np.abs(unit - 1) > 0.15].max() < 1.5


def test_empty_and_full_masks_are_passed_over() -> None:
    image = np.full((*SHAPE, 3), 200, np.uint8)
    assert measure(image, np.zeros(SHAPE, bool)) is None
    assert measure(image, np.ones(SHAPE, bool)) is None


def test_texture_is_drawn_with_the_spread_and_correlations_that_were_measured() -> None:
    rng = np.random.default_rng(0)
    flat = describe_texture(rng.standard_normal((*SHAPE, 3)), np.ones(SHAPE), 1)
    traits = flat.traits + np.array([1, 1, 1, 0.4, -0.3, 0.6, -0.8, 0.3])
    layer = model.Layer(np.sqrt(flat.power), model.MARGINAL_GRID, traits)
    drawn = model.texture(layer, np.fft.rfft2(rng.standard_normal((3, *SHAPE))))
    np.testing.assert_allclose(describe_texture(drawn, np.ones(SHAPE), 1).traits, traits, atol=0.1)
    assert np.isnan(describe_texture(drawn, np.zeros(SHAPE), 1).traits).all()
