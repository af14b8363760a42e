"""The lab of a student whose class has a board: validation figures, and a button that puts the setting on it."""

import streamlit as st

from core.classroom.board import entries, put_on_board
from core.classroom.people import Seat
from core.classroom.secrets import show_code
from core.lab.experiment import LabResult
from dashboard.caches import lab
from dashboard.caches.classroom import classroom
from dashboard.components.widgets import LINE_WIDTH
from dashboard.navigation import page_link
from dashboard.text.format import count
from dashboard.views.classroom.session import attempt, find_seats, show_fault
from dashboard.views.lab import controls
from dashboard.views.lab.result import show_counts

WRONG_HELP = (
    "Balanced accuracy under this wrong protocol, on original images, trained on as many images as the honest one"
)


def pick_seat() -> tuple[str, Seat] | None:
    """Return the visitor's token and seat in a room whose board is still open, and offer to work without it.

    Returns:
        None if there is no such room, or the visitor works without it.
    """
    place = next((each for each in find_seats() if not (each[1].room.closed or each[1].room.test_open)), None)
    if place is None:
        return None
    label, text = "Work for the class board", "Off: the lab as everybody else sees it, with its test figures."
    return place if st.toggle(label, value=True, key="for-class", bind="query-params", help=text) else None


def show_result(result: LabResult, none: LabResult, place: tuple[str, Seat]) -> None:
    """Show a setting without its test figures, and offer it to the class board.

    Args:
        result: Of the setting.
        none: The same without resampling.
        place: Token and seat.
    """
    token, seat = place
    st.info(
        f"You are **{seat.participant.nickname}** in room {show_code(seat.room.code)}. Your class compares settings on "
        "the validation split, so test figures are hidden here until your teacher opens them.",
        icon=":material/groups:",
    )  # fmt: skip
    own, other = (lab.validation_measures(each) for each in (result, none))
    if own is not None and other is not None and result.validation is not None:
        controls.show_measures(own, other)
        scores = result.validation.raw
        st.caption(
            f"HAM10000, validation split, {count(len(scores.truth))} of {count(scores.lesions, 'lesions')}. Small "
            "figures: difference from no resampling, same classifier."
        )
    else:
        row = result.measures.set_index("measure").loc["balanced_accuracy"]
        st.metric("You would report", f"{row['value']:.3f}", help=WRONG_HELP)
        st.caption("You will see the honest score on the same images when your teacher opens the test figures.")
    _offer(result, token, seat)
    show_counts(result)


def _offer(result: LabResult, token: str, seat: Seat) -> None:
    show_fault()
    on_it = [each.setting for each in entries(classroom(), seat.room) if each.participant_id == seat.participant.id]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Put on the class board", type="primary", icon=":material/leaderboard:", key="class-board",
            disabled=result.setting in on_it, on_click=lambda: attempt(put_on_board, classroom(), token, result),
        )  # fmt: skip
        page_link("classroom", "Back to the class", room=seat.room.code)
    if result.setting in on_it:
        many = f"; {len(on_it)} settings of yours are on it" if len(on_it) > 1 else ""
        st.markdown(f":material/check: This setting is on the class board{many}.", width=LINE_WIDTH)
