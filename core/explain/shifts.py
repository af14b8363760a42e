"""Heatmaps on a grid twice as fine: the mean over shifts of the image by half a cell."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Explain = Callable[[NDArray[np.generic]], tuple[Array, Array]]
"""Takes images, (n, height, width, 3); returns probabilities, (n, 7), and heatmaps, (n, rows, columns)."""
SHIFTS = ((0, 0), (1, 0), (0, 1), (1, 1))
"""Down and across, in halves of a cell."""


def over_shifts(explain: Explain, images: NDArray[np.generic]) -> tuple[Array, Array]:
    """Explain shifted images, and average the heatmaps where they belong.

    Args:
        explain: Explains images as they are.
        images: (n, height, width, 3).

    Returns:
        Probabilities (n, 7) of the images as they are, and heatmaps (n, 2 * rows, 2 * columns).
    """
    (height, width), (probabilities, cams) = images.shape[1:3], explain(images)
    rows, columns = cams.shape[1:]
    whole = np.zeros((len(images), height, width), np.float32)
    for y, x in SHIFTS:
        down, across = round(y * height / rows / 2), round(x * width / columns / 2)
        edges = ((0, 0), (0, down), (0, across), (0, 0))
        there = explain(np.pad(images, edges, "edge")[:, down:, across:])[1] if y or x else cams
        large = np.stack([cv2.resize(cam, (width, height)) for cam in there])
        whole += np.pad(large, ((0, 0), (down, 0), (across, 0)), "edge")[:, :height, :width] / len(SHIFTS)
    fine = [cv2.resize(each, (2 * columns, 2 * rows), interpolation=cv2.INTER_AREA) for each in whole]
    return probabilities, np.stack(fine)
