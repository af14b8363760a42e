"""Which layers of a network are trained, and in which precision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import UserError
from core.training.recipes import Phase

if TYPE_CHECKING:
    import keras


@contextmanager
def precision(name: str) -> Iterator[None]:
    """Set the precision of layers built inside the `with` block: "float32" or "mixed_bfloat16"."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def freeze(model: keras.Model, phase: Phase) -> None:
    """Make exactly the layers trainable that a phase trains.

    Raises:
        UserError: The network lacks the phase's first trainable layer.
    """
    from keras.layers import BatchNormalization

    names = [layer.name for layer in model.layers]
    if phase.trainable_from is not None and phase.trainable_from not in names:
        raise UserError(f"{model.name} has no layer {phase.trainable_from!r} to train from.")
    start = names.index(phase.trainable_from) if phase.trainable_from else 0
    for i, layer in enumerate(model.layers):
        fixed = phase.freeze_batch_norm and isinstance(layer, BatchNormalization)
        layer.trainable = i >= start and not fixed
