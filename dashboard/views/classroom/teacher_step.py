"""The teacher's screen at one step: the question, the count, the next move, and what the class answered."""

from typing import Literal

import streamlit as st

from core.classroom.answers import check_answers, count_votes, guesses
from core.classroom.contracts import FIRST_VOTE, SECOND_VOTE, Room, StepPhase
from core.classroom.people import people
from core.classroom.rooms import advance, close_room, go_to_step
from core.lessons.step import Step
from core.lessons.steps import get_step
from dashboard.caches.classroom import classroom, truths
from dashboard.charts.classroom import check_bars, vote_histogram
from dashboard.components.widgets import LINE_WIDTH, chart_block
from dashboard.text.classroom import explained_option
from dashboard.views.classroom.scene import show_scene
from dashboard.views.classroom.session import attempt

MOVES: dict[StepPhase, tuple[tuple[StepPhase, str, str], ...]] = {
    StepPhase.FIRST: ((StepPhase.DISCUSS, "Stop and discuss", "forum"), (StepPhase.REVEAL, "Reveal", "visibility")),
    StepPhase.DISCUSS: ((StepPhase.SECOND, "Second vote", "ballot"), (StepPhase.REVEAL, "Reveal", "visibility")),
    StepPhase.SECOND: ((StepPhase.REVEAL, "Reveal", "visibility"),),
    StepPhase.REVEAL: ((StepPhase.CHECK, "Ask the check question", "quiz"),),
    StepPhase.CHECK: ((StepPhase.ANSWERS, "Show the answers", "fact_check"),),
    StepPhase.ANSWERS: (),
}
"""What the teacher may do next: the phase, the button's text and its icon; the first is the usual one."""
DOING = {
    StepPhase.FIRST: "Everybody guesses alone.",
    StepPhase.DISCUSS: "No guesses now: neighbours discuss.",
    StepPhase.SECOND: "Everybody may guess again.",
    StepPhase.REVEAL: "The answer is shown.",
    StepPhase.CHECK: "Everybody answers the check question.",
    StepPhase.ANSWERS: "The right answer is shown.",
}


def show_step(room: Room, token: str) -> None:
    """Show the step that the class is at.

    Args:
        room: The room.
        token: Of the secret link.
    """
    step = get_step(str(room.step))
    st.title(step.title)
    st.caption(
        f"Step {room.steps.index(step.key) + 1} of {len(room.steps)}, about {step.minutes} minutes. {DOING[room.phase]}"
    )
    st.markdown(f"## {step.question}", width=LINE_WIDTH)
    _show_counts(room, step)
    if not room.closed:
        _show_moves(room, step, token)
    revealed = room.phase.position >= StepPhase.REVEAL.position
    if revealed:
        _show_votes(room, step)
    show_scene(step, revealed)
    if room.phase.position >= StepPhase.CHECK.position:
        _show_check(room, step)
    with st.expander("Notes for you", icon=":material/sticky_note_2:"):
        notes = step.notes
        st.markdown(
            f"**Aim.** {notes.aim}\n\n**Many believe:** {notes.misconception}\n\n**To explain.** {notes.explain}"
        )


def _show_counts(room: Room, step: Step) -> None:
    """Count only: what the guesses are stays hidden until the reveal."""
    votes, present = count_votes(guesses(classroom(), room, step.key)), len(people(classroom(), room))
    counts = {"Guesses": votes[FIRST_VOTE]}
    if room.phase.position >= StepPhase.SECOND.position and (votes[SECOND_VOTE] or room.phase is StepPhase.SECOND):
        counts["Second guesses"] = votes[SECOND_VOTE]
    if room.phase.position >= StepPhase.CHECK.position:
        counts["Answers"] = len(check_answers(classroom(), room, step.key))
    with st.container(horizontal=True):
        for label, n in counts.items():
            st.metric(label, f"{n} of {present}", width=170)


def _show_moves(room: Room, step: Step, token: str) -> None:
    with st.container(horizontal=True):
        for i, (phase, label, icon) in enumerate(MOVES[room.phase]):
            st.button(
                label, key=f"to-{phase}", icon=f":material/{icon}:", type="secondary" if i else "primary",
                on_click=lambda to=phase: attempt(advance, classroom(), token, step.key, to),
            )  # fmt: skip
        following = room.steps[room.steps.index(step.key) + 1 :]
        if following and room.phase.position >= StepPhase.REVEAL.position:
            st.button(
                "Next step", key="next-step", icon=":material/arrow_forward:",
                type="secondary" if MOVES[room.phase] else "primary",
                on_click=lambda: attempt(go_to_step, classroom(), token, following[0]),
            )  # fmt: skip
    if not following and room.phase is StepPhase.ANSWERS:
        st.success(
            "That was the last step. Close the room, and all students see their results.", icon=":material/flag:"
        )
        show_close(token, "finish", "primary")


def show_close(token: str, key: str, kind: Literal["primary", "secondary"]) -> None:
    """Show the button that closes the room.

    Args:
        token: Of the secret link.
        key: Of the button.
        kind: Of the button.
    """
    st.button(
        "Close the room", key=key, type=kind, icon=":material/lock:",
        help="Nobody can join or answer then, and all students see their results. You can open it again.",
        on_click=lambda: attempt(close_room, classroom(), token),
    )  # fmt: skip


def _show_votes(room: Room, step: Step) -> None:
    chart = vote_histogram(step, truths()[step.key], guesses(classroom(), room, step.key))
    chart_block(
        *chart, key=f"votes-{step.key}", title="What the class guessed", source=f"This room; answer: {step.source}"
    )


def _show_check(room: Room, step: Step) -> None:
    st.markdown(f"## {step.check.question}", width=LINE_WIDTH)
    if room.phase is not StepPhase.ANSWERS:
        for option in step.check.options:
            st.markdown(f"- {option.text}")
        return
    chart_block(
        *check_bars(step, check_answers(classroom(), room, step.key)), key=f"check-{step.key}", source="This room"
    )
    right = next(option for option in step.check.options if option.key == step.check.right)
    st.markdown(f":material/check_circle: {explained_option(right)}", width=LINE_WIDTH)
