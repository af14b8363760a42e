"""Leaderboard page: every model with its intervals on one test set, then one of them in detail."""

import streamlit as st

from core.errors import UserError
from core.evaluation.leaderboard import MAJORITY
from dashboard import leaderboard_blocks as blocks
from dashboard import loaders, model_blocks

st.title("Leaderboard")
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
    source = blocks.test_set(rows[rows["name"] == name])
    confusion, report, curves, card = st.tabs(
        ["Confusion matrix", "By diagnosis", "Learning curves", "Card"], key="show", on_change="rerun"
    )
    try:
        if confusion.open:
            with confusion:
                model_blocks.show_confusion(name, point, source)
        if report.open:
            with report:
                model_blocks.show_report(name, point, source)
        if curves.open:
            with curves:
                model_blocks.show_curves(name)
        if card.open:
            with card:
                model_blocks.show_card(loaders.card(name))
    except UserError as error:
        st.error(str(error), icon=":material/error:")

blocks.show_reported()
