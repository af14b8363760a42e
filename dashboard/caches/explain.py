"""The caches behind the Grad-CAM page's tables: which models can be explained, scores, layer maps and checks."""

from contextlib import suppress

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.explain.study import summary as cam_summary
from core.explain.study.checks import read_checks
from core.explain.study.layer_maps import LayerHeatmaps, read_layer_maps
from core.explain.study.methods import read_methods
from core.explain.study.scores import read_cam_scores
from core.explain.study.summary import Read
from core.inference.heatmaps import HeatmapMethod
from core.store.card import read_card
from core.store.folders import best_first, model_folder, model_folders
from core.store.model_selection import validation_score
from dashboard.caches import dataset, predictions
from dashboard.caches.inference import served_parts


def explained_models() -> list[str]:
    """List the models that have heatmaps, ensembles too, the best on the validation split first."""
    scored = {}
    for name, folder in model_folders().items():
        with suppress(UserError):
            card = read_card(folder)
            adapter = card.export.adapter if card.export else None
            if served_parts(name) and (adapter is None or adapter.heatmaps):
                scored[name] = validation_score(card)
    return best_first(scored)


def members(name: str) -> list[str]:
    """List an ensemble's members; a single network has none."""
    return [member.name for member in read_card(model_folder(name)).members]


def layer_maps(name: str) -> LayerHeatmaps | None:
    """Return a model's layer maps, or None if there are none: see `core.explain.study.layer_maps.read_layer_maps`.

    Raises:
        UserError: The file is missing, altered or of a former model.
    """
    return _layer_maps(name, predictions.model_stamp(name))


@st.cache_data(max_entries=8)
def _layer_maps(name: str, stamp: dataset.Stamp) -> LayerHeatmaps | None:  # noqa: ARG001, the stamp is the cache's key
    return read_layer_maps(model_folder(name))


def scores(method: HeatmapMethod = "Grad-CAM") -> Read:
    """Return every model's scores by image, and one sentence for each model whose scores can't be shown."""
    return _scores(method, _stamp())


@st.cache_data(max_entries=4, show_spinner="Reading the heatmaps' scores")
def _scores(method: HeatmapMethod, stamp: dataset.Stamp) -> Read:  # noqa: ARG001, the stamp is the cache's key
    return cam_summary.read_all(method=method)


def summary(method: HeatmapMethod = "Grad-CAM") -> pd.DataFrame:
    """Return means with intervals: see `core.explain.study.summary.summarize`; empty if no model is scored."""
    return _summary(method, _stamp())


@st.cache_data(max_entries=4, show_spinner="Resampling lesions")
def _summary(method: HeatmapMethod, stamp: dataset.Stamp) -> pd.DataFrame:
    return cam_summary.summarize(_scores(method, stamp).tables)


def model_summary(name: str, method: HeatmapMethod) -> pd.DataFrame:
    """Return one model's rows of `summary`, which takes less time than all; empty if its heatmaps aren't scored."""
    return _model_summary(name, method, _stamp())


@st.cache_data(max_entries=16, show_spinner="Resampling lesions")
def _model_summary(name: str, method: HeatmapMethod, stamp: dataset.Stamp) -> pd.DataFrame:
    tables = _scores(method, stamp).tables
    return cam_summary.summarize({name: tables[name]} if name in tables else {})


def image_scores(name: str, method: HeatmapMethod = "Grad-CAM") -> pd.DataFrame | None:
    """Return one model's scores by image, or None if it has none.

    Raises:
        UserError: The table is missing, altered or of a former model.
    """
    return _image_scores(name, method, predictions.model_stamp(name))


@st.cache_data(max_entries=16)
def _image_scores(name: str, method: HeatmapMethod, stamp: dataset.Stamp) -> pd.DataFrame | None:  # noqa: ARG001, part of the cache's key
    return read_cam_scores(model_folder(name), method)


def is_sample(name: str, method: HeatmapMethod = "Grad-CAM") -> bool:
    """Return whether a model's scores cover only a random part of the test images."""
    card = read_card(model_folder(name))
    facts = card.layer_cam_scores if method == "LayerCAM" else card.cam_scores
    return facts is not None and facts.images + facts.left_out < facts.tested


def checks(name: str, method: HeatmapMethod = "Grad-CAM") -> pd.DataFrame | None:
    """Return a model's checks, or None if there are none: see `core.explain.study.checks.read_checks`.

    Raises:
        UserError: The table is missing, altered or of a former model.
    """
    return read_checks(model_folder(name), method)


def all_checks(method: HeatmapMethod) -> dict[str, pd.DataFrame]:
    """Return the checks of every model that has some of a method, in the order of `explained_models`."""
    return _all_checks(method, _stamp())


@st.cache_data(max_entries=4, show_spinner=False)
def _all_checks(method: HeatmapMethod, stamp: dataset.Stamp) -> dict[str, pd.DataFrame]:  # noqa: ARG001, the stamp is the cache's key
    found = {}
    for name in explained_models():
        with suppress(UserError):  # that model's own tab shows the error
            if (table := checks(name, method)) is not None:
                found[name] = table
    return found


def methods(name: str) -> pd.DataFrame | None:
    """Return a network's comparison of methods, or None: see `core.explain.study.methods.read_methods`.

    Raises:
        UserError: The table is missing, altered or of a former model.
    """
    return read_methods(model_folder(name))


def _stamp() -> dataset.Stamp:
    """Return a value that changes with every file of a trained model."""
    return tuple((name, predictions.model_stamp(name)) for name in model_folders())
