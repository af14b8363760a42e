"""The leaderboard: all models compared, and what others reported."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.evaluation.leaderboard import MAJORITY, OTHER
from core.evaluation.metrics import METRICS, Metric
from core.evaluation.slices import SLICES
from core.stats import Estimate
from dashboard.caches import evaluation, own_models, predictions
from dashboard.caches.computed import computed
from dashboard.charts.leaderboard import forest
from dashboard.charts.style import Chart
from dashboard.components.drawn import drawn
from dashboard.components.widgets import chart_block, download_table
from dashboard.text.format import figures
from dashboard.text.leaderboard import (
    INTERVALS,
    latency_sentence,
    test_set,
    test_sets,
)
from dashboard.text.models import model_label
from dashboard.text.slices import METRIC_LABELS
from dashboard.text.terms import explained

INNER: dict[str, object] = {
    "against": None, "cells": "counts", "off-diagonal": False, "measure": "recall", "curve-dx": "mel",
    "slice": SLICES[0], "slice-metric": next(iter(METRIC_LABELS)), "target": "melanoma", "miss-cost": 10,
}  # fmt: skip
"""Where the controls of the tabs stand at first, by their keys."""
TABLE = "table-fold"
"""Key of the fold with the table, and its name in the address."""
COLUMNS = ("balanced_accuracy", "accuracy", "macro_f1", "macro_auc", "melanoma_sensitivity", "calibration_error")


def under(table: pd.DataFrame, name: str, source: str) -> None:
    """Show a table's source, and its download as NAME.csv."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.caption(source, width="stretch", help=explained(source))
        download_table(table, name)


def show_empty() -> None:
    """Say that no model is trained yet."""
    st.info(
        "**No model is trained yet.** This page compares models once there are some.", icon=":material/model_training:"
    )
    st.markdown("With HAM10000 installed, start with the smallest network:")
    st.code("python -m core train baseline_cnn\npython -m core evaluate baseline_cnn", language=None)


def show_faults(faults: Mapping[str, str]) -> None:
    """Show one line for each model that can't be shown."""
    for fault in faults.values():
        st.warning(fault, icon=":material/broken_image:")


def pick(rows: pd.DataFrame) -> tuple[pd.DataFrame, Metric]:
    """Pick the models to show, and the metric to draw.

    Returns:
        The picked rows, always with the majority class as the baseline, and the metric.
    """
    names = [name for name in rows["name"] if name != MAJORITY]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = st.selectbox(
            "Metric", list(METRICS), format_func=lambda name: METRICS[name].label, key="metric", width=300,
            bind="query-params",
        )  # fmt: skip
        picked = names
        if len(names) > 1:
            keys = [name for name in st.query_params.get_all("models") if name in names and model_label(name) != name]
            if keys:  # Streamlit itself takes what the list shows
                st.session_state["models"] = keys
            with st.popover("Models", icon=":material/filter_alt:", key="models-picker"):
                picked = st.pills(
                    "Models (none picked: all)",
                    names,
                    selection_mode="multi",
                    format_func=model_label,
                    key="models",
                    bind="query-params",
                )
    return picked_rows(rows, picked or names), METRICS[metric]


