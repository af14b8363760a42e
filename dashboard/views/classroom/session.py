"""What the class page keeps in a visitor's session: tokens, and the error of the last click."""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import streamlit as st

from core.classroom.contracts import Room
from core.classroom.people import Seat, take_seat
from core.classroom.rooms import teacher_room
from core.classroom.secrets import ALPHABET, LENGTH
from core.classroom.settings import rooms_on
from core.errors import UserError
from dashboard.caches.classroom import classroom

FAULT = "class-fault"


def student_cookie(code: str) -> str:
    """Name of the cookie, and of the session's entry, that holds a student's token for a room."""
    return f"class-{code}"


def teacher_cookie(code: str) -> str:
    """Name of the cookie, and of the session's entry, that holds the token of a room's secret link."""
    return f"class-teacher-{code}"


def token_of(name: str) -> str:
    """Return a token from this session, or else from the browser's cookies; empty if there is none.

    The session comes first: after somebody has left a room, the connection still carries the cookie that it began with.
    """
    token = st.session_state.get(name, st.context.cookies.get(name))
    return token if isinstance(token, str) else ""


def find_seats() -> list[tuple[str, Seat]]:
    """Find the rooms in which this browser has a seat, with its token in each; the room opened last comes first."""
    seats = []
    for code in _codes("class-"):
        if token := token_of(student_cookie(code)):
            try:
                seats.append((token, take_seat(classroom(), code, token)))
            except UserError:
                continue  # removed, deleted, or the database is away: then the page is as for any visitor
    return sorted(seats, key=lambda each: each[1].room.opened_at, reverse=True)


def find_led() -> list[Room]:
    """Find the rooms that this browser leads; the one opened last comes first."""
    rooms = []
    for code in _codes("class-teacher-"):
        if token := token_of(teacher_cookie(code)):
            with suppress(UserError):  # deleted, or the database is away
                rooms.append(teacher_room(classroom(), token))
    return sorted(rooms, key=lambda room: room.opened_at, reverse=True)


def _codes(prefix: str) -> list[str]:
    """Codes of the rooms of which this session or the browser keeps something under this prefix."""
    names = {str(name) for kept in (st.session_state, st.context.cookies) for name in kept} if rooms_on() else set()
    return [found[1] for name in names if (found := re.fullmatch(rf"{prefix}([{ALPHABET}]{{{LENGTH}}})", name))]


def attempt(action: Callable[..., Any], *arguments: Any) -> Any:
    """Do what a click asks for, in its callback; an error is shown by `show_fault` in the run that follows."""
    st.session_state.pop(FAULT, None)
    try:
        return action(*arguments)
    except UserError as error:
        st.session_state[FAULT] = str(error)
        return None


def show_fault() -> None:
    """Show the error of the last click, once."""
    if fault := st.session_state.pop(FAULT, None):
        st.error(fault, icon=":material/error:")
