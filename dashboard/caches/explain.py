"""The caches behind the Grad-CAM page's tables: which models can be explained, scores, strips and checks."""

from contextlib import suppress

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.explain.study import summary as cam_summary
from core.explain.study.checks import read_checks
from core.explain.study.layer_maps import Strips, read_strips
from core.explain.study.scores import read_cam_scores
from core.explain.study.summary import Read
from core.store.card import read_card
from core.store.folders import best_first, model_folder, model_folders
from dashboard.caches import evaluation
from dashboard.caches import tables as table_caches


def explained_models() -> list[str]:
    """Models that can be asked for heatmaps, ensembles too, the best on the test split first."""
    scored = {}
    for name, folder in model_folders().items():
        with suppress(UserError):
            card = read_card(folder)
            if card.export or card.members:
                scored[name] = card.figure("balanced_accuracy").value
    return best_first(scored)


def members(name: str) -> list[str]:
    """An ensemble's members; of a network none."""
    return [member.name for member in read_card(model_folder(name)).members]


def strips(name: str) -> Strips | None:
    """A model's heatmaps across layers and methods, or None: see `core.explain.study.layer_maps.read_strips`.

    Raises:
        UserError: The file is missing, altered or of a former model.
    """
    return _strips(name, evaluation.stamp(name))


@st.cache_data(max_entries=8)
def _strips(name: str, stamp: table_caches.Stamp) -> Strips | None:  # noqa: ARG001, the stamp is the cache's key
    return read_strips(model_folder(name))


def scores() -> Read:
    """Every model's scores picture by picture, and one sentence for each whose scores cannot be shown."""
    return _scores(_stamp())


@st.cache_data(max_entries=2, show_spinner="Reading the heatmaps' scores")
def _scores(stamp: table_caches.Stamp) -> Read:  # noqa: ARG001, the stamp is the cache's key
    return cam_summary.read_all()


def summary() -> pd.DataFrame:
    """Means with intervals: see `core.explain.study.summary.summarize`; empty where no model is scored."""
    return _summary(_stamp())


@st.cache_data(max_entries=2, show_spinner="Resampling lesions")
def _summary(stamp: table_caches.Stamp) -> pd.DataFrame:
    return cam_summary.summarize(_scores(stamp).tables)


def pictures_scores(name: str) -> pd.DataFrame | None:
    """One model's scores by picture, or None where it has none.

    Raises:
        UserError: The table is missing, altered or of a former model.
    """
    return _pictures_scores(name, evaluation.stamp(name))


@st.cache_data(max_entries=16)
def _pictures_scores(name: str, stamp: table_caches.Stamp) -> pd.DataFrame | None:  # noqa: ARG001, part of the cache's key
    return read_cam_scores(model_folder(name))


def is_sample(name: str) -> bool:
    """Whether a model's scores are of a random part of the test pictures, because time was up."""
    facts = read_card(model_folder(name)).cam_scores
    return facts is not None and facts.images + facts.left_out < facts.tested


def checks(name: str) -> pd.DataFrame | None:
    """A model's checks, or None where none were run: see `core.explain.study.checks.read_checks`.

    Raises:
        UserError: The table is missing, altered or of a former model.
    """
    return read_checks(model_folder(name))


def _stamp() -> table_caches.Stamp:
    """Another value whenever a file of a trained model has changed."""
    return tuple((name, evaluation.stamp(name)) for name in model_folders())
