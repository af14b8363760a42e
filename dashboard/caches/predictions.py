"""The caches of what every model did on the test split: the leaderboard, predictions, histories."""

import pandas as pd
import streamlit as st

from core.evaluation import bootstrap
from core.evaluation.decisions import decisions
from core.evaluation.leaderboard import Leaderboard, load_scores, read_leaderboard, with_floor
from core.evaluation.metrics import METRICS, Point
from core.files import state_of_folder
from core.stats import Estimate
from core.store.folders import model_folder, model_folders
from core.store.model_tables import read_history
from dashboard.caches import dataset, own_models


def leaderboard() -> Leaderboard:
    """The models of trained_models/ on the test split with the majority class last, and the faults of the others."""
    return _leaderboard(models_stamp())


@st.cache_data(max_entries=2, show_spinner="Reading the leaderboard")
def _leaderboard(stamp: dataset.Stamp) -> Leaderboard:  # noqa: ARG001, the stamp is the cache's key
    return with_floor(read_leaderboard())


def lead(better: str, worse: str, metric: str) -> Estimate:
    """Return how far one model's metric is from another's on the same test lesions: see `paired_difference`."""
    return _lead(better, worse, metric, (*model_stamp(better), *model_stamp(worse)))


@st.cache_data(max_entries=64, show_spinner="Comparing")
def _lead(better: str, worse: str, metric: str, stamp: dataset.Stamp) -> Estimate:  # noqa: ARG001
    a, b = (load_scores(model_folder(name), "test") for name in (better, worse))
    return bootstrap.paired_difference(a, b, METRICS[metric])


def decisions_of(name: str, point: Point) -> pd.DataFrame:
    """Predictions of a model for each test image, not to be written to: see `core.evaluation.decisions.decisions`.

    Raises:
        UserError: Its files are missing or altered.
    """
    if own := own_models.find(name):
        return decisions(own.result.scores, point)
    return _decisions(name, point, model_stamp(name))


@st.cache_resource(max_entries=16, show_spinner=False)
def _decisions(name: str, point: Point, stamp: dataset.Stamp) -> pd.DataFrame:  # noqa: ARG001
    return decisions(load_scores(model_folder(name), "test"), point)


def history(name: str) -> pd.DataFrame:
    """Return a model's training history.

    Raises:
        UserError: It is missing or damaged.
    """
    return read_history(model_folder(name))


def model_stamp(name: str) -> dataset.Stamp:
    """Another value whenever a file of the model has changed.

    Raises:
        UserError: There is no such model.
    """
    return (state_of_folder(model_folder(name)),)


def models_stamp() -> dataset.Stamp:
    """Another value whenever a file of a trained model has changed."""
    return tuple(state_of_folder(folder) for folder in model_folders().values())
