"""Caches of what core loads: tables, cards and images, kept between reruns and shared by sessions."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.config import SOURCE_SIZE
from core.data import leakage, summary
from core.errors import UserError
from core.store.card import Card, read_card
from core.store.folders import best_first, model_folder, model_folders
from core.store.model_selection import validation_score
from core.synthetic.examples import example_images, example_row
from dashboard.caches import dataset

if TYPE_CHECKING:
    from core.data.images import Image


def forget_tables() -> None:
    """Clear all cached tables and images; `dataset.installed` notices a changed folder by itself."""
    st.cache_data.clear()


@st.cache_data(max_entries=1)
def committed_counts() -> pd.DataFrame:
    """Return the counts of all of HAM10000 that come with the app: see `core.data.summary.count`."""
    return summary.load_counts()


@st.cache_data(max_entries=1)
def imputation_leak() -> pd.DataFrame:
    """Return what the notebook's imputation of the body site gives away: see `core.data.cleaning.imputation_leak`."""
    return summary.load_leak()


def installed_counts(sized: bool = False) -> pd.DataFrame:
    """Return the counts of the installed dataset, aggregated once.

    Args:
        sized: With width and height of the images, for which every file is opened once.

    Raises:
        UserError: An image cannot be read.
    """
    return _installed_counts(dataset.stamp(), sized)


@st.cache_data(max_entries=4, show_spinner="Counting")
def _installed_counts(stamp: dataset.Stamp, sized: bool) -> pd.DataFrame:  # noqa: ARG001, the stamp is part of the cache's key
    found = dataset.installed()
    if found is None:
        raise UserError("The dataset is gone; reload the page.")
    return summary.count(found.metadata, summary.image_sizes(found.images) if sized else None)


@st.cache_data(max_entries=1)
def committed_overlap() -> pd.DataFrame:
    """Return the leak of both splits as it comes with the app: see `core.data.leakage.count_overlap`."""
    return leakage.load_overlap()


@st.cache_data(max_entries=256)
def thumbnail(path: str) -> Image:
    """Return a dataset image, reduced as for the models; uint8, (150, 200, 3) for HAM10000's 4:3 images.

    Raises:
        UserError: It cannot be read.
    """
    from core.data.images import preprocess, read_image  # they import OpenCV, which Home can do without

    return preprocess(read_image(Path(path)), SOURCE_SIZE)


@st.cache_data(max_entries=64)
def synthetic_images(dx: str, n: int, seed: int) -> tuple[list[Image], list[str]]:
    """Synthetic lesions and their captions; another seed draws others.

    Raises:
        UserError: Their parameters are missing or damaged.
    """
    from core.synthetic.lesions import sample_lesion

    drawn = [sample_lesion(dx, seed * n + i) for i in range(n)]
    return [lesion.image for lesion in drawn], [lesion.caption for lesion in drawn]


@st.cache_data(max_entries=1)
def synthetic_examples() -> dict[str, Image]:
    """A synthetic lesion of each diagnosis, to be looked at: see `core.synthetic.examples.example_images`.

    Raises:
        UserError: The parameters of synthetic lesions are missing or damaged.
    """
    return example_images()


@st.cache_data(max_entries=1)
def synthetic_row() -> bytes:
    """The same side by side as one JPEG: see `core.synthetic.examples.example_row`.

    Raises:
        UserError: The parameters of synthetic lesions are missing or damaged.
    """
    return example_row()


def card(name: str) -> Card:
    """Return a model's card.

    Raises:
        UserError: It is missing or damaged.
    """
    return read_card(model_folder(name))


def cards() -> dict[str, Card]:
    """The cards of all models that are whole, by name; what is wrong with the others stands on the leaderboard."""
    found = {}
    for name, folder in model_folders().items():
        with suppress(UserError):
            found[name] = read_card(folder)
    return found


def best_served_card() -> Card | None:
    """The card of the best model on validation that synthetic lesions were shown to; None where there is none."""
    shown = {name: card for name, card in cards().items() if card.synthetic_score}
    measured = {name: validation_score(card) for name, card in shown.items()}
    return shown[best_first(measured)[0]] if measured else None
