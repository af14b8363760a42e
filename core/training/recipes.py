"""Recipes with another schedule; what a recipe is stands in `core.store.recipe`, for a card holds it."""

from dataclasses import replace
from typing import Any

from core.store.recipe import Augmentation, Phase, Recipe

__all__ = ["Augmentation", "Phase", "Recipe", "with_schedule"]


def with_schedule(
    recipe: Recipe,
    epochs: int | None = None,
    learning_rate: float | None = None,
    steps: int | None = None,
    phases: int | None = None,
) -> Recipe:
    """The recipe with every phase's epochs, peak learning rate or batches an epoch replaced, or cut to some phases."""
    asked = {"epochs": epochs, "learning_rate": learning_rate, "steps": steps}
    changes: dict[str, Any] = {key: value for key, value in asked.items() if value is not None}
    return replace(recipe, phases=tuple(replace(phase, **changes) for phase in recipe.phases[:phases]))
