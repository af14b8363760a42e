"""The caches behind the Grad-CAM page's pictures: open models, test pictures or synthetic lesions, heatmaps, masks."""

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from core.config import SOURCE_SIZE
from core.data.images import Image
from core.data.masks import MASKS, Mask, read_mask
from core.errors import UserError
from core.explain.study.explainers import Array, in_parallel
from core.explain.study.gallery import picture_table, synthetic_table
from core.labels import DX
from core.store.card import read_card
from core.store.folders import model_folder
from core.synthetic.lesions import SyntheticLesion, sample_lesion
from dashboard.caches import explain, inference, tables

SYNTHETIC = "synthetic-"
PER_DX = 4
"""Synthetic lesions of each diagnosis in the gallery."""


class Pictures(NamedTuple):
    """What the gallery can show.

    Attributes:
        kind: "test" for installed pictures of the test split, "synthetic" where there is none.
        table: As `core.explain.study.gallery.picture_table` gives it.
        tested: Pictures of the whole test split.
    """

    kind: Literal["test", "synthetic"]
    table: pd.DataFrame
    tested: int


def pictures(name: str, target: str) -> Pictures:
    """What the gallery can show of a model: installed test pictures, else synthetic lesions.

    Args:
        name: The model.
        target: Whose heatmap is scored, "predicted" or "true".

    Raises:
        UserError: The model's files or the dataset are faulty, or the server is busy.
    """
    found = tables.dataset()
    here = (str(found.folder), len(found.images)) if found else None
    return _pictures(name, target, (here, inference.stamp(name)))


@st.cache_data(max_entries=16, show_spinner="Fetching pictures and heatmaps")
def _pictures(name: str, target: str, stamp: tables.Stamp) -> Pictures:  # noqa: ARG001, the stamp is the cache's key
    found, said = tables.dataset(), tables.decisions_of(name, "accuracy")
    if found:
        try:
            scores = explain.pictures_scores(name)
        except UserError:  # said by the scores' own block; the pictures go on
            scores = None
        table = picture_table(said, scores, found.metadata, target)
        table = table[table["image_id"].isin(list(found.images))].reset_index(drop=True)
        if len(table):
            return Pictures("test", table, len(said))
    facts = read_card(model_folder(name)).cam_scores
    spot = facts.center if facts else None
    pipeline = inference.pipeline(name)
    table = synthetic_table(
        list(synthetic_lesions().values()), lambda image: pipeline.predict(image, flips=False), spot, target
    )
    return Pictures("synthetic", table, len(said))


@st.cache_resource(max_entries=1, show_spinner="Drawing synthetic lesions")
def synthetic_lesions() -> dict[str, SyntheticLesion]:
    """The gallery's synthetic lesions with their masks, by name; shared by all sessions, not to be written to."""
    wanted = [(dx, seed) for seed in range(PER_DX) for dx in DX]
    drawn = in_parallel(lambda each: sample_lesion(*each), wanted)
    return {lesion.name: lesion for lesion in drawn}


def picture(image_id: str) -> Image:
    """A picture of the gallery by its name, reduced to SOURCE_SIZE.

    Raises:
        UserError: It is missing or cannot be read.
    """
    if image_id.startswith(SYNTHETIC):
        return synthetic_lesions()[image_id].image
    found = tables.dataset()
    if found is None or image_id not in found.images:
        raise UserError(f"The picture {image_id} is not installed; fetch it again.")
    return tables.thumbnail(str(found.images[image_id]))


def mask(image_id: str) -> Mask | None:
    """The lesion's mask at SOURCE_SIZE; None where no masks are installed.

    Raises:
        UserError: It is missing, of another size than its picture, or cannot be read.
    """
    if image_id.startswith(SYNTHETIC):
        return synthetic_lesions()[image_id].mask
    found = tables.dataset()
    folder = found.folder / MASKS if found else None
    return _mask(str(folder), image_id) if folder and folder.is_dir() else None


@st.cache_data(max_entries=128)
def _mask(folder: str, image_id: str) -> Mask:
    return read_mask(Path(folder), image_id, SOURCE_SIZE)


def heatmap(name: str, image_id: str, dx: str) -> Array:
    """A model's heatmap of an image for a class, (rows, columns) in [0, 1].

    Raises:
        UserError: See `all_heatmaps`.
    """
    return np.asarray(all_heatmaps(name, image_id)[..., DX.index(dx)])


def all_heatmaps(name: str, image_id: str) -> Array:
    """A model's heatmaps of an image, (rows, columns, 7): see `core.inference.pipeline.Prediction.heatmaps`.

    Raises:
        UserError: The model's files are faulty, the image is missing, or the server is busy.
    """
    return _all_heatmaps(name, image_id, inference.stamp(name))


@st.cache_data(max_entries=512, show_spinner=False)
def _all_heatmaps(name: str, image_id: str, stamp: tables.Stamp) -> Array:  # noqa: ARG001, the stamp is the cache's key
    return inference.pipeline(name).heatmaps(picture(image_id))