def picked_rows(rows: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return the models' rows, and the majority class as the baseline."""
    return rows[rows["name"].isin([*names, MAJORITY])]


def start(names: list[str]) -> dict[str, object]:
    """Return where the page's controls stand at first, by their keys."""
    return {"metric": next(iter(METRICS)), "models": [], "model": names[0], "point": "balanced", TABLE: False} | INNER


def show_forest(rows: pd.DataFrame, metric: Metric) -> None:
    """Show the models' intervals for one metric."""
    st.markdown(metric.definition)
    chart_block(*forest_chart(rows, metric), key="forest", source=f"{_test_sets(rows)}; {INTERVALS}")


def forest_chart(rows: pd.DataFrame, metric: Metric) -> Chart:
    """Draw the models' intervals for one metric."""
    chosen = rows.dropna(subset=["validation_score", metric.name])  # neither a visitor's nor the majority class
    return drawn(forest, rows, metric, _lead(chosen["name"].tolist(), metric.name), kept=_committed(rows))


def _committed(rows: pd.DataFrame) -> bool:
    """Whether no row is a visitor's own model, so that what is computed may be kept for others."""
    return not any(own_models.find(str(name)) for name in rows["name"])


def _test_sets(rows: pd.DataFrame) -> str:
    return computed(test_sets, rows) if _committed(rows) else test_sets(rows)


def source_of(rows: pd.DataFrame, name: str) -> str:
    """Name the test set of one model, for the line under its charts."""
    return test_set(rows[rows["name"] == name])


def _lead(ranked: list[str], metric: str) -> Estimate | None:
    """Return how far the first is ahead of the second; None without a second on the same images."""
    try:
        return predictions.lead(ranked[0], ranked[1], metric) if len(ranked) > 1 else None
    except UserError:
        return None


def show_table(rows: pd.DataFrame, metric: Metric) -> None:
    """Offer all metrics as a table, drawn once it is opened: on a phone it is a screen high, and a 2 MB download."""
    fold = st.expander(
        "Table: all metrics, sizes and speed", icon=":material/table_rows:", key=TABLE, on_change="rerun",
        bind="query-params",
    )  # fmt: skip
    if fold.open:
        with fold:
            _show_table(rows, metric)


def _show_table(rows: pd.DataFrame, metric: Metric) -> None:
    """Show all metrics with their intervals, the picked one first; a click on a heading sorts."""
    names = list(dict.fromkeys([metric.name, *COLUMNS]))
    shown = computed(_table, rows, names) if _committed(rows) else _table(rows, names)
    latencies = evaluation.latencies([name for name in rows["name"] if name != MAJORITY])
    if latencies["latency"].notna().any():
        shown = shown.assign(latency=shown["name"].map(latencies.set_index("name")["latency"]))
    config: dict[str, Any] = {
        name: st.column_config.TextColumn(METRICS[name].label, help=METRICS[name].definition) for name in names
    }
    config |= {
        f"{OTHER}{name}": st.column_config.TextColumn(
            f"{METRICS[name].label}, other clinics", help=f"{METRICS[name].definition} On MILK10k's test split."
        )
        for name in names[:2]
    } | {
        "name": st.column_config.TextColumn("Model", pinned=True),
        "label": st.column_config.TextColumn("Name", width="medium"),
        "parameters": st.column_config.NumberColumn("Parameters", format="localized"),
        "megabytes": st.column_config.NumberColumn(
            "File, MB", format="%.1f", help="Size of the exported file that the app uses."
        ),
        "latency": st.column_config.NumberColumn(
            "Latency, ms", format="%.1f", help="Time per image on this machine: median, LiteRT."
        ),
    }
    st.dataframe(shown, hide_index=True, width="stretch", column_config=config, key="table", placeholder="")
    _offer_latencies(latencies)
    measured = latencies["measured"].dropna()
    when = f" Latency: median per image with LiteRT, measured on this machine at {measured.max()}."
    table = rows.merge(latencies[["name", "latency"]], on="name", how="left").rename(columns={"latency": "latency_ms"})
    under(
        table,
        "leaderboard",
        f"{_test_sets(rows)}; {INTERVALS}. Click a heading to sort.{when if len(measured) else ''}",
    )


def _table(rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Write the metrics with their intervals, the first two also on other clinics' images if a model has them."""
    shown = rows[["name"]].assign(**{name: figures(rows, name) for name in names})
    elsewhere = rows[f"{OTHER}images"].notna()
    if elsewhere.any():
        for place, name in enumerate(names[:2]):
            other = pd.Series(figures(rows, f"{OTHER}{name}"), rows.index)
            shown.insert(2 * (place + 1), f"{OTHER}{name}", other.where(elsewhere))
    labels = [model_label(str(name)) for name in shown["name"]]
    return shown.assign(label=labels).join(rows[["parameters", "megabytes"]])


def _offer_latencies(latencies: pd.DataFrame) -> None:
    """Show the measured latencies, and a button that measures them: it keeps the machine busy for seconds."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if sentence := latency_sentence(latencies):
            st.markdown(sentence, width="content")
        if st.button(
            "Measure again" if sentence else "Measure the speed on this machine", icon=":material/timer:",
            type="tertiary", key="measure-latency", help="A busy machine is slower.",
        ):  # fmt: skip
            with st.spinner("Measuring the time per image"):
                evaluation.measure_latencies(latencies["name"])
            st.rerun()
