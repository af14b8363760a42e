"""An ensemble: the mean of several trained models' probabilities, each over the four mirrorings of a picture."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.config import TRAINED_MODELS
from core.data.images import Image, load_images
from core.data.metadata import Dataset
from core.data.split_rows import split_for
from core.errors import UserError
from core.models.trained import load_trained
from core.store.card import Card, read_card
from core.store.names import CARD
from core.store.results import write_results
from core.store.stored import MadeFrom, Member
from core.store.training_facts import DataFacts, TrainingFacts
from core.training.card_facts import LICENCE, data_facts, hardware, versions

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
        model = load_trained(out / member)
        for side, answers in said.items():
            rows = split.index[split["split"] == side]
            images = load_images([dataset.images[i] for i in rows], card.require_input_size())
            answers.append(predict_mirrored(model, images))
        log(f"{member}: {(time.monotonic() - start) / 60:.1f} min")
    held_out = {side: np.mean(answers, axis=0) for side, answers in said.items()}
    return write_results(out / name, _card(name, cards, data_facts(split, "lesion", dataset)), held_out, split)


def predict_mirrored(model: keras.Model, images: Image) -> NDArray[np.float64]:
    """Mean probabilities over the four mirrorings, (n, 7)."""
    from core.training.features import predict

    return np.asarray(np.mean([predict(model, images[:, ::up, ::left]) for up, left in MIRRORS], axis=0))


def _member_card(folder: Path) -> Card:
    if not (folder / CARD).is_file():
        raise UserError(f"{folder.name} is no trained model; train it with `python -m core train NAME`.")
    card = read_card(folder)
    if card.weights is None:
        raise UserError(f"{folder.name} has no weights of its own, so it cannot be a member.")
    return card


def _card(name: str, cards: Sequence[Card], data: DataFacts) -> Card:
    training = TrainingFacts(
        seconds=sum(card.training.seconds for card in cards),
        seed=cards[0].training.seed,
        hardware=hardware(),
        versions=versions("keras", "tensorflow", "numpy"),
    )
    return Card(
        name=name,
        kind="ensemble",
        architecture=name,
        parameters=sum(card.parameters for card in cards),
        data=data,
        training=training,
        text=f"Mean of {' and '.join(card.name for card in cards)}, each over the four mirrorings of a picture.",
        source="This project",
        trainable_parameters=sum(card.trainable_parameters or 0 for card in cards),
        input_size=cards[0].input_size,
        licence=LICENCE,
        members=tuple(Member(card.name, MadeFrom(weights=card.files.weights)) for card in cards),
        flips=len(MIRRORS),
    )
