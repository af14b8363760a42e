"""Two components without a look of their own: one has the page run again when a room changes, one keeps a token."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core.classroom.contracts import DAYS_KEPT, Room
from core.classroom.secrets import PROCESS

FOLDER = Path(__file__).resolve().parent

_watch = st.components.v2.component("room_watch", js=(FOLDER / "watch.js").read_text())
_keep = st.components.v2.component("room_token", js=(FOLDER / "token.js").read_text())


def watch_room(room: Room, *, teacher: bool, on_change: Callable[[], None] = lambda: None) -> None:
    """Have the browser ask every second whether the room has changed, and run this fragment or page again if so.

    Args:
        room: As it is shown now.
        teacher: Watch for what the teacher sees, every guess included.
        on_change: Called before the run.
    """
    who, version = ("teacher", room.activity) if teacher else ("students", room.version)
    data = {"path": f"rooms/{room.watch}/{who}", "version": version, "process": PROCESS}
    _watch(key="room-watch", data=data, height=1, on_changed_change=on_change)


def keep_token(name: str, token: str) -> None:
    """Keep a token in the browser as a cookie, which comes back with `st.context.cookies` after a reload.

    Args:
        name: Of the cookie.
        token: Its value; empty removes the cookie.
    """
    _keep(key=f"keep-{name}", data={"name": name, "token": token, "days": DAYS_KEPT}, height=1)
