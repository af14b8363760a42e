"""What the lab shows of a setting: rows, figures by diagnosis, confusion, what a wrong protocol adds, the session."""

import pandas as pd
import streamlit as st

from core.lab.classifiers import CLASSIFIERS
from core.lab.experiment import Result, Setting
from core.lab.measures import LABELS
from core.lab.protocols import PROTOCOLS
from core.resampling.strategies import STRATEGIES
from dashboard.caches import lab
from dashboard.charts.lab import by_class, confusion_chart, gap_chart
from dashboard.charts.resampling import strategy_counts
from dashboard.components.widgets import chart_block, download_table
from dashboard.text.phrases import amount
from dashboard.views.lab.controls import RUNS, baseline, source

MEASURES = ("balanced_accuracy", "macro_f1", "melanoma_sensitivity", "ece_raw", "ece", "brier_raw", "brier")


def name(setting: Setting) -> str:
    """A setting in a few words."""
    words = [STRATEGIES[setting.strategy].label, CLASSIFIERS[setting.classifier].label]
    if setting.protocol != "right":
        words.append(PROTOCOLS[setting.protocol].label.lower())
    plain = Setting()
    changes = {"amount": f"{setting.amount}%", "neighbors": f"k = {setting.neighbors}", "seed": f"seed {setting.seed}"}
    words += [text for key, text in changes.items() if getattr(setting, key) != getattr(plain, key)]
    return ", ".join(words)


def show_gap(result: Result) -> None:
    """The flattered figure, the honest one beside it, and the gap."""
    rows = result.gaps.assign(protocol=result.setting.protocol)
    shown = rows[rows["measure"].isin(["balanced_accuracy", "macro_f1"])].set_index("measure")
    columns = st.columns(2, gap="medium")
    for column, measure in zip(columns, shown.index, strict=True):
        with column:
            chart = gap_chart(rows, measure)
            chart_block(
                *chart, key=f"gap-{measure}", title=f"{LABELS[measure]}: reported and honest", source=source(result)
            )
    if result.reported:
        st.markdown(
            f"On all rows of its own test side, copies and synthetic ones among them, this protocol would report a "
            f"balanced accuracy of **{result.reported['balanced_accuracy']:.3f}**."
        )


def show_rows(result: Result, none: Result) -> None:
    """What became of the training rows, and what that did to each diagnosis."""
    _show_counts(result)
    _show_classes(result, none)


def _show_counts(result: Result) -> None:
    """Training rows before and after, with the lesions that they show."""
    counts = result.own.counts
    lesions = result.own.lesions
    text = f"Training side, {amount(counts['before'].sum(), 'images')} of {amount(lesions.sum(), 'lesions')}"
    chart = strategy_counts(counts, result.setting.strategy)
    table = chart.table.assign(lesions_before=lesions.to_numpy())
    chart_block(chart.figure, table, chart.sentence, key="counts", title="Training rows before and after", source=text)
    by_dx = ", ".join(f"{dx} {n:,}" for dx, n in lesions.items())
    st.caption(f"Lesions behind these rows, which no strategy can add to: {by_dx}.")


def _show_classes(result: Result, none: Result) -> None:
    """Recall and precision of each diagnosis against none."""
    label = STRATEGIES[result.setting.strategy].label
    for column, measure in zip(st.columns(2, gap="medium"), ("recall", "precision"), strict=True):
        with column:
            chart = by_class(result.classes, none.classes, measure, label)
            chart_block(
                *chart, key=f"class-{measure}", title=f"{measure.capitalize()} by diagnosis", source=source(result)
            )


def show_confusions(result: Result) -> None:
    """Two settings' confusion matrices side by side: this one and any that has run."""
    options = [result.setting, *(s for s in st.session_state.get(RUNS, {}) if s != result.setting)]
    options += [s for s in (baseline(result.setting),) if s not in options]
    options = [setting for setting in options if lab.ready(setting)]
    for side, (column, start) in enumerate(zip(st.columns(2, gap="medium"), (0, len(options) - 1), strict=True)):
        with column:
            chosen = st.selectbox(
                "Setting", options, index=start, format_func=name, key=f"confusion-{side}-{hash(result.setting)}"
            )
            shown = lab.result(chosen)
            chart_block(*confusion_chart(shown.own.said), key=f"confusion-{side}", source=source(shown))


def show_session() -> None:
    """Everything that ran in this session, each row with its link."""
    runs = st.session_state.get(RUNS, {})
    st.markdown("##### Run so far in this session")
    if not runs:
        st.caption("Nothing yet.")
        return
    table = pd.DataFrame(list(runs.values()))
    first = pd.DataFrame({"setting": [name(setting) for setting in runs], "link": table["link"]})
    shown = first.join(table[list(MEASURES)])
    config: dict[str, object] = {key: st.column_config.NumberColumn(LABELS[key], format="%.3f") for key in MEASURES}
    config |= {
        "setting": st.column_config.TextColumn("Setting", pinned=True),
        "link": st.column_config.LinkColumn("Link", display_text="Open", help="Opens the lab with this setting"),
    }
    st.dataframe(shown, hide_index=True, width="stretch", column_config=config, key="session")
    download_table(table, "session-runs")
