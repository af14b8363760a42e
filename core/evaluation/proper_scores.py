"""Scores of probabilities that are best for the true ones: Brier score and log-loss (proper scoring rules)."""

import numpy as np
from numpy.typing import NDArray

from core.labels import DX
from core.store.predictions import DECIMALS

Labels = NDArray[np.int64]
"""(n,), each an index into core.labels.DX."""
Probabilities = NDArray[np.float64]
"""(n, 7), in the order of core.labels.DX."""
FLOOR = 0.5 * 10.0**-DECIMALS
"""Smaller probabilities are rounded to zero in the predictions table, so nothing is known of them."""


def squared_errors(truth: Labels, probabilities: Probabilities) -> NDArray[np.float64]:
    """Compute each image's squared distance to its one-hot true class, (n,), from 0 to 2.

    Example:
        >>> squared_errors(np.array([5, 4]), np.eye(7)[[5, 5]])
        array([0., 2.])
    """
    errors: NDArray[np.float64] = ((probabilities - np.eye(len(DX))[truth]) ** 2).sum(axis=1)
    return errors


def brier(truth: Labels, probabilities: Probabilities) -> float:
    """Compute the mean squared distance to the one-hot true class over all seven classes, 0 to 2 (Brier 1950).

    Example:
        >>> brier(np.array([5, 5]), np.array([[0, 0, 0, 0, 0, 1.0, 0], [0, 0, 0, 0, 0.5, 0.5, 0]]))
        0.25
    """
    # sklearn's brier_score_loss rejects probabilities that don't sum to exactly 1 after rounding.
    return float(squared_errors(truth, probabilities).mean()) if len(truth) else float("nan")


def losses(truth: Labels, probabilities: Probabilities) -> NDArray[np.float64]:
    """Compute each image's negative log probability (natural logarithm) of the true class, (n,).

    A probability below half the last decimal of a predictions file counts as that.

    Example:
        >>> losses(np.array([5, 4]), np.eye(7)[[5, 5]]).round(2).tolist()
        [-0.0, 12.21]
    """
    return np.asarray(-np.log(np.clip(probabilities[np.arange(len(truth)), truth], FLOOR, 1)))


def balanced_log_loss(truth: Labels, probabilities: Probabilities) -> float:
    """Compute the mean of the classes' mean log-loss; undefined if one of them has no image.

    Args:
        truth: (n,) index into core.labels.DX.
        probabilities: (n, 7) for equally common classes, from `equalize`.

    Example:
        >>> even = np.full((8, 7), 1 / 7)
        >>> round(balanced_log_loss(np.array([0, 1, 2, 3, 4, 5, 6, 6]), even), 4)  # a guess costs log(7)
        1.9459
    """
    images = np.bincount(truth, minlength=len(DX))
    return float((np.bincount(truth, losses(truth, probabilities)) / images).mean()) if images.all() else float("nan")
