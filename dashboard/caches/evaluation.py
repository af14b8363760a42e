"""The caches behind the leaderboard page's lower half: resamples, curves, thresholds, slices, latency."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

import pandas as pd
import streamlit as st

from core import config
from core.errors import UserError
from core.evaluation import bootstrap, curves, reliability, thresholds
from core.evaluation.bootstrap import Bootstrap
from core.evaluation.comparisons import load_comparisons
from core.evaluation.leaderboard import load_scores
from core.evaluation.metrics import Point
from core.evaluation.reported import not_reproduced
from core.evaluation.served import served_scores
from core.evaluation.slices import read_slices, slices
from core.evaluation.thresholds import Rates
from core.evaluation.truth import Truth, split_truth
from core.files import state_of
from core.release.latency import median_latency
from core.stats import UNDEFINED, Estimate
from core.store.folders import model_folder, model_folders
from core.store.names import COMPARISONS
from core.store.predictions import Scores, Split
from dashboard.caches import dataset, inference, own_models, predictions, tables


class Curves(NamedTuple):
    """ROC and precision-recall curves of one model.

    Attributes:
        points: As `core.evaluation.curves.curve` gives them, thinned, with the column dx.
        areas: As `core.evaluation.curves.areas` gives them.
    """

    points: pd.DataFrame
    areas: pd.DataFrame


def comparisons() -> pd.DataFrame:
    """Return the paired runs: see `core.evaluation.comparisons.load_comparisons`; not to be written to.

    Raises:
        UserError: The table is missing or damaged.
    """
    path = config.EXPERIMENTS / COMPARISONS
    return _comparisons((state_of([path]),) if path.is_file() else ())


@st.cache_resource(max_entries=2)
def _comparisons(stamp: dataset.Stamp) -> pd.DataFrame:  # noqa: ARG001, the stamp is the cache's key
    return load_comparisons()


@st.cache_resource(max_entries=4, show_spinner="Resampling lesions")
def _bootstrap(name: str, split: Split, stamp: dataset.Stamp) -> Bootstrap:  # noqa: ARG001, part of the cache's key
    return Bootstrap(load_scores(model_folder(name), split))


def test_truth() -> Truth:
    """The true diagnoses of the test split: see `core.evaluation.truth.split_truth`.

    Raises:
        UserError: No model is complete.
    """
    return _test_truth(predictions.models_stamp())


@st.cache_resource(max_entries=1)
def _test_truth(stamp: dataset.Stamp) -> Truth:  # noqa: ARG001, the stamp is the cache's key
    return split_truth("test")


def curves_of(name: str) -> Curves:
    """Return a model's curves on the test split.

    Raises:
        UserError: Its files are missing or altered.
    """
    own = own_models.find(name)
    if own and own.result.areas is not None:
        return _thinned(own.result.scores, own.result.areas)
    return _curves(name, predictions.model_stamp(name))


@st.cache_data(max_entries=8, show_spinner="Resampling lesions")
def _curves(name: str, stamp: dataset.Stamp) -> Curves:
    bootstrap = _bootstrap(name, "test", stamp)
    areas = curves.areas(bootstrap)
    bootstrap.forget_weights()
    return _thinned(bootstrap.scores, areas)


def _thinned(scores: Scores, areas: pd.DataFrame) -> Curves:
    points = [curves.thinned(curves.curve(scores, dx)).assign(dx=dx) for dx in areas["dx"]]
    return Curves(pd.concat(points, ignore_index=True), areas)


def reliability_of(name: str) -> pd.DataFrame:
    """Return a model's reliability diagram on the test split: see `core.evaluation.reliability.reliability`.

    Raises:
        UserError: Its files are missing or altered.
    """
    own = own_models.find(name)
    if own and own.result.reliability is not None:
        return own.result.reliability
    return _reliability(name, predictions.model_stamp(name))


@st.cache_data(max_entries=16, show_spinner="Resampling lesions")
def _reliability(name: str, stamp: dataset.Stamp) -> pd.DataFrame:
    bootstrap = _bootstrap(name, "test", stamp)
    found = reliability.reliability(bootstrap)
    bootstrap.forget_weights()
    return found


def rates_of(name: str, target: str, split: Split) -> Rates:
    """Return what each threshold on the calibrated probabilities finds: see `core.evaluation.thresholds.rates`.

    Raises:
        UserError: The model's files are missing or altered.
    """
    if own := own_models.find(name):
        return own.once(f"rates-{target}", lambda: thresholds.rates(Bootstrap(own.result.scores), target))
    return _rates(name, target, split, predictions.model_stamp(name))


@st.cache_resource(max_entries=16, show_spinner="Resampling lesions")
def _rates(name: str, target: str, split: Split, stamp: dataset.Stamp) -> Rates:  # noqa: ARG001
    return thresholds.rates(Bootstrap(served_scores(model_folder(name), split)), target)


def report_of(name: str, point: Point, served: bool = False) -> pd.DataFrame:
    """Return a model's classification report on the test split, see `core.evaluation.bootstrap.report`.

    It is not to be written to.

    Args:
        name: Of the model.
        point: Operating point.
        served: By the calibrated probabilities, as the classify page predicts.

    Raises:
        UserError: Its files are missing or altered.
    """
    if own := own_models.find(name):
        return own.result.per_diagnosis[point]
    return _report(name, point, served, predictions.model_stamp(name))


@st.cache_resource(max_entries=16, show_spinner="Resampling lesions")
def _report(name: str, point: Point, served: bool, stamp: dataset.Stamp) -> pd.DataFrame:  # noqa: ARG001
    return bootstrap.report((served_scores if served else load_scores)(model_folder(name), "test"), point)


def slices_of(name: str) -> pd.DataFrame | None:
    """Return a model's figures by slice, or None where none were computed.

    A visitor's model needs the installed metadata.

    Raises:
        UserError: The file is missing, altered or of former predictions.
    """
    if own := own_models.find(name):
        found = dataset.usable()
        return own.once("slices", lambda: slices(own.result.scores, found.metadata)) if found else None
    return read_slices(model_folder(name))


def figure_of(name: str, metric: str) -> Estimate:
    """A model's metric on the test split; undefined where it has none.

    Raises:
        UserError: Its card is missing or damaged.
    """
    own = own_models.find(name)
    return own.result.metrics.get(metric, UNDEFINED) if own else tables.card(name).figure(metric)


def latencies(names: Collection[str]) -> pd.DataFrame:
    """Return the time that each served model takes for one image on this machine, if `measure_latencies` measured it.

    Returns:
        Columns name, latency (milliseconds; NaN if the model is not served or not measured), measured (clock time,
        or None); an ensemble's latency is its members' together, times the number of flips that it averages.
    """
    known, rows = _measured(), []
    if not known:
        nothing = {"latency": float("nan"), "measured": None}
        return pd.DataFrame([{"name": name} | nothing for name in names], columns=["name", "latency", "measured"])
    for name in names:
        try:
            parts = [known.get((part, predictions.model_stamp(part))) for part in inference.served_parts(name)]
            views = tables.card(name).flips
        except UserError:
            parts, views = [], 1
        whole = [part for part in parts if part]
        latency = views * sum(ms for ms, _ in whole) if parts and len(whole) == len(parts) else float("nan")
        rows.append({"name": name, "latency": latency, "measured": max((at for _, at in whole), default=None)})
    return pd.DataFrame(rows, columns=["name", "latency", "measured"]).astype({"latency": float})


def measure_latencies(names: Collection[str]) -> None:
    """Time each served model on this machine, for `latencies`; one that is faulty or busy is left out."""
    for name in names:
        with suppress(UserError):
            for part in inference.served_parts(name):
                ms = median_latency(inference.model(part))
                _measured()[part, predictions.model_stamp(part)] = (ms, datetime.now().strftime("%H:%M"))


@st.cache_resource(max_entries=1)
def _measured() -> dict[tuple[str, dataset.Stamp], tuple[float, str]]:
    """Median milliseconds and clock time by model and state of its files."""
    return {}


def not_trained() -> pd.DataFrame:
    """Return the models without trained weights here: see `core.evaluation.reported.not_reproduced`."""
    return not_reproduced({*model_folders(), *(card.architecture for card in tables.cards().values())})


def whole_of(name: str, metric: str) -> float:
    """Return a slice metric over all test images.

    Args:
        metric: One of core.evaluation.slices.SLICE_METRICS.
    """
    if metric == "melanoma_auc":
        areas = curves_of(name).areas
        return float(areas.loc[areas["dx"] == "mel", "auc"].item())
    return figure_of(name, metric).value
