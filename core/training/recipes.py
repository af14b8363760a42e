"""Check a recipe, or change its schedule. The types are in `core.store.recipe`, because cards contain recipes."""

from dataclasses import replace
from typing import Any

from core.errors import UserError
from core.store.recipe import Augmentation, Phase, Recipe

__all__ = ["Augmentation", "Phase", "Recipe", "check_recipe", "with_schedule"]


def check_recipe(recipe: Recipe) -> None:
    """Raise if fields of a recipe exclude each other.

    Raises:
        UserError: It weights the classes of mixed images, or has no use for its teacher.
    """
    if recipe.mix and recipe.class_weights:
        raise UserError("Mixed images have no class of their own to weight; leave out class weights or mixing.")
    if recipe.teacher and (recipe.mix or recipe.augmentation is None):
        raise UserError("A teacher needs augmented views and unmixed images; change the recipe.")


def with_schedule(
    recipe: Recipe,
    epochs: int | None = None,
    learning_rate: float | None = None,
    steps: int | None = None,
    phases: int | None = None,
    cached_views: int | None = None,
) -> Recipe:
    """Replace epochs, peak learning rate or batches per epoch of every phase, or keep only the first phases.

    `cached_views` replaces the number of views in the phases that learn from cached features.
    """
    asked = {"epochs": epochs, "learning_rate": learning_rate, "steps": steps}
    changes: dict[str, Any] = {key: value for key, value in asked.items() if value is not None}
    kept = [replace(phase, **changes) for phase in recipe.phases[:phases]]
    if cached_views is not None:
        kept = [replace(phase, cached_views=cached_views) if phase.cached_views else phase for phase in kept]
    return replace(recipe, phases=tuple(kept))
