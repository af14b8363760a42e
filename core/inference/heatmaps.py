"""Heatmaps as arrays: what the app and the offline commands do alike with them. No Keras here."""

import numpy as np
from numpy.typing import NDArray


def normalize(cams: NDArray[np.floating]) -> NDArray[np.float32]:
    """Divide each heatmap by its own maximum.

    Args:
        cams: (..., rows, columns), >= 0.

    Returns:
        Same shape, in [0, 1]; a heatmap without positive evidence stays zero all over.
    """
    peak = cams.max(axis=(-2, -1), keepdims=True)
    out = np.zeros(cams.shape, np.float32)
    np.divide(cams, peak, out=out, where=peak > 0, casting="unsafe")
    return out
