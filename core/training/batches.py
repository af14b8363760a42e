"""Batches for Keras, decided by (seed, epoch, step) alone, so that a resumed run sees what it would have seen."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core.training.augmentation import augment
from core.training.recipes import Augmentation


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Pictures, or cached features of several views of each, in a new order each epoch."""

    def __init__(
        self,
        inputs: NDArray[np.generic],
        labels: NDArray[np.int64],
        *,
        batch_size: int,
        seed: int,
        augmentation: Augmentation | None = None,
        class_weights: NDArray[np.float64] | None = None,
        views: bool = False,
    ) -> None:
        """Prepare the batches.

        Args:
            inputs: (n, height, width, channels) pictures, or with `views` (views, n, ...) features, of which each
                epoch takes one view a picture.
            labels: (n,) class indices.
            batch_size: Rows a batch; the last, smaller batch of an epoch is kept.
            seed: With the epoch and the step, decides order, view and augmentation.
            augmentation: Applied to pictures only.
            class_weights: (classes,) sample weight by class.
            views: The first axis of `inputs` counts views.
        """
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=4)
        self.inputs, self.labels = inputs, labels
        self.batch_size, self.seed = batch_size, seed
        self.augmentation, self.class_weights = augmentation, class_weights
        self.views = len(inputs) if views else 0
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Fix the order (and for features the view of each picture) of the coming epoch."""
        self.epoch = epoch
        rng = np.random.default_rng((self.seed, epoch))
        self.order = rng.permutation(len(self.labels))
        self.view = rng.integers(0, self.views, len(self.labels)) if self.views else None

    def __len__(self) -> int:
        """Steps an epoch."""
        return -(-len(self.labels) // self.batch_size)

    def __getitem__(self, step: int) -> tuple[NDArray[Any], ...]:
        """Inputs, labels and, with class weights, sample weights of one step."""
        rows = self.order[step * self.batch_size : (step + 1) * self.batch_size]
        if self.view is not None:
            batch = self.inputs[self.view[rows], rows]
        else:
            batch = self.inputs[rows]
            if self.augmentation:
                rng = np.random.default_rng((self.seed, self.epoch, step))
                batch = np.stack([augment(image, self.augmentation, rng) for image in batch])
        labels = self.labels[rows]
        inputs = batch.astype(np.float32)
        return (inputs, labels) if self.class_weights is None else (inputs, labels, self.class_weights[labels])
