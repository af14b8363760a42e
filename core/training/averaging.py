"""Moving average of weights, kept beside the weights that training moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np


class AveragedWeights(keras.callbacks.Callback):  # type: ignore[misc]
    """Exponential moving average of a model's trainable weights, updated after each batch.

    Keras' own (`use_ema` of an optimizer) replaces the weights at the end of each `fit`, so a run of one `fit` an epoch
    would fall back to the average each time; here training goes on from where it was.
    """

    def __init__(self, model: keras.Model, momentum: float, average: list[Any] | None = None, updates: int = 0) -> None:
        """Start from the weights as they are, or from an average kept before.

        Args:
            model: Whose trainable weights are averaged.
            momentum: Share of the average that one batch leaves. The first batches leave less, (1 + t) / (10 + t)
                after t updates, so that the start is soon forgotten.
            average: As `average` held it when the run was interrupted.
            updates: Updates until then.
        """
        super().__init__()
        self.momentum, self.updates = momentum, updates
        self.weights = model.trainable_variables
        self.average = [np.asarray(value, np.float32).copy() for value in average or self.weights]

    def on_train_batch_end(self, *_: Any, **__: Any) -> None:
        """Move the average towards the weights."""
        self.updates += 1
        momentum = min(self.momentum, (1 + self.updates) / (10 + self.updates))
        for average, weight in zip(self.average, self.weights, strict=True):
            average += (1 - momentum) * (np.asarray(weight) - average)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Put the average in place of the weights for the block."""
        kept = [np.asarray(weight).copy() for weight in self.weights]
        self._assign(self.average)
        try:
            yield
        finally:
            self._assign(kept)

    def _assign(self, values: list[Any]) -> None:
        for weight, value in zip(self.weights, values, strict=True):
            weight.assign(value)
