"""The class page's first view: join a room by its code, or open one."""

import streamlit as st

from core.classroom.rooms import find_room, open_room
from core.classroom.secrets import show_code
from core.lessons.steps import STEPS
from dashboard.caches.classroom import classroom
from dashboard.components.widgets import LINE_WIDTH
from dashboard.text.classroom import TEACHER_KEPT
from dashboard.views.classroom.session import attempt, find_led, find_seats, show_fault, teacher_cookie

ROOM, TEACH, LEAD = "room", "teach", "lead"
"""Names in the address: a student's room, a secret link, and the teacher's screen without the secret."""


def show_door() -> None:
    """Show both ways in."""
    st.title("Class")
    st.markdown(
        "A class plays the lesson together: everybody guesses on a phone, neighbours discuss, everybody guesses again, "
        "and the teacher reveals the answer.",
        width=LINE_WIDTH,
    )
    show_fault()
    _offer_ways_back()
    join, teach = st.columns(2, gap="medium")
    with join, st.container(border=True, height="stretch"):
        st.header("Join a class")
        with st.form("join", border=False):
            st.text_input("Room code", key="code", placeholder="KTRM-4WXP", max_chars=20, autocomplete="off")
            st.form_submit_button("Join", type="primary", icon=":material/login:", on_click=_find, width="stretch")
    with teach, st.container(border=True, height="stretch"):
        st.header("Open a room")
        minutes = sum(step.minutes for step in STEPS)
        st.markdown(f"For teachers: {len(STEPS)} steps, {minutes} minutes in all; leave out any you like.")
        st.button("Open a room", key="open-room", icon=":material/add:", on_click=_open)
        st.caption(TEACHER_KEPT)


def _offer_ways_back() -> None:
    """List the rooms that this browser is in; whoever opened another page would need their address otherwise."""
    led = [(LEAD, f"You lead room **{show_code(room.code)}**.", room.code) for room in find_led()]
    seats = [
        (ROOM, f"You are **{seat.participant.nickname}** in room **{show_code(seat.room.code)}**.", seat.room.code)
        for _, seat in find_seats()
    ]
    for where, text, code in led + seats:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(text, width="stretch")
            st.button(
                "Back to the room", key=f"back-{where}-{code}", icon=":material/arrow_back:",
                on_click=st.query_params.from_dict, args=({where: code},),
            )  # fmt: skip


def _find() -> None:
    if room := attempt(lambda: find_room(classroom(), st.session_state["code"])):
        st.query_params.from_dict({ROOM: room.code})


def _open() -> None:
    if LEAD in st.query_params:
        return  # a second click, while the first was being answered
    if opened := attempt(lambda: open_room(classroom(), [step.key for step in STEPS])):
        st.session_state[teacher_cookie(opened.room.code)] = opened.teacher
        st.query_params.from_dict({LEAD: opened.room.code})
