"""The teacher's screen: invite, step the class, count, reveal, and the room's end."""

import streamlit as st

from core.classroom.contracts import Room
from core.classroom.people import people
from core.classroom.rooms import delete_room, go_to_step, open_again, remove_nickname, teacher_room
from core.classroom.secrets import read_code
from core.errors import UserError
from core.lessons.steps import get_step
from dashboard.caches.classroom import classroom
from dashboard.components.room_watch import keep_token, watch_room
from dashboard.components.widgets import plain_errors
from dashboard.text.classroom import TEACHER_KEPT
from dashboard.views.classroom.board import show_board
from dashboard.views.classroom.door import LEAD, ROOM
from dashboard.views.classroom.homework import show_teachers_homework
from dashboard.views.classroom.invite import show_invite, show_secret_link
from dashboard.views.classroom.session import attempt, show_fault, teacher_cookie, token_of
from dashboard.views.classroom.summary import show_summary
from dashboard.views.classroom.teacher_step import show_close, show_step


def enter(token: str) -> None:
    """Follow a secret link: keep its token, and take it out of the address, which a projector shows to everybody.

    Raises:
        UserError: The link opens no room.
    """
    room = teacher_room(classroom(), token)
    st.session_state[teacher_cookie(room.code)] = token
    st.query_params.from_dict({LEAD: room.code})
    st.rerun()


def show_teacher(code: str) -> None:
    """Show a room to its teacher.

    Args:
        code: From the address.
    """
    name = teacher_cookie(read_code(code))
    token = token_of(name)
    with plain_errors():
        if not token:
            st.button(
                "Join as a student", key="join-instead", icon=":material/login:", on_click=st.query_params.from_dict,
                args=({ROOM: read_code(code)},),
            )  # fmt: skip
            raise UserError(
                "This is the address of the room's teacher. Students join the room; its teacher opens the secret link."
            )
        _show_room(token, name)
    keep_token(name, st.session_state.get(name, token))


@st.fragment
def _show_room(token: str, name: str) -> None:
    with plain_errors():
        room = teacher_room(classroom(), token)
        watch_room(room, teacher=True)
        show_fault()
        show_invite(room)
        if room.closed:
            st.info("The room is closed: nobody joins or answers any more.", icon=":material/lock:")
            st.button(
                "Open it again", key="open-again", icon=":material/lock_open:",
                on_click=lambda: attempt(open_again, classroom(), token),
            )  # fmt: skip
        if room.step is None:
            st.title("Waiting for the class")
            joined = len(people(classroom(), room))
            st.metric("Students in the room", joined)
            _go("Start", room.steps[0], token, disabled=room.closed)
        else:
            show_step(room, token)
        if not room.closed:
            _show_steps(room, token)
        show_board(room, token)
        show_teachers_homework(room, token)
        show_summary(room)
        _show_people(room, token)
        _show_end(room, token, name)


def _go(label: str, step: str, token: str, disabled: bool = False) -> None:
    st.button(
        label, key="go", type="primary", icon=":material/play_arrow:", disabled=disabled,
        on_click=lambda: attempt(go_to_step, classroom(), token, step),
    )  # fmt: skip


def _show_steps(room: Room, token: str) -> None:
    """Let the teacher choose any step, to leave some out or to go back."""
    titles = {key: f"{i}. {get_step(key).title}" for i, key in enumerate(room.steps, 1)}
    with st.popover("Go to another step", icon=":material/format_list_numbered:"):
        step = st.selectbox("Step", list(titles), format_func=titles.__getitem__, key="step", index=_index(room))
        st.button("Go", key="go-step", on_click=lambda: attempt(go_to_step, classroom(), token, step))


def _index(room: Room) -> int:
    return room.steps.index(room.step) if room.step else 0


def _show_people(room: Room, token: str) -> None:
    names = {each.id: each.nickname for each in people(classroom(), room)}
    with st.expander(f"Students ({len(names)})", icon=":material/group:", key="people"):
        if not names:
            st.markdown("Nobody has joined yet.")
            return
        st.markdown(", ".join(names.values()))
        gone = st.selectbox("Nickname", list(names), format_func=names.__getitem__, key="nickname", index=None)
        st.button(
            "Remove this nickname and its answers", key="remove", icon=":material/person_remove:",
            disabled=gone is None, on_click=lambda: attempt(remove_nickname, classroom(), token, gone),
        )  # fmt: skip


def _show_end(room: Room, token: str, name: str) -> None:
    with st.expander("Secret link, closing and deleting", icon=":material/settings:", key="end"):
        show_secret_link(token)
        st.caption(f"{TEACHER_KEPT} This room is deleted on {room.deleted_at:%d %B %Y} at the latest.")
        if not room.closed:
            show_close(token, "close", "secondary")
        sure = st.checkbox("I have saved the results, or don't need them", key="sure")
        if st.button("Delete the room", key="delete", icon=":material/delete_forever:", disabled=not sure):
            delete_room(classroom(), token)
            st.toast("The room is deleted, with everything in it.", icon=":material/delete_forever:")
            st.session_state[name] = ""
            st.query_params.clear()
            st.rerun()
