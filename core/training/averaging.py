"""Moving average of the weights during training."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np


class AveragedWeights(keras.callbacks.Callback):  # type: ignore[misc]
    """Exponential moving average of a model's trainable weights, updated after each batch.

    Keras' own (`use_ema` of an optimizer) replaces the weights at the end of each `fit`. Runs here call `fit` once per
    epoch and must continue from the weights themselves, not from the average.
    """

    def __init__(self, model: keras.Model, momentum: float, average: list[Any] | None = None, updates: int = 0) -> None:
        """Start from the current weights, or from the average of an interrupted run.

        Args:
            model: The model whose trainable weights are averaged.
            momentum: Share of the average kept per batch. Early batches keep less, (1 + t) / (10 + t) after t updates,
                so that the initial weights are soon forgotten.
            average: Average of the interrupted run.
            updates: Number of updates in the interrupted run.
        """
        super().__init__()
        self.momentum, self.updates = momentum, updates
        self.weights = model.trainable_variables
        self.average = [np.asarray(value, np.float32).copy() for value in average or self.weights]

    def on_train_batch_end(self, *_: Any, **__: Any) -> None:
        """Move the average towards the current weights."""
        if keras.backend.backend() == "jax":  # keeps the weights to itself during an epoch
            self.model.jax_state_sync()
        self.updates += 1
        momentum = min(self.momentum, (1 + self.updates) / (10 + self.updates))
        for average, weight in zip(self.average, self.weights, strict=True):
            average += (1 - momentum) * (np.asarray(weight) - average)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Use the average in place of the weights inside the `with` block."""
        kept = [np.asarray(weight).copy() for weight in self.weights]
        self._assign(self.average)
        try:
            yield
        finally:
            self._assign(kept)

    def _assign(self, values: list[Any]) -> None:
        for weight, value in zip(self.weights, values, strict=True):
            weight.assign(value)
