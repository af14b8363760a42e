"""The leaderboard's tabs on a model's probabilities: ROC and PR curves, calibration, slices."""

import pandas as pd
import streamlit as st

from core.evaluation.calibration import MEASURES, before_and_after, temperature_of
from core.evaluation.metrics import METRICS, POINTS
from core.evaluation.slices import SLICES
from core.labels import DX, NAMES
from dashboard.caches import evaluation, own_models, tables
from dashboard.charts.calibration import temperature_effect
from dashboard.charts.curves import precision_recall, reliability_diagram, roc
from dashboard.charts.slices import slice_forest
from dashboard.components.drawn import drawn
from dashboard.components.widgets import chart_block, folded_table
from dashboard.text.format import figures
from dashboard.text.leaderboard import INTERVALS
from dashboard.text.models import model_label
from dashboard.text.slices import METRIC_LABELS, SLICE_LABELS, few_sentence

RULES = {name: point for name in METRIC_LABELS if name in METRICS and (point := METRICS[name].point)}
"""Operating point of each slice's metric that has one."""


def show_curves(name: str, source: str) -> None:
    """Show ROC and precision-recall curves of one diagnosis against all others; the others' curves are faint."""
    found = evaluation.curves_of(name)
    dx = st.pills(
        "Diagnosis", DX, default="mel", required=True, key="curve-dx", bind="query-params",
        format_func=NAMES.__getitem__,
        help="Both curves go through all thresholds on this diagnosis's probability. ROC: cases found against false "
        "alarms; the area under it (AUC) is the chance that a case gets a higher probability than another image. "
        "Precision and recall: how many alarms are right against cases found; their area is the average precision.",
    )  # fmt: skip
    kept = not own_models.find(name)
    for column, draw, key in zip(
        st.columns(2, gap="medium"), (roc, precision_recall), ("roc", "precision-recall"), strict=True
    ):
        with column:
            chart_block(
                *drawn(draw, found.points, found.areas, dx, kept=kept), key=key, source=f"{source}; {INTERVALS}"
            )
    folded_table("Table: areas under the curves of all diagnoses", "areas-fold", lambda: _show_areas(found.areas))


def _show_areas(areas: pd.DataFrame) -> None:
    table = areas[["dx", "images", "lesions", "base_rate"]].assign(dx=areas["dx"].map(NAMES))
    table = table.assign(auc=figures(areas, "auc"), ap=figures(areas, "ap"))
    labels = {"dx": "Diagnosis", "images": "Images", "lesions": "Lesions", "auc": "AUC", "ap": "Average precision"}
    rate = st.column_config.NumberColumn("Share of test images", format="%.3f")
    st.dataframe(table, hide_index=True, column_config=labels | {"base_rate": rate}, key="areas")


def show_reliability(name: str, source: str) -> None:
    """Show the reliability diagram, and what temperature scaling changes."""
    error = evaluation.figure_of(name, "calibration_error")
    chart = drawn(reliability_diagram, evaluation.reliability_of(name), error, kept=not own_models.find(name))
    chart_block(*chart, key="reliability", source=f"{source}; {INTERVALS}")
    if own_models.find(name):
        return
    st.subheader(
        "Temperature scaling",
        help="A single number, the temperature, makes all probabilities less or more extreme. It is chosen on the "
        "validation split so that they match how often the model is right; the order of the classes stays the same.",
    )
    _show_temperature(name, source)


def _show_temperature(name: str, source: str) -> None:
    """Show calibration error and Brier score before and after temperature scaling, which the classify page uses."""
    card = tables.card(name)
    temperature = temperature_of(card)
    if temperature is None:
        if card.members:
            st.info(
                "An ensemble's temperature is not stored: the classify page computes it from the validation "
                "predictions when the model is opened.",
                icon=":material/thermostat:",
            )
            return
        if card.export is None:
            st.info(
                f"**{model_label(name)} is not used on the classify page**, so its probabilities are not calibrated.",
                icon=":material/thermostat:",
            )
            return
        st.info(
            f"**{model_label(name)} is not calibrated yet.** With HAM10000 installed:", icon=":material/thermostat:"
        )
        st.code(f"python -m core calibrate {name}", language=None)
        return
    table = before_and_after(card)
    for column, measure in zip(st.columns(2, gap="medium"), MEASURES, strict=True):
        with column:
            chart_block(
                *drawn(temperature_effect, table, measure, temperature),
                key=f"temperature-{measure}",
                source=f"{source}; {INTERVALS}",
            )


def show_slices(name: str, source: str) -> None:
    """Show a figure by sex, age, body site or way of confirmation."""
    table = evaluation.slices_of(name)
    if table is None:
        _no_slices(name)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = st.segmented_control(
            "Group by",
            SLICES,
            default=SLICES[0],
            required=True,
            key="slice",
            format_func=SLICE_LABELS.__getitem__,
            bind="query-params",
        )
        metric = st.selectbox(
            "Metric",
            list(METRIC_LABELS),
            format_func=METRIC_LABELS.__getitem__,
            key="slice-metric",
            width=260,
            bind="query-params",
        )
    rows = table[(table["slice"] == part) & (table["metric"] == metric)]
    chart = drawn(slice_forest, rows, metric, evaluation.whole_of(name, metric), kept=not own_models.find(name))
    point = f", {POINTS[RULES[metric]]}" if metric in RULES else ""
    chart_block(*chart, key="slices", source=f"{source}{point}; {INTERVALS}")
    warning = few_sentence(rows, metric)
    if warning:
        st.warning(warning, icon=":material/warning:")


def _no_slices(name: str) -> None:
    st.info(
        f"**{model_label(name)} has no results by group yet.** They need HAM10000's metadata, which is not "
        "included in the app.",
        icon=":material/pie_chart:",
    )
    if own_models.find(name):
        return
    st.markdown("With HAM10000 installed:")
    st.code(f"python -m core evaluate {name}", language=None)
