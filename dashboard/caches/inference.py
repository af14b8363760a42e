"""The caches behind the pages where a model predicts images: open models and test images."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pandas as pd
import streamlit as st

from core.config import SEED
from core.data.images import Image
from core.data.splits import load_splits
from core.errors import UserError
from core.files import state_of, state_of_folder
from core.inference.model import Model
from core.inference.pipeline import Pipeline, Prediction
from core.labels import DX
from core.store.card import read_card
from core.store.folders import best_first, model_folder, model_folders
from core.store.model_selection import validation_score
from core.store.names import CARD
from core.store.provenance import check_members
from dashboard.caches import dataset, tables

OPEN = 2
"""Models kept open: most often the first of the list and another. Each takes 30 to 60 MB, the ensemble 130; to open one
again takes up to 0.2 s."""


def served_models() -> list[str]:
    """Return the names of the models that can predict images, selected on the validation splits: best first.

    Unreadable cards are left out, and ensembles that lack a member.
    """
    return _served(tuple(_card_stamp(folder) for folder in model_folders().values()))


def _card_stamp(folder: Path) -> dataset.Stamp:
    card = folder / CARD
    return (str(card), state_of([card]) if card.is_file() else "")


@st.cache_resource(max_entries=2, show_spinner=False)
def _served(stamp: dataset.Stamp) -> list[str]:  # noqa: ARG001, the stamp is the cache's key
    served: dict[str, float] = {}
    for name, folder in model_folders().items():
        with suppress(UserError):
            if served_parts(name):
                served[name] = validation_score(read_card(folder))
    return best_first(served)


def served_parts(name: str) -> list[str]:
    """Names of the networks that predict for a model: itself, or an ensemble's members; empty if it isn't exported.

    Raises:
        UserError: A card is missing or damaged, or an ensemble's member was retrained.
    """
    folder = model_folder(name)
    card = read_card(folder)
    parts = [name] if card.export else [part.name for part in check_members(folder, card)]
    return parts if all(read_card(model_folder(part)).export for part in parts) else []


def pipeline(name: str) -> Pipeline:
    """Return an open model; shared by all sessions.

    Raises:
        UserError: Its export, its OOD detector or a member is missing or altered.
    """
    return _pipeline(name, stamp(name))


@st.cache_resource(max_entries=OPEN, show_spinner="Opening the model")
def _pipeline(name: str, stamp: dataset.Stamp) -> Pipeline:  # noqa: ARG001, the stamp is part of the cache's key
    return Pipeline.load(name)


def predict_example(name: str, image: Image, explain: bool) -> Prediction:
    """Predict an image that many visitors see, a synthetic lesion or a test image; computed once for all of them.

    Not for visitors' own images, which must not outlive the session.

    Returns:
        Without evidence, but with LayerCAM of every class if `explain` asks for it and the model offers it.

    Raises:
        UserError: See `pipeline`, or the server is busy.
    """
    seen = hashlib.sha256(image.tobytes()).hexdigest()
    explain = explain and "LayerCAM" in pipeline(name).methods
    return _predicted(name, explain, (stamp(name), image.shape, seen), image)


@st.cache_resource(max_entries=128, show_spinner=False)
def _predicted(name: str, explain: bool, key: object, _image: Image) -> Prediction:  # noqa: ARG001, part of the cache's key
    return pipeline(name).predict(_image, explain=explain).without_evidence(DX)


def stamp(name: str) -> dataset.Stamp:
    """Return a value that changes whenever a file of the model or of an ensemble's member changes.

    Raises:
        UserError: A card is missing or damaged, or an ensemble's member was retrained.
    """
    folder = model_folder(name)
    return tuple(state_of_folder(each) for each in (folder, *check_members(folder, read_card(folder))))


def model(name: str) -> Model:
    """Return an open model without what was fitted for it; shared by all sessions.

    Raises:
        UserError: See `pipeline`.
    """
    return pipeline(name).model


def training_images(image_ids: Sequence[str]) -> list[Image] | None:
    """Return images of the installed dataset, reduced; None if it isn't installed or one of them can't be read."""
    found = dataset.usable()
    if found is None:
        return None
    try:
        return [tables.thumbnail(str(found.images[image_id])) for image_id in image_ids]
    except (KeyError, UserError):
        return None


def test_images() -> pd.DataFrame:
    """Return the installed test images of the lesion split, in random order; not to be written to.

    Returns:
        Columns image_id, dx and path; empty if there are none, or the installed dataset is faulty.
    """
    return _test_images(dataset.stamp())


@st.cache_resource(max_entries=2, show_spinner=False)
def _test_images(stamp: dataset.Stamp) -> pd.DataFrame:  # noqa: ARG001, the stamp is the cache's key
    found = dataset.usable()
    if found is None:
        return pd.DataFrame({"image_id": [], "dx": [], "path": []})
    split = load_splits()["lesion"]
    rows = found.with_images
    rows = rows[rows["image_id"].map(split).eq("test")]
    table = rows[["image_id", "dx"]].assign(path=[str(found.images[i]) for i in rows["image_id"]])
    return table.sample(frac=1, random_state=SEED, ignore_index=True)
