"""The lab's results: training rows, recall and precision, confusion matrices, wrong protocols and the session."""

from typing import Any
from zlib import crc32

import pandas as pd
import streamlit as st

from core.lab.experiment import LabResult
from core.lab.measures import LABELS
from core.lab.setting import Setting
from core.resampling.strategies import STRATEGIES
from dashboard.caches import lab
from dashboard.charts.lab import by_class, confusion_chart, gap_chart
from dashboard.charts.resampling import strategy_counts
from dashboard.components.drawn import drawn
from dashboard.components.widgets import chart_block, download_table
from dashboard.text.format import count
from dashboard.text.lab import setting_text
from dashboard.text.resampling import GONE
from dashboard.views.lab.controls import MATRICES, RUNS, source

MEASURES = (
    "balanced_accuracy", "macro_f1", "melanoma_sensitivity", "calibration_error_raw", "calibration_error",
    "brier_raw", "brier",
)  # fmt: skip
REPORTED = {
    "image_split": "Trained on all its images",
    "before_split": "Trained on all its rows, and measured on all its own test rows with copies and synthetic ones",
}


def show_gap(result: LabResult) -> None:
    """Show the score of a wrong protocol, the honest score, and the gap."""
    rows = result.gaps.assign(protocol=result.setting.protocol)
    shown = rows[rows["measure"].isin(["balanced_accuracy", "macro_f1"])].set_index("measure")
    columns = st.columns(2, gap="medium")
    for column, measure in zip(columns, shown.index, strict=True):
        with column:
            chart = drawn(gap_chart, rows, measure)
            chart_block(
                *chart,
                key=f"gap-{measure}",
                title=f"{LABELS[measure]}: wrong protocol and honest",
                source=source(result),
            )
    if result.reported:
        st.markdown(
            f"{REPORTED[result.setting.protocol]}, this protocol would report a balanced accuracy of "
            f"**{result.reported['balanced_accuracy']:.3f}**."
        )


def show_counts(result: LabResult) -> None:
    """Show training rows before and after, with the number of lesions."""
    counts = result.own.counts
    lesions = result.own.lesions
    together = result.setting.protocol == "before_split"
    where = "Training and test images, resampled together" if together else "Training split"
    text = f"{where}, {count(counts['before'].sum())} of {count(lesions.sum(), 'lesions')}"
    if together:
        text += "; set aside: images that go to the test, or that the honest protocol couldn't train on"
    gone = "set aside" if together else GONE
    chart = drawn(strategy_counts, counts, result.setting.resampling.strategy, gone)
    table = chart.table.assign(lesions_before=lesions.to_numpy())
    chart_block(chart.figure, table, chart.sentence, key="counts", title="Training rows before and after", source=text)
    by_dx = ", ".join(f"{dx} {n:,}" for dx, n in lesions.items())
    st.caption(f"Number of lesions behind these rows, which resampling can't increase: {by_dx}.")


def show_classes(result: LabResult, none: LabResult) -> None:
    """Show recall and precision of each class, compared with no resampling."""
    label = STRATEGIES[result.setting.resampling.strategy].label
    for column, measure in zip(st.columns(2, gap="medium"), ("recall", "precision"), strict=True):
        with column:
            chart = drawn(by_class, result.classes, none.classes, measure, label)
            chart_block(*chart, key=f"class-{measure}", title=f"{measure.capitalize()} by class", source=source(result))


def show_confusions(result: LabResult) -> None:
    """Show two settings' confusion matrices side by side: this one and any other that has run."""
    options = [result.setting, *(s for s in st.session_state.get(RUNS, {}) if s != result.setting)]
    options += [s for s in (result.setting.baseline(),) if s not in options]
    options = [setting for setting in options if lab.ready(setting)]
    first = st.session_state.setdefault(MATRICES, {})
    for place, (column, start) in enumerate(zip(st.columns(2, gap="medium"), (0, len(options) - 1), strict=True)):
        key = matrix_key(place, result.setting)
        first[key] = options[start]
        with column:
            chosen = st.selectbox(
                "Setting", options, index=start, format_func=setting_text, key=key, bind="query-params"
            )
            shown = lab.result(chosen)
            chart_block(*drawn(confusion_chart, shown.own.raw), key=f"confusion-{place}", source=source(shown))


def matrix_key(place: int, setting: Setting) -> str:
    """Name the choice of the left (0) or right (1) matrix beside a setting; the same on every server, for addresses."""
    return f"matrix-{place}-{crc32(setting_text(setting).encode()):08x}"


def show_session() -> None:
    """List the settings that have run in this session, each with a link, once there are two to compare."""
    runs = st.session_state.get(RUNS, {})
    st.markdown("## Results in this session")
    if len(runs) < 2:
        st.caption("Try a second setting, and your results are listed here.")
        return
    table = pd.DataFrame(list(runs.values()))
    first = pd.DataFrame({"setting": [setting_text(setting) for setting in runs], "link": table["link"]})
    shown = first.join(table[list(MEASURES)])
    config: dict[str, Any] = {key: st.column_config.NumberColumn(LABELS[key], format="%.3f") for key in MEASURES}
    config |= {
        "setting": st.column_config.TextColumn("Setting", pinned=True),
        "link": st.column_config.LinkColumn("Link", display_text="Open", help="Opens the lab with this setting"),
    }
    st.dataframe(shown, hide_index=True, width="stretch", column_config=config, key="session")
    download_table(table, "session-runs")
