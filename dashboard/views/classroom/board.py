"""The class board: the best honest settings, the most flattering wrong ones, and the test figures at the end."""

import streamlit as st

from core.classroom.board import best, entries, open_test
from core.classroom.contracts import Room
from dashboard.caches.classroom import classroom
from dashboard.charts.class_ranking import board_chart, flattery_chart
from dashboard.components.widgets import LINE_WIDTH, chart_block
from dashboard.navigation import page_link
from dashboard.text.class_ranking import BOARD_INTRO, FLATTERY_INTRO, board_sentence, flattery_sentence
from dashboard.views.classroom.session import attempt


def show_board(room: Room, teacher: str = "") -> None:
    """Show the board, folded.

    Args:
        room: The room.
        teacher: The secret link's token on the teacher's screen; it may open the test figures.
    """
    fold = st.expander("Class board", icon=":material/leaderboard:", key="board", on_change="rerun")
    if not fold.open:
        return
    with fold:
        st.markdown(BOARD_INTRO, width=LINE_WIDTH)
        if not (room.closed or room.test_open):
            page_link("split_resampling", "Try a setting in the lab", show="Lab")
        found = entries(classroom(), room)
        honest, wrong = best(found, honest=True), best(found, honest=False)
        if honest:
            text = "validation and test splits" if room.test_open else "validation split"
            source = f"HAM10000, {text} by lesion; 95% intervals over lesions"
            chart_block(*board_chart(honest), key="class-board", title="Best honest settings", source=source)
        else:
            st.markdown(board_sentence(honest))
        st.markdown(FLATTERY_INTRO, width=LINE_WIDTH)
        if wrong:
            source = "HAM10000, test images of each protocol; 95% intervals over lesions"
            chart_block(
                *flattery_chart(wrong), key="flattery-board", title="Most flattering wrong protocol", source=source
            )
        else:
            st.markdown(flattery_sentence(wrong))
        if teacher:
            _show_opening(room, teacher)


def _show_opening(room: Room, teacher: str) -> None:
    if room.test_open:
        st.caption("The test figures are open; nothing can be put on the board any more.")
        return
    sure = st.checkbox("Everybody has put their setting on the board", key="board-sure")
    st.button(
        "Open the test figures", key="open-test", icon=":material/lock_open:", disabled=not sure,
        help="This can't be undone: afterwards the board takes no more settings.",
        on_click=lambda: attempt(open_test, classroom(), teacher),
    )  # fmt: skip
