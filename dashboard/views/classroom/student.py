"""A student's screen: join, guess, wait, see the result, answer the check question."""

import streamlit as st

from core.classroom.access import NoSeatError
from core.classroom.people import Seat, join, leave, spin, take_seat
from core.classroom.rooms import find_room
from core.classroom.secrets import read_code, show_code
from dashboard.caches.classroom import classroom
from dashboard.components.room_watch import keep_token, watch_room
from dashboard.components.widgets import LINE_WIDTH, plain_errors
from dashboard.navigation import on_device_address
from dashboard.text.classroom import kept_text
from dashboard.views.classroom.board import show_board
from dashboard.views.classroom.homework import show_homework
from dashboard.views.classroom.session import attempt, show_fault, student_cookie, token_of
from dashboard.views.classroom.student_step import show_step
from dashboard.views.classroom.summary import show_own_results
from dashboard.views.lesson.play import STYLE


def show_student(code: str) -> None:
    """Show a room to a student, or offer to join it.

    Args:
        code: From the address.
    """
    code = read_code(code)
    name = student_cookie(code)
    token = token_of(name)
    if token or name in st.session_state:
        keep_token(name, token)  # first, so that nobody is lost who reloads at once
    st.html(STYLE)
    with plain_errors(), st.container(key="lesson"):
        if token:
            _show_seat(code, token)
        else:
            _show_welcome(code)


def _show_welcome(code: str) -> None:
    st.title("Join the class")
    room = find_room(classroom(), code)
    show_fault()
    st.markdown(f"You are joining room **{show_code(code)}**. You need no account, and you type no name.")
    st.button("Join", type="primary", key="join-room", icon=":material/login:", on_click=_join, args=(code,), width=320)
    st.markdown(kept_text(room.deleted_at), width=LINE_WIDTH)
    st.markdown(f"To try an image on your own: [classify on this device]({on_device_address()}); nothing is uploaded.")


def _join(code: str) -> None:
    if token_of(student_cookie(code)):
        return  # a second click, while the first was being answered
    if joined := attempt(lambda: join(classroom(), code)):
        st.session_state[student_cookie(code)] = joined.token


@st.fragment
def _show_seat(code: str, token: str) -> None:
    with plain_errors():
        try:
            seat = take_seat(classroom(), code, token)
        except NoSeatError as error:
            st.title("Class")
            st.warning(str(error), icon=":material/person_off:")
            if st.button("Join again", key="join-again", icon=":material/login:"):
                st.session_state[student_cookie(code)] = ""
                st.rerun()
            return
        watch_room(seat.room, teacher=False)
        show_fault()
        if seat.room.closed:
            st.info("The room is closed. What you answered is saved.", icon=":material/lock:")
            show_own_results(seat)
        _show(seat, token)
        if not seat.room.closed:
            show_own_results(seat)
        show_board(seat.room)
        show_homework(seat, token)
        _show_me(seat, code, token)


def _show(seat: Seat, token: str) -> None:
    room = seat.room
    if room.step is None:
        st.title("You're in")
        st.markdown(
            f"You are **{seat.participant.nickname}**. Wait here until your teacher starts; this page updates itself."
        )
    else:
        show_step(seat, token)


def _show_me(seat: Seat, code: str, token: str) -> None:
    """Offer another nickname, say what is kept, and delete it."""
    with st.expander(f"You are {seat.participant.nickname}", icon=":material/badge:", expanded=seat.room.step is None):
        if seat.participant.spins and not seat.room.closed:
            label = f"Another nickname ({seat.participant.spins} left)"
            st.button(label, key="spin", icon=":material/casino:", on_click=lambda: attempt(spin, classroom(), token))
        st.markdown(kept_text(seat.room.deleted_at), width=LINE_WIDTH)
        if st.button("Leave and delete my answers", key="leave", icon=":material/delete:"):
            leave(classroom(), token)
            st.session_state[student_cookie(code)] = ""
            st.rerun()
