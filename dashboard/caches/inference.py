"""The caches behind the pages that let a model answer: open models and test pictures."""

from contextlib import suppress

import pandas as pd
import streamlit as st

from core.config import SEED
from core.data.images import Image
from core.data.metadata import Dataset
from core.data.splits import load_splits
from core.errors import UserError
from core.files import state_of
from core.inference.model import Classifier
from core.inference.pipeline import Judge
from core.store.card import read_card
from core.store.folders import best_first, model_folder, model_folders
from dashboard.caches import tables


def served_models() -> list[str]:
    """Names of the models that have an export, the best on the test split first; unreadable cards are left out."""
    scored = {}
    for name, folder in model_folders().items():
        with suppress(UserError):
            card = read_card(folder)
            if card.export:
                scored[name] = card.figure("balanced_accuracy").value
    return best_first(scored)


def classifier(name: str) -> Classifier:
    """A served model, open; shared by all sessions.

    Raises:
        UserError: Its export is missing or altered.
    """
    return judge(name).classifier


def judge(name: str) -> Judge:
    """A served model with all that was fitted beside it, open; shared by all sessions.

    Raises:
        UserError: Its export or its guard is missing or altered.
    """
    return _judge(name, _stamp(name))


@st.cache_resource(max_entries=8, show_spinner="Opening the model")
def _judge(name: str, stamp: tables.Stamp) -> Judge:  # noqa: ARG001, the stamp is part of the cache's key
    return Judge(model_folder(name))


def training_picture(image_id: str) -> Image | None:
    """A picture of the installed dataset, reduced; None where it is not there.

    Raises:
        UserError: It cannot be read, or the dataset is faulty.
    """
    found = tables.dataset()
    return tables.thumbnail(str(found.images[image_id])) if found and image_id in found.images else None


def _stamp(name: str) -> tables.Stamp:
    """Another value whenever a file of the model has changed."""
    return (state_of(sorted(model_folder(name).iterdir())),)


def test_pictures() -> pd.DataFrame:
    """The installed pictures of the lesion split's test side, in random order.

    Returns:
        Columns image_id, dx and path; empty where there is none.

    Raises:
        UserError: The installed dataset is faulty.
    """
    found = tables.dataset()
    return _test_pictures(found) if found else pd.DataFrame({"image_id": [], "dx": [], "path": []})


def _test_pictures(found: Dataset) -> pd.DataFrame:
    split = load_splits()["lesion"]
    rows = found.with_images
    rows = rows[rows["image_id"].map(split).eq("test")]
    table = rows[["image_id", "dx"]].assign(path=[str(found.images[i]) for i in rows["image_id"]])
    return table.sample(frac=1, random_state=SEED, ignore_index=True)
