"""The mean over shifts tells on which side of a cell a place lies."""

import numpy as np
from numpy.typing import NDArray

from core.explain.shifts import over_shifts


def brightness(images: NDArray[np.generic]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean of each of 3 x 4 cells of 8 pixels; the first class's probability is the image's mean."""
    grey = np.asarray(images, np.float32)[..., 0].reshape(len(images), 3, 8, 4, 8).mean(axis=(2, 4))
    return np.repeat(grey.mean(axis=(1, 2))[:, None], 7, axis=1), grey


def test_a_place_is_found_within_half_a_cell() -> None:
    images = np.zeros((2, 24, 32, 3), np.float32)
    images[0, 12:16, 20:24], images[1, 8:12, 8:12] = 255, 255  # lower right of its cell, and upper left
    probabilities, cams = over_shifts(brightness, images)
    assert cams.shape == (2, 6, 8)
    assert [np.unravel_index(cam.argmax(), cam.shape) for cam in cams] == [(3, 5), (2, 2)]
    np.testing.assert_array_equal(probabilities, brightness(images)[0])
