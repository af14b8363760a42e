"""The caches behind the Grad-CAM page's gallery: test images or synthetic lesions, heatmaps, masks."""

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from core.config import SOURCE_SIZE
from core.data.images import Image, read_image
from core.data.masks import MASKS, Mask, read_mask
from core.errors import UserError
from core.explain.study.explainers import Array
from core.explain.study.gallery import gallery_table, synthetic_table
from core.explain.study.synthetic_gallery import WANTED, Stored, read_synthetic_gallery
from core.inference.heatmaps import HeatmapMethod
from core.labels import DX
from core.store.card import read_card
from core.store.folders import model_folder
from core.synthetic.lesions import SyntheticLesion, sample_lesion
from dashboard.caches import dataset, explain, inference, predictions, tables

SYNTHETIC = "synthetic-"


class Gallery(NamedTuple):
    """What the gallery can show.

    Attributes:
        kind: "test" for installed images of the test split, "synthetic" if there are none.
        table: As `core.explain.study.gallery.gallery_table` returns it.
        tested: Number of images of the whole test split.
    """

    kind: Literal["test", "synthetic"]
    table: pd.DataFrame
    tested: int


def method_of(name: str, chosen: HeatmapMethod) -> HeatmapMethod:
    """Return the method that was chosen if a model offers it, else the one that every model has.

    Raises:
        UserError: The model's files are faulty.
    """
    stored = _stored(name, inference.stamp(name))
    offered = stored.methods if stored else inference.pipeline(name).methods  # opening a model takes a visitor's time
    return chosen if chosen in offered else offered[-1]


def gallery(name: str, target: str, method: HeatmapMethod = "Grad-CAM") -> Gallery:
    """Return what the gallery can show of a model: installed test images, else synthetic lesions.

    Args:
        name: The model.
        target: Whose heatmap is scored, "predicted" or "true".
        method: By which it is computed, if the model offers it.

    Raises:
        UserError: The model's files are faulty, or the server is busy.
    """
    found = dataset.usable()
    here = (str(found.folder), len(found.images)) if found else None
    return _gallery(name, target, method_of(name, method), (here, inference.stamp(name)))


@st.cache_data(max_entries=16, show_spinner="Fetching images and heatmaps")
def _gallery(name: str, target: str, method: HeatmapMethod, stamp: dataset.Stamp) -> Gallery:  # noqa: ARG001, part of the cache's key
    if found := dataset.usable():
        predicted = predictions.decisions_of(name, "accuracy")
        try:
            scores = explain.image_scores(name, method)
        except UserError:  # the scores' own block shows the error; the images stay
            scores = None
        table = gallery_table(predicted, scores, found.metadata, target)
        table = table[table["image_id"].isin(list(found.images))].reset_index(drop=True)
        if len(table):
            return Gallery("test", table, len(predicted))
    card = read_card(model_folder(name))
    tested = card.evaluation.test.images if card.evaluation else 0
    if stored := _stored(name, inference.stamp(name)):
        return Gallery("synthetic", stored.tables[method, target], tested)
    pipeline, spot = inference.pipeline(name), card.cam_scores.center if card.cam_scores else None
    table = synthetic_table(
        synthetic_lesions(), lambda image: pipeline.predict(image, flips=False, explain=True), spot, target, method
    )
    return Gallery("synthetic", table, tested)


@st.cache_resource(max_entries=8, show_spinner=False)
def _stored(name: str, stamp: dataset.Stamp) -> Stored | None:  # noqa: ARG001, the stamp is the cache's key
    return read_synthetic_gallery(model_folder(name))


def synthetic_lesions() -> list[SyntheticLesion]:
    """Draw the gallery's synthetic lesions with their masks; all sessions share them: never write to them."""
    return [_lesion(dx, seed) for dx, seed in WANTED]


@st.cache_resource(max_entries=len(WANTED), show_spinner=False)
def _lesion(dx: str, seed: int) -> SyntheticLesion:
    return sample_lesion(dx, seed)


def _named(image_id: str) -> SyntheticLesion:
    """Draw a synthetic lesion of the gallery by its name."""
    dx, seed = image_id.removeprefix(SYNTHETIC).split("-")
    return _lesion(dx, int(seed))


def image(image_id: str) -> Image:
    """Read an image of the gallery by its name, reduced to SOURCE_SIZE.

    Raises:
        UserError: It is missing or cannot be read.
    """
    if image_id.startswith(SYNTHETIC):
        return _named(image_id).image
    found = dataset.usable()
    if found is None or image_id not in found.images:
        raise UserError(f"The image {image_id} is not installed; fetch it again.")
    return tables.thumbnail(str(found.images[image_id]))


def full_image(image_id: str) -> Image:
    """Read an image of the gallery at its own size; a synthetic lesion has only one.

    Raises:
        UserError: See `image`.
    """
    found = dataset.usable()
    if image_id.startswith(SYNTHETIC) or found is None or image_id not in found.images:
        return image(image_id)
    return read_image(found.images[image_id])


def mask(image_id: str) -> Mask | None:
    """Read the lesion's mask at SOURCE_SIZE; None if no masks are installed.

    Raises:
        UserError: It is missing, of another size than its image, or cannot be read.
    """
    if image_id.startswith(SYNTHETIC):
        return _named(image_id).mask
    found = dataset.usable()
    folder = found.folder / MASKS if found else None
    return _mask(str(folder), image_id) if folder and folder.is_dir() else None


@st.cache_data(max_entries=128)
def _mask(folder: str, image_id: str) -> Mask:
    return read_mask(Path(folder), image_id, SOURCE_SIZE)


def heatmap(name: str, image_id: str, dx: str, method: HeatmapMethod = "Grad-CAM") -> Array:
    """Return a model's heatmap of an image for a class, (rows, columns) in [0, 1].

    Args:
        name: The model.
        image_id: Of the gallery.
        dx: The class.
        method: One that the model offers: see `method_of`.

    Raises:
        UserError: See `all_heatmaps`.
    """
    stored = _stored(name, inference.stamp(name)) if image_id.startswith(SYNTHETIC) else None
    if stored and (method, image_id, dx) in stored.heatmaps:
        return stored.heatmaps[method, image_id, dx]
    if method == "LayerCAM":
        return np.asarray(_heatmaps(name, image_id, (dx,), method, inference.stamp(name))[..., 0])
    return np.asarray(all_heatmaps(name, image_id)[..., DX.index(dx)])


def all_heatmaps(name: str, image_id: str, method: HeatmapMethod = "Grad-CAM") -> Array:
    """Return a model's heatmaps of an image for all classes, (rows, columns, 7), each in [0, 1].

    Raises:
        UserError: The model's files are faulty, the image is missing, or the server is busy.
    """
    return _heatmaps(name, image_id, DX, method, inference.stamp(name))


@st.cache_data(max_entries=512, show_spinner=False)
def _heatmaps(
    name: str,
    image_id: str,
    labels: tuple[str, ...],
    method: HeatmapMethod,
    stamp: dataset.Stamp,  # noqa: ARG001
) -> Array:
    return inference.pipeline(name).heatmaps(image(image_id), labels, method)
