"""Checkpoints: one file with the whole state of a run, replaced after each epoch."""

import json
from collections.abc import Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from core.errors import UserError
from core.files import replacing
from core.store.upgrade import upgraded_recipe
from core.training.recipes import Recipe


@dataclass
class Progress:
    """Progress of a run.

    Attributes:
        phase: Index of the current phase.
        epoch: Epochs completed in that phase.
        history: Metrics of each epoch, over all phases.
        best: Best validation score so far, by the recipe's `select`; NaN before the first epoch.
        best_epoch: Index into history of the best epoch.
        seconds: Training time so far, including earlier sessions.
        recipe: The run's recipe, as plain data.
        teachers: SHA-256 of the weights of each network that teaches.
        start: SHA-256 of the weights that training started from, if the recipe names a model.
    """

    recipe: dict[str, Any]
    phase: int = 0
    epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    best: float = float("nan")
    best_epoch: int = -1
    seconds: float = 0.0
    teachers: list[str] = field(default_factory=list)
    start: str | None = None

    def stalled(self, patience: int) -> bool:
        """Return whether the best epoch is so many epochs ago that the phase ends."""
        since_best = len(self.history) - 1 - self.best_epoch
        return self.epoch > 0 and min(since_best, self.epoch) >= patience

    def complete(self, recipe: Recipe) -> bool:
        """Return whether the last phase has run to its end, by its epochs or because nothing improved."""
        last = self.phase == len(recipe.phases) - 1
        return last and (self.epoch >= recipe.phases[-1].epochs or self.stalled(recipe.patience))


def save_checkpoint(path: Path, progress: Progress, **variables: Sequence[Any]) -> None:
    """Write progress and named lists of Keras variables to one npz file, which replaces the old one."""
    arrays = {f"{name}/{i:05d}": np.asarray(v) for name, values in variables.items() for i, v in enumerate(values)}
    with replacing(path) as beside, beside.open("wb") as stream:
        np.savez(stream, progress=np.array(json.dumps(asdict(progress))), **arrays)  # type: ignore[arg-type]


def load_checkpoint(path: Path) -> tuple[Progress, dict[str, list[Any]]]:
    """Read a checkpoint written by `save_checkpoint`.

    Raises:
        UserError: The file is damaged.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            progress = Progress(**json.loads(str(arrays["progress"])))
            progress.recipe = upgraded_recipe(progress.recipe)
            variables: dict[str, list[Any]] = {}
            for key in sorted(set(arrays.files) - {"progress"}):
                variables.setdefault(key.split("/")[0], []).append(arrays[key])
    except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise UserError(f"The checkpoint {path} is damaged; delete it or pass --fresh to start again.") from error
    return progress, variables


def assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    """Set Keras variables from arrays.

    Raises:
        UserError: Count or shapes differ, so the checkpoint belongs to another network.
    """
    check_shapes(variables, values)
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def check_shapes(variables: Sequence[Any], values: Sequence[Any]) -> None:
    """Check that arrays have the shapes of these variables.

    Raises:
        UserError: Count or shapes differ, so the checkpoint belongs to another network.
    """
    if [tuple(v.shape) for v in variables] != [tuple(value.shape) for value in values]:
        raise UserError("The checkpoint belongs to another network; pass --fresh to start again.")


def begun(recipe: dict[str, Any], phase: int) -> dict[str, Any]:
    """Return the part of a recipe that can't change once a run is in a phase: all but later phases.

    A recipe from before a field was added has its default, which changes nothing.
    """
    added = {each.name: each.default for each in fields(Recipe) if each.default is not MISSING}
    return added | recipe | {"phases": recipe["phases"][: phase + 1]}


def plain_recipe(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe as read back from JSON (tuples become lists)."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(recipe)))
    return plain
