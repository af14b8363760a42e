import numpy as np
import pytest

from core.release.alterations import ALTERATIONS, as_file
from core.synthetic.lesions import sample_lesion

IMAGE = sample_lesion("nv", 1).image


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_alteration_changes_the_image_repeatably_and_leaves_the_input_alone(name: str) -> None:
    before = IMAGE.copy()
    one, two = (ALTERATIONS[name](IMAGE, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(IMAGE, before)
    assert one.dtype == np.uint8 and one.ndim == 3
    assert one.shape != IMAGE.shape or np.abs(one.astype(int) - IMAGE).mean() > 0.1


def test_a_scope_blackens_the_corners_and_keeps_the_middle() -> None:
    found = ALTERATIONS["scope circle"](IMAGE, np.random.default_rng(0))
    height, width = IMAGE.shape[:2]
    assert found[0, 0].max() == found[-1, -1].max() == 0
    np.testing.assert_array_equal(found[height // 2, width // 2], IMAGE[height // 2, width // 2])


def test_shades_of_gray_takes_the_colour_out_of_the_light() -> None:
    tinted = (IMAGE * np.array([1.0, 0.7, 0.5])).astype(np.uint8)
    found = ALTERATIONS["shades of gray"](tinted, np.random.default_rng(0)).astype(float)
    light = (found**6).mean(axis=(0, 1)) ** (1 / 6)
    assert np.ptp(light) < 6 < np.ptp((tinted.astype(float) ** 6).mean(axis=(0, 1)) ** (1 / 6))


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
def test_compression_loses_a_little_and_png_nothing(kind: str) -> None:
    rng = np.random.default_rng(0)
    assert as_file(IMAGE, "png", rng) is IMAGE
    found = as_file(IMAGE, kind, rng)
    assert found.shape == IMAGE.shape
    assert 0 < np.abs(found.astype(int) - IMAGE).mean() < 12
