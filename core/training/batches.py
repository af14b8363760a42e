"""Batches for Keras. They depend only on (seed, epoch, step), so that a resumed run sees the same batches."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core.training.augmentation import augment
from core.training.mixing import mix
from core.training.recipes import Augmentation


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Images, or cached features of several views of each, in a new order each epoch."""

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
        image_index: NDArray[np.int64] | None = None,
        balanced: bool = False,
        steps: int = 0,
        multiple_of: int = 1,
        mixed: float = 0.0,
        targets: NDArray[np.float32] | None = None,
    ) -> None:
        """Prepare the batches.

        Args:
            inputs: (n, height, width, channels) images; or with `views`, (views, n, ...) features, of which each epoch
                uses one view per image.
            labels: (rows,) class indices.
            batch_size: Rows per batch; the last batch of an epoch may be smaller.
            seed: With the epoch and the step, determines order, view and augmentation.
            augmentation: Applied to images only.
            class_weights: (classes,) sample weight by class.
            views: Whether the first axis of `inputs` is the view.
            image_index: (rows,) index of each row's input; default: row i uses input i.
            balanced: Sample rows with replacement so that all classes are equally frequent.
            steps: Batches per epoch; 0 uses every row once.
            multiple_of: Drop rows so that the size of the last batch is a multiple of this.
            mixed: Share of batches whose images are mixed in pairs; if not 0, labels are those of
                `core.training.mixing.mix`. Excludes class weights.
            targets: (views, n, classes) a teacher's probabilities; if given, labels are (rows, 1 + classes), the label
                and the teacher's probabilities for the view.

        Raises:
            ValueError: Targets without views, which they belong to.
        """
        if targets is not None and not views:
            raise ValueError("a teacher's probabilities are those of views, and these inputs have none")
        super().__init__(workers=4 if augmentation else 1, use_multiprocessing=False, max_queue_size=4)
        self.inputs, self.labels = inputs, labels
        self.batch_size, self.seed = batch_size, seed
        self.augmentation, self.class_weights = augmentation, class_weights
        self.views = len(inputs) if views else 0
        self.mixed, self.targets = mixed, targets
        self.image_index = np.arange(len(labels)) if image_index is None else image_index
        self.chances = _equal_chances(labels) if balanced else None
        rows = len(labels) - len(labels) % multiple_of
        self.steps = min(filter(None, (steps, -(-rows // batch_size))))
        self.rows = min(rows, self.steps * batch_size)
        self.set_epoch(0)

    def show(self, inputs: NDArray[np.generic], targets: NDArray[np.float32]) -> None:
        """Replace views and targets; those of the next epoch are drawn among these."""
        self.inputs, self.targets, self.views = inputs, targets, len(inputs)

    def set_epoch(self, epoch: int) -> None:
        """Set the order, and for features the view of each image, of the next epoch."""
        self.epoch = epoch
        rng = np.random.default_rng((self.seed, epoch))
        n = len(self.labels)
        order = rng.permutation(n) if self.chances is None else rng.choice(n, n, p=self.chances)
        self.order = order[: self.rows]
        self.view = rng.integers(0, self.views, len(self.labels)) if self.views else None

    def __len__(self) -> int:
        """Return the number of batches per epoch."""
        return self.steps

    def __getitem__(self, step: int) -> tuple[NDArray[Any], ...]:
        """Return inputs, labels and, with class weights, sample weights of one batch."""
        rows = self.order[step * self.batch_size : (step + 1) * self.batch_size]
        shown = self.image_index[rows]
        if self.view is not None:
            batch = self.inputs[self.view[rows], shown]
        else:
            batch = self.inputs[shown]
            if self.augmentation:
                rng = np.random.default_rng((self.seed, self.epoch, step))
                batch = np.stack([augment(image, self.augmentation, rng) for image in batch])
        labels = self.labels[rows]
        inputs = batch.astype(np.float32)
        if self.targets is not None and self.view is not None:
            labels = np.column_stack([labels, self.targets[self.view[rows], shown]]).astype(np.float32)
        if self.mixed:
            return mix(inputs, labels, self.mixed, np.random.default_rng((self.seed, self.epoch, step, 1)))
        if self.class_weights is None:
            return inputs, labels
        return inputs, labels, self.class_weights[self.labels[rows]]


def _equal_chances(labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Compute the sampling probability of each row, (rows,), that makes all present classes equally likely."""
    chances = 1 / np.bincount(labels)[labels]
    return np.asarray(chances / chances.sum(), np.float64)
