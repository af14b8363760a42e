"""Results: a room's, a row per step and a file with a row per student and step; and a student's own."""

import pandas as pd
import streamlit as st

from core.classroom.answers import check_answers, guesses
from core.classroom.contracts import Room, StepPhase
from core.classroom.people import Seat, people
from core.classroom.report import by_person, by_step, in_words
from core.classroom.rooms import revealed_steps
from core.lessons.steps import get_step
from dashboard.caches.classroom import classroom, truths
from dashboard.components.widgets import download_table
from dashboard.text.classroom import own_results_sentence, own_results_table, summary_sentence, summary_table


def show_summary(room: Room) -> None:
    """Offer the results so far; what is right is left out of steps that weren't revealed yet."""
    with st.expander("Results so far", icon=":material/summarize:", key="summary"):
        rows = room_rows(room)
        if rows.empty:
            st.markdown("Nobody has answered yet.")
            return
        table = by_step(rows)
        st.markdown(summary_sentence(table))
        st.table(summary_table(table, [get_step(key).title for key in table["step"]]))
        download_table(in_words(rows), f"class-{room.code}", "CSV, a row per student and step")


def show_own_results(seat: Seat) -> None:
    """Show a student what they guessed and answered, without the step at which the class still is."""
    room, rows = seat.room, room_rows(seat.room)
    over = room.closed or room.phase is StepPhase.ANSWERS
    rows = rows[(rows["nickname"] == seat.participant.nickname) & rows["truth"].notna()]
    rows = rows if over else rows[rows["step"] != room.step]
    key = f"own-results-{room.closed}"  # another one: a fold that was closed stays so
    with st.expander("Your results", icon=":material/summarize:", key=key, expanded=room.closed):
        if rows.empty:
            st.markdown("Here you see your guesses and answers once a step is over.")
            return
        st.markdown(own_results_sentence(rows))
        st.table(own_results_table(rows))


def room_rows(room: Room) -> pd.DataFrame:
    """Read a room's answers, a row per student and step.

    Raises:
        UserError: The database or the lesson's results can't be read.
    """
    shown = revealed_steps(classroom(), room)
    known = {step: truth for step, truth in truths().items() if step in shown}
    return by_person(
        people(classroom(), room), guesses(classroom(), room), check_answers(classroom(), room), known
    )  # fmt: skip
