"""Optimizers and learning-rate schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.training.recipes import Phase, Recipe

if TYPE_CHECKING:
    import keras

WARM_UP = 0.05
"""Share of a phase's steps used for linear warm-up."""
LEAST_RATE = 1e-7


def build_optimizer(recipe: Recipe, phase: Phase, steps: int) -> keras.optimizers.Optimizer:
    """Build the optimizer of a phase: Adam or AdamW, with a constant rate or linear warm-up and cosine decay.

    Args:
        recipe: Its `optimizer` and `weight_decay` apply.
        phase: Its learning-rate fields apply.
        steps: Batches per epoch.
    """
    from keras import optimizers

    rate: Any = phase.learning_rate
    if phase.cosine:
        total = steps * phase.epochs
        warm = max(1, int(total * WARM_UP))
        rate = optimizers.schedules.CosineDecay(
            0.0, max(1, total - warm), warmup_target=phase.learning_rate, warmup_steps=warm
        )
    if recipe.optimizer == "adam":
        return optimizers.Adam(rate)
    return optimizers.AdamW(rate, weight_decay=recipe.weight_decay)


def plateau_rate(phase: Phase, scores: list[float]) -> float:
    """Compute the next epoch's learning rate: halved after each `phase.plateau` epochs without a better score.

    Like Keras' ReduceLROnPlateau with factor 0.5, but computed from the whole phase, so that a resumed run needs no
    counter.

    Args:
        scores: Validation accuracy of each epoch of the phase so far.
    """
    rate, best, waited = phase.learning_rate, float("-inf"), 0
    for score in scores:
        waited = 0 if score > best else waited + 1
        best = max(best, score)
        if waited >= phase.plateau:
            rate, waited = max(rate / 2, LEAST_RATE), 0
    return rate
