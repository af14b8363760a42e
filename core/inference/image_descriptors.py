"""Describe an image in a few numbers that no network learned: colours by place, their spread, edges by scale."""

import cv2
import numpy as np
from numpy.typing import NDArray

from core.config import SOURCE_SIZE
from core.inference.crop import PreparedImage

GRID = (3, 4)
"""Rows and columns of the parts whose mean colour counts."""
SCALES = 4
"""Edges are measured at full size and after each halving of it."""
COUNT = 3 * GRID[0] * GRID[1] + 3 + 3 * SCALES + 1


def image_descriptors(image: PreparedImage) -> NDArray[np.float64]:
    """Describe an image.

    Args:
        image: From `core.inference.crop.prepare`.

    Returns:
        (COUNT,): mean CIELAB colour of each part; standard deviation of L, a and b; logarithm of the strength of
        their edges at each scale; logarithm of the grain in L.

    Example:
        >>> from core.inference.crop import prepare
        >>> image_descriptors(prepare(np.zeros((150, 200, 3), np.uint8))).shape
        (52,)
    """
    small = image.resized(SOURCE_SIZE).astype(np.float32) / 255
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32)
    parts = cv2.resize(lab, GRID[::-1], interpolation=cv2.INTER_AREA).ravel()
    grain = lab[..., 0] - cv2.GaussianBlur(lab[..., 0], (0, 0), 1)
    numbers = [parts, cv2.meanStdDev(lab)[1].ravel()]
    level: NDArray[np.float32] = lab
    for _ in range(SCALES):
        numbers.append(_edges(level))
        level = np.asarray(cv2.pyrDown(level), np.float32)
    return np.concatenate([*numbers, [np.log(grain.std() + 0.05)]]).astype(np.float64)


def _edges(lab: NDArray[np.floating]) -> NDArray[np.float64]:
    power = np.zeros((3, 1))
    for axis in (0, 1):
        mean, spread = cv2.meanStdDev(np.diff(lab, axis=axis))
        power = power + mean**2 + spread**2
    return np.asarray(np.log(np.sqrt(power) + 0.05), np.float64).ravel()
