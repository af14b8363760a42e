"""Splits and resampling page: what the grid shows, a lab to try it in, and who is in train and who in test."""

from collections.abc import Callable

import streamlit as st

from core.lab.experiment import LabResult
from dashboard.caches.splits import notebook_smote
from dashboard.charts import resampling, splits
from dashboard.components.drawn import drawn
from dashboard.components.share import share
from dashboard.components.widgets import chart_block, open_tab
from dashboard.views.lab import class_board, controls, embedding_map, grid
from dashboard.views.lab import result as lab_result
from dashboard.views.splits import siblings as split_views
from dashboard.views.splits.duplicates import show_duplicates


def show_lab() -> None:
    """Controls, then one setting beside none."""
    setting = controls.pick_setting()
    controls.show_actions()
    controls.explain(setting)
    found = controls.guarded([setting.baseline(), setting])
    seat = class_board.pick_seat()
    if found:
        none, result = found
        controls.remember(result)
        if seat:
            class_board.show_result(result, none, seat)
        else:
            show_result(result, none)
    if not seat:
        lab_result.show_session()


def show_result(result: LabResult, none: LabResult) -> None:
    """Show one setting's figures, and one of four views of what lies behind them: all at once take twice as long."""
    controls.show_figures(result, none)
    if not result.gaps.empty:
        lab_result.show_gap(result)
    shows = {
        "Training rows": lambda: lab_result.show_counts(result),
        "By diagnosis": lambda: lab_result.show_classes(result, none),
        "Map": lambda: embedding_map.show_map(result),
        "Confusion matrices": lambda: lab_result.show_confusions(result),
    }
    open_tab(shows, "detail")


def show_split(source: split_views.OverlapSource) -> None:
    """Show how far train and test overlap in both splits."""
    unit = split_views.pick_unit()
    for column, (scheme, label) in zip(st.columns(2, gap="medium"), splits.SPLIT_LABELS.items(), strict=True):
        with column:
            chart = drawn(splits.overlap_bars, source.overlap, scheme, unit)
            chart_block(*chart, key=f"overlap_{scheme}", title=label, source=f"{source.text}; test split")
    split_views.show_siblings()
    chart = drawn(splits.class_shares, source.overlap, unit)
    chart_block(
        *chart,
        key="class_shares",
        title="Why the leak goes unnoticed",
        source=f"{source.text}; all splits of both schemes",
    )
    show_duplicates()


def show_smote(source: split_views.OverlapSource) -> None:
    """Show the notebook's own balancing."""
    split_views.explain_notebook(source.overlap)
    chart = drawn(resampling.notebook_smote, notebook_smote())
    text = "HAM10000, training split by image, as in the notebook; SMOTE ran offline; expected number of wrong labels"
    chart_block(*chart, key="notebook_smote", title="Training rows after SMOTE", source=text)


def shared(show: Callable[[], None]) -> None:
    """Show a tab, and below it the page's link and Reset; the lab has its own."""
    show()
    share("splits", lambda: grid.start() | split_views.start())


TABS: dict[str, Callable[[], None]] = {
    "What works": lambda: shared(grid.show_grid),
    "Small network": lambda: shared(grid.show_network),
    "Wrong protocols": lambda: shared(grid.show_protocols),
    "Lab": show_lab,
    "Split": lambda: shared(lambda: show_split(split_views.pick_source())),
    "The notebook's SMOTE": lambda: show_smote(split_views.pick_source()),
}

st.title("Splits and resampling")
st.markdown("How you split the data and handle rare classes decides whether a score can be trusted.")
open_tab(TABS, "show")
