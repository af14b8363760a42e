"""Which models lie in trained_models/."""

import math
import os
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
    try:
        with os.scandir(where) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir())
    except OSError:
        return {}
    return {name: where / name for name in names if _is_model(where / name)}


def _is_model(folder: Path) -> bool:
    """Say whether a folder holds a model, by paths as text: each page asks this of every folder at every click."""
    return any(os.path.isfile(f"{folder}/{mark}") for mark in MARKS)  # noqa: PTH113, see above


def model_folder(name: str, root: Path | None = None) -> Path:
    """Folder of one trained model.

    Raises:
        UserError: There is no such model; the message lists those that there are.
    """
    folder = (root or config.TRAINED_MODELS) / name
    if NAME.fullmatch(name) and _is_model(folder):
        return folder
    folders = model_folders(root)
    if name in folders:
        return folders[name]
    there = f"the trained models are {', '.join(folders)}" if folders else "none is trained yet"
    raise UserError(f"There is no trained model {name!r}; {there}. Train one with `python -m core train NAME`.")


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
