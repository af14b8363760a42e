"""Mix pairs of images and their labels: mixup and CutMix, against overfitting."""

import numpy as np
from numpy.typing import NDArray

MIXUP_ALPHA = 0.4
CUTMIX_ALPHA = 1.0


def mix(
    images: NDArray[np.float32], labels: NDArray[np.int64], share: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mix a share of all batches with themselves in another order, half by mixup and half by CutMix.

    Mixup averages two images (Zhang et al. 2018, "mixup: Beyond empirical risk minimization", arXiv:1710.09412); CutMix
    pastes a rectangle of one into the other (Yun et al. 2019, arXiv:1905.04899).

    Args:
        images: (n, height, width, channels).
        labels: (n,) class indices.
        share: Probability that this batch is mixed.
        rng: Source of randomness.

    Returns:
        Images, and (n, 3): label, label of the other image, weight of the first. An unmixed batch has weight 1.

    Example:
        >>> _, targets = mix(np.zeros((2, 4, 4, 3), np.float32), np.array([3, 5]), 0.0, np.random.default_rng(0))
        >>> targets.tolist()
        [[3.0, 3.0, 1.0], [5.0, 5.0, 1.0]]
    """
    if rng.random() >= share:
        return images, _targets(labels, labels, 1.0)
    order = rng.permutation(len(images))
    if rng.random() < 0.5:
        weight = rng.beta(MIXUP_ALPHA, MIXUP_ALPHA)
        mixed = (weight * images + (1 - weight) * images[order]).astype(np.float32)
        return mixed, _targets(labels, labels[order], weight)
    size = np.array(images.shape[1:3])
    side = (size * np.sqrt(1 - rng.beta(CUTMIX_ALPHA, CUTMIX_ALPHA))).astype(int)
    top, left = (rng.random(2) * (size - side + 1)).astype(int)
    mixed = images.copy()
    window = np.s_[:, top : top + side[0], left : left + side[1]]
    mixed[window] = images[order][window]
    return mixed, _targets(labels, labels[order], 1 - side.prod() / size.prod())


def _targets(labels: NDArray[np.int64], others: NDArray[np.int64], weight: float) -> NDArray[np.float32]:
    return np.stack([labels, others, np.full(len(labels), weight)], axis=1).astype(np.float32)
