"""Images with labels, for training or validation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class LabeledImages:
    """Images and labels, preprocessed for one model.

    Attributes:
        images: uint8, (n, height, width, 3).
        labels: (n,) index into core.labels.DX.
        dataset: (n,) 0 for HAM10000, 1 for MILK10k.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    dataset: NDArray[np.int64]

    def of(self, dataset: int) -> LabeledImages:
        """Select the images of one dataset."""
        rows = self.dataset == dataset
        return LabeledImages(self.images[rows], self.labels[rows], self.dataset[rows])
