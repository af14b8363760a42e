"""Homework: the teacher's deadline, the students' files, and the standings on both halves."""

import math
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from core.classroom.clock import now
from core.classroom.contracts import Room
from core.classroom.homework import Try, hand_in, is_over, own_tries, require_try, set_deadline, standings
from core.classroom.people import Seat
from core.errors import UserError
from core.evaluation.halves import score_halves
from core.evaluation.prediction_table import MAX_BYTES, parse_prediction_table
from dashboard.caches import evaluation
from dashboard.caches.classroom import classroom
from dashboard.charts.class_ranking import homework_chart
from dashboard.components.widgets import LINE_WIDTH, chart_block
from dashboard.text.class_ranking import HOMEWORK_INTRO, NO_GRADE, deadline_text, homework_sentence
from dashboard.text.format import estimate
from dashboard.text.own_models import literal
from dashboard.views.classroom.session import attempt
from dashboard.views.leaderboard.add_predictions import TYPES, offer_template

LABEL, ICON = "Homework", ":material/assignment:"
TURN, NEWS = "homework-turn", "homework-news"
"""Session state: how often a file was handed in, and what came of the last one."""
SOURCE = "HAM10000, test split by lesion; balanced accuracy; 95% intervals over lesions"


def show_homework(seat: Seat, token: str) -> None:
    """Show the homework to a student, folded; nothing where the teacher hasn't set any.

    Args:
        seat: The student's.
        token: The student's.
    """
    room = seat.room
    if room.homework_until is None:
        return
    fold = st.expander(LABEL, icon=ICON, key="homework", on_change="rerun")
    if not fold.open:
        return
    with fold:
        st.markdown(f"**{deadline_text(room.homework_until, is_over(room), _zone())}** {NO_GRADE}", width=LINE_WIDTH)
        _show_news()
        if not (is_over(room) or room.closed):
            st.markdown(HOMEWORK_INTRO, width=LINE_WIDTH)
            _show_upload(token)
        _show_own(own_tries(classroom(), room, seat.participant.id))
        _show_standings(room)


def _show_news() -> None:
    """Say what came of the file that was handed in last, also if the deadline has passed meanwhile."""
    news = st.session_state.pop(NEWS, None)
    if isinstance(news, str):
        st.error(news, icon=":material/error:")
    for note in news if isinstance(news, list) else ():
        st.caption(note)


def _show_upload(token: str) -> None:
    turn = st.session_state.get(TURN, 0)
    file = st.file_uploader(
        "Your predictions of the test split (CSV)", TYPES, key=f"homework-file-{turn}",
        max_upload_size=MAX_BYTES // 2**20,
    )  # fmt: skip
    offer_template()
    if file:
        st.session_state[NEWS] = _hand_in(token, file.name, file.getvalue())
        st.session_state[TURN] = turn + 1  # a new uploader: the server lets go of the file
        st.rerun()


def _hand_in(token: str, name: str, data: bytes) -> list[str] | str:
    """Score and save a file; returns notes on how it was read, or what is wrong with it."""
    try:
        require_try(classroom(), token)
        with st.spinner("Scoring your predictions"):
            halves = score_halves(parse_prediction_table(data, name), evaluation.test_truth())
        hand_in(classroom(), token, halves)
    except UserError as error:
        return literal(str(error))
    return [literal(note) for note in halves.notes]


def _show_own(tries: list[Try]) -> None:
    if not tries:
        return
    best = max(tries, key=lambda each: each.public.value)
    zone, over = _zone(), not math.isnan(tries[0].private.value)
    rows = {
        "Handed in": [f"{each.at.astimezone(zone):%d %b, %H:%M}" + (" \N{CHECK MARK}" if each is best else "")
                      for each in tries],
        "Public half": [estimate(each.public) for each in tries],
    }  # fmt: skip
    if over:
        rows["Private half"] = [estimate(each.private) for each in tries]
    st.markdown("**Your files** (\N{CHECK MARK}: this one counts)")
    st.table(rows, hide_index=True)


def _show_standings(room: Room) -> None:
    found = standings(classroom(), room)
    if found:
        chart_block(*homework_chart(found), key="homework-standings", title="The class", source=SOURCE)
        st.caption("Students with the same rank: no clear difference on the same lesions (paired 95% interval).")
    else:
        st.markdown(homework_sentence(found))


def show_teachers_homework(room: Room, token: str) -> None:
    """Show the homework to the teacher, folded: its deadline, and how the class stands.

    Args:
        room: The room.
        token: Of the secret link.
    """
    fold = st.expander(LABEL, icon=ICON, key="homework", on_change="rerun")
    if not fold.open:
        return
    with fold:
        st.markdown(HOMEWORK_INTRO, width=LINE_WIDTH)
        st.markdown(f"{NO_GRADE} Keep the room open until the deadline.", width=LINE_WIDTH)
        if room.homework_until:
            st.markdown(f"**{deadline_text(room.homework_until, is_over(room), _zone())}**")
        if not (is_over(room) or room.closed):
            _ask_deadline(room, token)
        _show_standings(room)


def _ask_deadline(room: Room, token: str) -> None:
    zone = _zone()
    start = (room.homework_until or now() + timedelta(days=7)).astimezone(zone)
    with st.form("deadline", border=False):
        day, time = st.columns(2)
        chosen = day.date_input("Day", start.date(), min_value=min(start.date(), now().astimezone(zone).date()),
                                max_value=max(start.date(), room.deleted_at.astimezone(zone).date()),
                                key="deadline-day")  # fmt: skip
        at = time.time_input("Time", start.time().replace(second=0, microsecond=0), key="deadline-time")
        st.form_submit_button(
            "Move the deadline" if room.homework_until else "Set this homework", icon=":material/event:",
            on_click=lambda: attempt(_set, token, zone),
        )  # fmt: skip
    st.caption(f"{chosen:%A}, {at:%H:%M}, time zone {zone}.")


def _set(token: str, zone: tzinfo) -> None:
    day, time = st.session_state["deadline-day"], st.session_state["deadline-time"]
    if day is None or time is None:
        raise UserError("Choose a day and a time for the deadline.")
    set_deadline(classroom(), token, datetime.combine(day, time, zone))


def _zone() -> ZoneInfo:
    """The time zone of the visitor's browser."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
