"""An ensemble: the mean of several trained models' probabilities, each over the four mirrorings of a picture."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.config import TRAINED_MODELS
from core.data.images import Image, load_images
from core.data.metadata import Dataset
from core.data.split_rows import split_for
from core.errors import UserError
from core.labels import DX
from core.models.registry import get_model
from core.models.weights import load_weights
from core.store.results import write_results
from core.training.card_facts import card_facts

if TYPE_CHECKING:
    import keras

MIRRORS = ((1, 1), (1, -1), (-1, 1), (-1, -1))
"""Steps along height and width: a dermatoscopic picture has no up and no left."""
Log = Callable[[str], None]


def build_ensemble(
    name: str, members: Sequence[str], dataset: Dataset, out: Path = TRAINED_MODELS, log: Log = print
) -> Path:
    """Score an ensemble and write its folder: a card that names its members, and predictions.

    Args:
        name: Folder name.
        members: Folders in `out`, each with weights of its own.
        dataset: HAM10000 or a part of it.
        out: trained_models/.
        log: Told one line a member.

    Returns:
        The folder.

    Raises:
        UserError: A member is missing, is no network, or the name is a member's.
    """
    if name in members or not members:
        raise UserError("An ensemble needs members, and a name that is none of theirs.")
    cards = [_member_card(out / member) for member in members]
    start, split = time.monotonic(), split_for(dataset)
    said: dict[str, list[NDArray[np.float64]]] = {"validation": [], "test": []}
    for member, card in zip(members, cards, strict=True):
        model = _load(out / member, card)
        for side, answers in said.items():
            rows = split.index[split["split"] == side]
            images = load_images([dataset.images[i] for i in rows], tuple(card["input_size"]))
            answers.append(predict_mirrored(model, images))
        log(f"{member}: {(time.monotonic() - start) / 60:.1f} min")
    held_out = {side: np.mean(answers, axis=0) for side, answers in said.items()}
    whole = _card(name, cards) | card_facts(split, "lesion", dataset, ("keras", "tensorflow", "numpy"))
    return write_results(out / name, whole, held_out, split)


def predict_mirrored(model: keras.Model, images: Image) -> NDArray[np.float64]:
    """Mean probabilities over the four mirrorings, (n, 7)."""
    from core.training.features import predict

    return np.asarray(np.mean([predict(model, images[:, ::up, ::left]) for up, left in MIRRORS], axis=0))


def _member_card(folder: Path) -> dict[str, Any]:
    try:
        card: dict[str, Any] = json.loads((folder / "card.json").read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"{folder.name} is no trained model; train it with `python -m core train NAME`.") from error
    if "weights" not in card:
        raise UserError(f"{folder.name} has no weights of its own, so it cannot be a member.")
    return card


def _load(folder: Path, card: dict[str, Any]) -> keras.Model:
    model = get_model(card["model"]).build(tuple(card["input_size"]), len(DX))
    load_weights(model, folder / card["weights"]["file"], card["weights"]["sha256"])
    return model


def _card(name: str, cards: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": name,
        "model": name,
        "kind": "ensemble",
        "members": [{"name": card["name"], "weights_sha256": card["weights"]["sha256"]} for card in cards],
        "views": len(MIRRORS),
        "text": f"Mean of {' and '.join(card['name'] for card in cards)}, each over the four mirrorings of a picture.",
        "source": "This project",
        "parameters": sum(card["parameters"] for card in cards),
        "trainable_parameters": sum(card["trainable_parameters"] for card in cards),
        "input_size": cards[0]["input_size"],
        "training_seconds": sum(card["training_seconds"] for card in cards),
        "seed": cards[0]["seed"],
    }
