"""A room's results: a row per step, and a file with a row per student and step."""

import pandas as pd
import streamlit as st

from core.classroom.answers import check_answers, guesses
from core.classroom.contracts import Room
from core.classroom.people import people
from core.classroom.report import by_person, by_step
from core.classroom.rooms import revealed_steps
from core.lessons.steps import get_step
from dashboard.caches.classroom import classroom, truths
from dashboard.components.widgets import download_table
from dashboard.text.classroom import summary_sentence, summary_table


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
        download_table(rows, f"class-{room.code}", "CSV, a row per student and step")


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
