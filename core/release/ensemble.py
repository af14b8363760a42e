"""Combine trained models to an ensemble: a card that names its members, and its predictions on held-out images."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.config import TRAINED_MODELS
from core.data.images import read_image
from core.data.metadata import Dataset
from core.data.split_rows import split_for
from core.errors import UserError
from core.inference.crop import prepare
from core.inference.model import FLIPS, Ensemble, Model, Network, flip_probabilities
from core.inference.pool import SIZE
from core.store.card import Card, read_card
from core.store.datasets import learned_from, licence
from core.store.names import CARD
from core.store.results import write_results
from core.store.stored import MadeFrom, Member
from core.store.training_facts import DataFacts, TrainingFacts
from core.training.card_facts import data_facts, hardware, versions

WAIT = 600.0
"""Seconds that an image may wait for an interpreter."""
Log = Callable[[str], None]


def build_ensemble(
    name: str, members: Sequence[str], dataset: Dataset, out: Path = TRAINED_MODELS, log: Log = print
) -> Path:
    """Predict the validation and test images with an ensemble and write its folder.

    Args:
        name: Folder name.
        members: Folders in `out`, trained and exported.
        dataset: HAM10000 or a part of it.
        out: trained_models/.
        log: Called with one line per split.

    Returns:
        The folder.

    Raises:
        UserError: A member is missing, isn't a network or isn't exported, or the name is a network's.
    """
    if name in members or not members:
        raise UserError("An ensemble needs at least one member and a name that no member has.")
    if (out / name / CARD).is_file() and not read_card(out / name).members:
        raise UserError(f"{name} is a trained model; choose another name for the ensemble.")
    cards = [_member_card(out / member) for member in members]
    ensemble = Ensemble(name, [Network(out / member, WAIT) for member in members])
    start, split = time.monotonic(), split_for(dataset)
    held_out: dict[str, NDArray[np.float64]] = {}
    for part in ("validation", "test"):
        paths = [dataset.images[i] for i in split.index[split["split"] == part]]
        held_out[part] = predict_paths(ensemble, paths)
        log(f"{part}: {len(paths):,} images after {(time.monotonic() - start) / 60:.1f} min")
    return write_results(out / name, _card(name, cards, data_facts(split, "lesion", dataset)), held_out, split)


def predict_paths(model: Model, paths: Sequence[Path]) -> NDArray[np.float64]:
    """Predict dataset images, (n, 7), of an ensemble the mean over members and flips, as `core.inference.pipeline`."""
    flips = FLIPS if model.averages_flips else FLIPS[:1]

    def one(path: Path) -> NDArray[np.float64]:
        return np.asarray(flip_probabilities(model, prepare(read_image(path)), flips=flips).mean(axis=0))

    with ThreadPoolExecutor(SIZE) as threads:
        return np.stack(list(threads.map(one, paths)))


def _member_card(folder: Path) -> Card:
    if not (folder / CARD).is_file():
        raise UserError(f"{folder.name} is not a trained model. Train it with `python -m core train NAME`.")
    card = read_card(folder)
    if card.weights is None:
        raise UserError(f"{folder.name} has no weights of its own, so it can't be a member.")
    return card


def _card(name: str, cards: Sequence[Card], data: DataFacts) -> Card:
    training = TrainingFacts(
        seconds=sum(card.training.seconds for card in cards),
        seed=cards[0].training.seed,
        hardware=hardware(),
        versions=versions("ai-edge-litert", "numpy"),
    )
    return Card(
        name=name,
        kind="ensemble",
        architecture=name,
        parameters=sum(card.parameters for card in cards),
        data=data,
        training=training,
        text=f"Mean of {' and '.join(card.name for card in cards)}, each over the four flips of an image.",
        source="This project",
        trainable_parameters=sum(card.trainable_parameters or 0 for card in cards),
        input_size=max((card.input_size for card in cards if card.input_size), default=None),
        licence=licence(dict.fromkeys(name for card in cards for name in learned_from(card))),
        members=tuple(Member(card.name, MadeFrom(weights=card.files.weights)) for card in cards),
        flips=len(FLIPS),
    )
