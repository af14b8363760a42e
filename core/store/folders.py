"""Which models lie in trained_models/."""

import math
from collections.abc import Mapping
from pathlib import Path

from core import config
from core.errors import UserError
from core.store.names import CARD, EXPORT, PREDICTIONS, WEIGHTS

MARKS = (CARD, PREDICTIONS, WEIGHTS, EXPORT)
"""A folder that holds one of these is a model's, complete or not."""


def model_folders(root: Path | None = None) -> dict[str, Path]:
    """Folder of each trained model, complete or damaged, by name.

    Args:
        root: Default `core.config.TRAINED_MODELS`.
    """
    where = root or config.TRAINED_MODELS
    if not where.is_dir():
        return {}
    folders = sorted(path for path in where.iterdir() if path.is_dir())
    return {path.name: path for path in folders if any((path / mark).is_file() for mark in MARKS)}


def model_folder(name: str, root: Path | None = None) -> Path:
    """Folder of one trained model.

    Raises:
        UserError: There is no such model; the message lists those that there are.
    """
    folders = model_folders(root)
    if name not in folders:
        there = f"trained are {', '.join(folders)}" if folders else "none is trained yet"
        raise UserError(f"There is no trained model {name!r}; {there}. Train one with `python -m core train NAME`.")
    return folders[name]


def best_first(scored: Mapping[str, float]) -> list[str]:
    """Sort names by falling score; those without one (NaN) come last."""
    return sorted(scored, key=lambda name: (math.isnan(scored[name]), -scored[name]))
