"""Leaderboard page: every model with its intervals on one test set, then one of them in detail."""

import streamlit as st

from core.evaluation.leaderboard import MAJORITY
from dashboard.caches import tables
from dashboard.components.widgets import open_tab, plain_errors
from dashboard.navigation import page_link
from dashboard.views.leaderboard import confusion as confusion_blocks
from dashboard.views.leaderboard import model as model_blocks
from dashboard.views.leaderboard import probabilities as probability_blocks
from dashboard.views.leaderboard import ranking as blocks
from dashboard.views.leaderboard import thresholds as threshold_blocks
from dashboard.views.leaderboard.comparisons import show_comparisons


def one_model(name: str, others: list[str], source: str) -> None:
    """The lower half: one model's mistakes, report, probabilities, curves and card; only the open tab runs."""
    shows = {
        "Confusion matrix": lambda: confusion_blocks.show_confusion(name, others, point, source),
        "By diagnosis": lambda: model_blocks.show_report(name, point, source),
        "ROC and PR": lambda: probability_blocks.show_curves(name, source),
        "Calibration": lambda: probability_blocks.show_reliability(name, source),
        "Slices": lambda: probability_blocks.show_slices(name, source),
        "Threshold": lambda: threshold_blocks.show_threshold(name, source),
        "Learning curves": lambda: model_blocks.show_curves(name),
        "Card": lambda: model_blocks.show_card(tables.card(name)),
    }
    open_tab(shows, "show")


def other_figures() -> None:
    """What stands beside this project's own test of its models."""
    shows = {
        "Wrong protocols": show_comparisons,
        "Reported elsewhere": blocks.show_reported,
        "Not trained here": blocks.show_not_trained,
    }
    open_tab(shows, "other")


st.title("Leaderboard")
with plain_errors():
    board = tables.leaderboard()
    blocks.show_faults(board.faults)
    if board.rows.empty:
        blocks.show_empty()
    else:
        rows, metric = blocks.pick(board.rows)
        blocks.show_forest(rows, metric)
        blocks.show_table(rows, metric)
        st.subheader("One model")
        names = [name for name in rows["name"] if name != MAJORITY]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox("Model", names, key="model", bind="query-params", width=300)
            point = model_blocks.pick_point()
            page_link("classify")
            page_link("gradcam_gallery")
        others = [other for other in names if other != name]
        one_model(name, others, blocks.test_set(rows[rows["name"] == name]))
    st.subheader("Other figures")
    other_figures()
