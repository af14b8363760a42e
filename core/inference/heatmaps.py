"""Heatmaps as arrays, (rows, columns, classes) from the exported graph to the page. No Keras here."""

from collections.abc import Sequence
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
HeatmapMethod = Literal["LayerCAM", "Grad-CAM"]
METHODS: tuple[HeatmapMethod, ...] = get_args(HeatmapMethod)
"""How the app explains a prediction: the one that is shown first where a model offers it, and the sources' own."""


def normalize(heatmaps: NDArray[np.floating], axes: tuple[int, int] = (0, 1)) -> Array:
    """Divide each heatmap by its own maximum.

    Args:
        heatmaps: (rows, columns, ...), >= 0.
        axes: Which axes are rows and columns; (1, 2) for a stack of single heatmaps, (n, rows, columns).

    Returns:
        Same shape, in [0, 1]; a heatmap without positive evidence stays zero everywhere.

    Example:
        >>> normalize(np.array([[0.0, 2.0], [4.0, 1.0]]))
        array([[0.  , 0.5 ],
               [1.  , 0.25]], dtype=float32)
    """
    peak = heatmaps.max(axis=axes, keepdims=True)
    out = np.zeros(heatmaps.shape, np.float32)
    np.divide(heatmaps, peak, out=out, where=peak > 0, casting="unsafe")
    return out


def enlarge(heatmap: NDArray[np.floating], size: tuple[int, int]) -> Array:
    """Enlarge the positive part of one heatmap, divided by its maximum.

    Args:
        heatmap: (rows, columns).
        size: (height, width) to enlarge it to, bilinearly; each cell stays centred on its part of the image.

    Returns:
        (height, width), in [0, 1].

    Example:
        >>> enlarge(np.array([[0.0, 2.0]]), (1, 4))
        array([[0.  , 0.25, 0.75, 1.  ]], dtype=float32)
    """
    positive = np.maximum(np.asarray(heatmap, np.float32), 0)
    positive = positive / (positive.max() or 1)
    return np.asarray(cv2.resize(positive, (size[1], size[0]), interpolation=cv2.INTER_LINEAR))


def mean_heatmaps(members: Sequence[Array]) -> Array:
    """Average the heatmaps of several models.

    Each heatmap is divided by its maximum first, because the logits of different models have no common scale, and
    enlarged to the finest grid.

    Args:
        members: (rows, columns, classes) of each model; grids may differ.

    Returns:
        (rows, columns, classes) on the finest grid.

    Example:
        >>> fine, coarse = np.ones((4, 4, 7), np.float32), np.zeros((2, 2, 7), np.float32)
        >>> float(mean_heatmaps([fine, coarse])[0, 0, 0])
        0.5
    """
    rows, columns = max((each.shape[:2] for each in members), key=lambda size: int(np.prod(size)))
    enlarged = [[enlarge(each[..., i], (rows, columns)) for i in range(each.shape[-1])] for each in members]
    return np.moveaxis(np.mean(enlarged, axis=0, dtype=np.float32), 0, -1)
