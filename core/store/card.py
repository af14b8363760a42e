"""The card of a trained model: what ran, on what, and which files belong to it (trained_models/NAME/card.json)."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core import config
from core.errors import UserError
from core.files import replacing, sha256
from core.labels import DX

CARD = "card.json"
PREDICTIONS = "predictions.csv"
HISTORY = "history.csv"
REQUIRED = ("name", "model", "parameters", "split", "train_counts")
WITHOUT_WEIGHTS = ("baseline", "ensemble", "experiment")
"""Kinds of card that need no weights of their own: a baseline may have none, an ensemble has its members'."""
MARKS = (CARD, PREDICTIONS, "weights.npz", "model.tflite")
"""A folder that holds one of these is a model's, whole or not."""

Card = dict[str, Any]


def model_folders(root: Path | None = None) -> dict[str, Path]:
    """Folder of each trained model, whole or damaged, by name.

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
        UserError: No such model; the message lists those that are there.
    """
    folders = model_folders(root)
    if name not in folders:
        there = f"trained are {', '.join(folders)}" if folders else "none is trained yet"
        raise UserError(f"There is no trained model {name!r}; {there}. Train one with `python -m core train NAME`.")
    return folders[name]


def read_card(folder: Path) -> Card:
    """The card of the model in `folder`.

    Raises:
        UserError: It is missing, cut short, no JSON object, lacks a key (weights too, unless it is of a kind that
            has none), or names another model.
    """
    path = folder / CARD
    where = f"{folder.name}/{CARD}"
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{where} is missing; fetch it again or train the model.") from None
    except (ValueError, OSError) as error:
        raise UserError(f"{where} is cut short or no JSON; fetch it again or train the model.") from error
    if not isinstance(card, dict):
        raise UserError(f"{where} holds no JSON object; fetch it again or train the model.")
    own = () if "members" in card or card.get("kind") in WITHOUT_WEIGHTS else ("weights",)
    lacking = [key for key in (*REQUIRED, *own) if key not in card]
    if lacking:
        raise UserError(f"{where} lacks {', '.join(lacking)}; fetch it again or train the model.")
    if card["name"] != folder.name:
        raise UserError(f"{where} is the card of {card['name']!r}, not of {folder.name!r}; fetch it again.")
    return card


def write_card(folder: Path, card: Card) -> None:
    """Write a card; NaN becomes null, for JSON has no NaN."""
    with replacing(folder / CARD) as beside:
        beside.write_text(json.dumps(_without_nan(card), indent=2, allow_nan=False) + "\n", encoding="utf-8")


def read_history(folder: Path) -> pd.DataFrame:
    """A model's figures epoch by epoch.

    Returns:
        Columns epoch (from 0), phase (from 0), loss (training), val_loss, val_accuracy, val_balanced_accuracy; more
        or fewer figures are possible, the first two always stand.

    Raises:
        UserError: The file is missing, cut short or holds words.
    """
    path = folder / HISTORY
    try:
        table = pd.read_csv(path).astype(float)
    except FileNotFoundError:
        raise UserError(f"{folder.name}/{HISTORY} is missing; fetch it again or train the model.") from None
    except (ValueError, OSError) as error:
        raise UserError(f"{folder.name}/{HISTORY} is not a table of numbers; fetch it again.") from error
    if not {"epoch", "phase"} <= set(table.columns) or table.empty or table[["epoch", "phase"]].isna().any(axis=None):
        raise UserError(f"{folder.name}/{HISTORY} lacks epochs or phases; fetch it again or train the model.")
    return table.astype({"epoch": int, "phase": int})


def file_facts(path: Path) -> dict[str, Any]:
    """What a card says of a file: name, SHA-256 and bytes."""
    return {"file": path.name, "sha256": sha256(path), "bytes": path.stat().st_size}


def check_file(folder: Path, card: Card, key: str) -> None:
    """Raise if a file that the card names is not the one it was written for.

    Args:
        key: The card's entry: "weights", "export", "predictions" or "cams".

    Raises:
        UserError: The entry is no file's, or the file is missing or altered.
    """
    facts = card[key]
    if not isinstance(facts, dict) or not {"file", "sha256"} <= set(facts):
        raise UserError(f"{folder.name}/{CARD}: {key} names no file and hash; fetch it again or train the model.")
    path = folder / Path(str(facts["file"])).name
    if not path.is_file():
        raise UserError(f"{folder.name}/{path.name} is missing; fetch it again or train the model.")
    if sha256(path) != facts["sha256"]:
        raise UserError(f"{folder.name}/{path.name} is not the file that its card describes (SHA-256); fetch it again.")


def check_members(folder: Path, card: Card) -> list[Path]:
    """Raise if an ensemble was made of other networks than its members are now.

    Args:
        card: Its "members" is a list of objects with name, and weights_sha256 (of the member's weights) or sha256 (of
            its predictions.csv); without the entry there is nothing to check.

    Returns:
        The members' folders.

    Raises:
        UserError: A member is missing or has changed, or the entry is no such list.
    """
    where, again = f"{folder.name}/{CARD}", "make the ensemble again"
    members = card.get("members", [])
    if not isinstance(members, list) or not all(isinstance(member, dict) and "name" in member for member in members):
        raise UserError(f"{where}: members is not a list of names and hashes; {again}.")
    folders = [folder.parent / Path(str(member["name"])).name for member in members]
    for path, member in zip(folders, members, strict=True):
        if not (path / CARD).is_file():
            raise UserError(f"{where}: its member {path.name} is missing; fetch {path.name} again or {again}.")
        theirs = read_card(path)
        now = {"weights_sha256": theirs.get("weights", {}).get("sha256")}
        now["sha256"] = theirs.get("predictions", {}).get("sha256")
        if any(member[key] != value for key, value in now.items() if key in member):
            raise UserError(f"{where}: its member {path.name} has been trained anew since; {again}.")
    return folders


def class_prior(card: Card) -> NDArray[np.float64]:
    """Share of each diagnosis among the pictures that the model learned from.

    Returns:
        (7,) in the order of core.labels.DX; sums to 1.

    Raises:
        UserError: The counts are not seven non-negative numbers.
    """
    counts = card["train_counts"]
    numbers = [counts.get(dx) for dx in DX] if isinstance(counts, dict) and set(counts) <= set(DX) else [None]
    if not all(isinstance(n, int | float) and math.isfinite(n) and n >= 0 for n in numbers) or not any(numbers):
        raise UserError(f"{card['name']}/{CARD}: train_counts is not one count for each of {', '.join(DX)}.")
    prior = np.array(numbers, np.float64)
    return np.asarray(prior / prior.sum())


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
