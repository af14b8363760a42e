"""Make the training sets of a wrong protocol and its honest counterpart equally large."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.config import SEED
from core.labels import DX
from core.resampling.resample import Resampled

Rows = NDArray[np.int64]
Labels = NDArray[np.int64]


def match_sizes(train: Rows, apart: Rows, labels: Labels, seed: int = SEED) -> Rows:
    """Drop training images until each class has as many as in `apart`, to tell a leak from a larger training set.

    Images of test lesions stay, because they are the leak; they are dropped only if no others are left.

    Args:
        train: Training rows of a wrong protocol.
        apart: Training rows of its honest counterpart, without the lesions of the test images.
        labels: (n,) label of every image.
        seed: Decides which images are dropped.

    Returns:
        Sorted rows of `train`.

    Example:
        >>> match_sizes(np.arange(6), np.array([2, 3, 4]), np.array([0, 0, 0, 0, 1, 1])).tolist()[:2]
        [0, 1]
    """
    rng, keep = np.random.default_rng(seed), np.zeros(0, np.int64)
    for i in range(len(DX)):
        of_class = rng.permutation(train[labels[train] == i])
        leaks_first = of_class[np.argsort(np.isin(of_class, apart), kind="stable")]
        keep = np.concatenate([keep, leaks_first[: (labels[apart] == i).sum()]])
    return np.sort(keep)


def take(rows: Resampled, kept: NDArray[np.bool_]) -> Resampled:
    """Keep some of the rows."""
    return Resampled(rows.features[kept], rows.labels[kept], rows.weights[kept], rows.origin[kept])


def thin(rows: Resampled, pool: Rows, apart: Rows, labels: Labels, seed: int) -> Resampled:
    """Drop images with all their copies as `match_sizes` does, and the same share of the synthetic rows."""
    copies = rows.origin >= 0
    images = np.unique(pool[rows.origin[copies]])
    matched = match_sizes(images, np.intersect1d(images, apart), labels, seed)
    before, after = (np.bincount(labels[each], minlength=len(DX)) for each in (images, matched))
    share = (after / np.maximum(before, 1))[rows.labels]
    by_chance = np.random.default_rng(seed).random(len(rows.labels)) < share
    return take(rows, np.where(copies, np.isin(pool[np.where(copies, rows.origin, 0)], matched), by_chance))
