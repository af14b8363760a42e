"""Caches of the lab, shared by all visitors: the embeddings, the committed grid, and the results so far."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from core.config import EXPERIMENTS
from core.lab import tables
from core.lab.embeddings import Embeddings, load_embeddings, load_map
from core.lab.experiment import LabResult, run_setting
from core.lab.grid import GRID, PROTOCOLS_TABLE
from core.lab.measures import Outcome, draw_measures, summarise
from core.lab.setting import Setting
from dashboard.caches import dataset
from dashboard.caches.single_flight import Report, SingleFlight

KEPT = 48
"""Number of results that are kept, about a megabyte each."""


@st.cache_resource(max_entries=1, show_spinner="Reading the embeddings")
def embeddings() -> Embeddings:
    """Read the committed embeddings.

    Raises:
        UserError: They are missing or were altered.
    """
    return load_embeddings()


@st.cache_resource(max_entries=1)
def flat_map() -> NDArray[np.float32]:
    """Read the t-SNE map of all images, (n, 2).

    Raises:
        UserError: It is missing or was altered.
    """
    return load_map()


def grid() -> pd.DataFrame:
    """Read the committed grid (see `core.lab.tables.grid_table`).

    Raises:
        MissingTable: It has not been written yet.
        UserError: It is damaged.
    """
    return _table(GRID, _stamp(GRID))


def protocol_gaps() -> pd.DataFrame:
    """Read what each wrong protocol adds (see `core.lab.tables.protocol_table`).

    Raises:
        MissingTable: It has not been written yet.
        UserError: It is damaged.
    """
    return _table(PROTOCOLS_TABLE, _stamp(PROTOCOLS_TABLE))


def _stamp(name: str) -> float:
    path = EXPERIMENTS / name
    return path.stat().st_mtime if path.is_file() else 0.0


@st.cache_data(max_entries=4)
def _table(name: str, stamp: float) -> pd.DataFrame:  # noqa: ARG001, the stamp is part of the cache's key
    return tables.read_table(name)


@st.cache_resource(max_entries=1)
def _runs() -> SingleFlight[Setting, LabResult]:
    return SingleFlight(KEPT)


def ready(setting: Setting) -> LabResult | None:
    """Return the result of a setting that has already run, else None."""
    return _runs().ready(setting)


def result(setting: Setting, on_step: Report = lambda share, text: None) -> LabResult:  # noqa: ARG005
    """Return the result of a setting; run it if it hasn't run yet, once however many visitors ask.

    Args:
        setting: What to run.
        on_step: Reports while it runs; a visitor who stops leaves the run to the others who wait for it.

    Raises:
        UserError: The setting doesn't work.
    """
    data, table = embeddings(), metadata()  # here, for the run's own thread belongs to no visitor
    return _runs().get(setting, lambda report: run_setting(setting, data, table, report), on_step)


def validation_measures(found: LabResult) -> pd.DataFrame | None:
    """Measures of a result on the validation split, with their intervals; None of a wrong protocol.

    Returns:
        Columns measure, value, low, high.
    """
    return None if found.validation is None else _validation_measures(found.setting, found.validation)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _validation_measures(setting: Setting, _outcome: Outcome) -> pd.DataFrame:  # noqa: ARG001, the cache's key
    return summarise(draw_measures(_outcome))


def metadata() -> pd.DataFrame | None:
    """Return the installed dataset's metadata if it covers the embeddings, else None."""
    found = dataset.usable()
    if found is None or len(found.metadata) < len(embeddings()):
        return None
    return found.metadata
