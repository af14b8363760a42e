"""Leaderboard page: every model with its intervals on one test set, then one of them in detail."""

import streamlit as st

from core.evaluation.leaderboard import MAJORITY
from dashboard import loaders
from dashboard.blocks import leaderboard as blocks
from dashboard.blocks import model as model_blocks
from dashboard.widgets import plain_errors


def one_model(name: str, source: str) -> None:
    """The lower half: one model's mistakes, report, curves and card; only the open tab runs."""
    tabs = st.tabs(
        ["Confusion matrix", "By diagnosis", "Learning curves", "Card"], key="show", on_change="rerun",
        bind="query-params",
    )  # fmt: skip
    confusion, report, curves, card = tabs
    with next(tab for tab in tabs if tab.open), plain_errors():
        if confusion.open:
            model_blocks.show_confusion(name, point, source)
        if report.open:
            model_blocks.show_report(name, point, source)
        if curves.open:
            model_blocks.show_curves(name)
        if card.open:
            model_blocks.show_card(loaders.card(name))


st.title("Leaderboard")
with plain_errors():
    board = loaders.leaderboard()
    blocks.show_faults(board.faults)
    if board.rows.empty:
        blocks.show_empty()
    else:
        rows, metric = blocks.pick(board.rows)
        blocks.show_forest(rows, metric)
        blocks.show_table(rows)
        st.subheader("One model")
        names = [name for name in rows["name"] if name != MAJORITY]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox("Model", names, key="model", bind="query-params", width=300)
            point = model_blocks.pick_point()
        one_model(name, blocks.test_set(rows[rows["name"] == name]))
    blocks.show_reported()
