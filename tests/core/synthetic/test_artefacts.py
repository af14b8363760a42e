import numpy as np
import pytest

from core.config import SOURCE_SIZE
from core.synthetic.artefacts import draw_dark_corners, draw_hairs, lab_to_rgb

SKIN = np.full((*SOURCE_SIZE, 3), (70.0, 10.0, 15.0))


@pytest.mark.parametrize(
    ("lab", "rgb"),
    [
        ((100, 0, 0), (255, 255, 255)), ((0, 0, 0), (0, 0, 0)), ((53.24, 80.09, 67.2), (255, 0, 0)),
        ((32.3, 79.19, -107.86), (0, 0, 255)), ((53.59, 0, 0), (128, 128, 128)),
    ],
)  # fmt: skip
def test_known_colors_come_out(lab: tuple[float, ...], rgb: tuple[int, ...]) -> None:
    np.testing.assert_allclose(lab_to_rgb(np.array([[lab]], float))[0, 0].astype(int), rgb, atol=1)


def test_hairs_darken_a_few_pixels_and_no_hairs_none() -> None:
    np.testing.assert_array_equal(draw_hairs(SKIN, 0, np.random.default_rng(0)), SKIN)
    drawn = draw_hairs(SKIN, 8, np.random.default_rng(0))
    darker = drawn[..., 0] < 69
    assert 0.005 < darker.mean() < 0.3
    assert (drawn[..., 0] <= 70 + 1e-9).all()


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_corners_are_dark_and_the_middle_is_not(share: float) -> None:
    drawn = draw_dark_corners(SKIN, share, np.random.default_rng(0))[..., 0]
    assert (drawn < 30).mean() == pytest.approx(share, abs=0.03)
    assert drawn[0, 0] < 10 and drawn[75, 100] > 69
