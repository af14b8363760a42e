"""Which models lie in trained_models/."""

import math
import re
from collections.abc import Mapping
from pathlib import Path

from core import config
from core.errors import UserError
from core.files import require_writable_folder
from core.store.names import CARD, EXPORT, PREDICTIONS, WEIGHTS

MARKS = (CARD, PREDICTIONS, WEIGHTS, EXPORT)
"""A folder that holds one of these is a model's, complete or not."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
TAKEN = ("embeddings", "experiments")
"""Folders in trained_models/ that hold no model."""


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
        there = f"the trained models are {', '.join(folders)}" if folders else "none is trained yet"
        raise UserError(f"There is no trained model {name!r}; {there}. Train one with `python -m core train NAME`.")
    return folders[name]


def new_folder(name: str, root: Path | None = None, need: int = 1) -> Path:
    """Return the folder for a new model; it isn't created yet.

    Args:
        name: Its name, not a path.
        root: Where it goes; default `core.config.TRAINED_MODELS`.
        need: Bytes that will be written there.

    Raises:
        UserError: It isn't a name, or the folder can't be written.

    Example:
        >>> new_folder("../elsewhere")
        Traceback (most recent call last):
        core.errors.UserError: '../elsewhere' isn't a name for a model; use letters, digits, '-', '_' and '.', no path.
    """
    if not NAME.fullmatch(name):
        raise UserError(f"{name!r} isn't a name for a model; use letters, digits, '-', '_' and '.', no path.")
    if name in TAKEN:
        raise UserError(f"trained_models/{name} holds something other than a model; choose another name.")
    folder = (root or config.TRAINED_MODELS) / name
    require_writable_folder(folder, need)
    return folder


def best_first(scored: Mapping[str, float]) -> list[str]:
    """Sort names by falling score; those without one (NaN) come last."""
    return sorted(scored, key=lambda name: (math.isnan(scored[name]), -scored[name]))
