"""A student's screen at one step of the lesson, by its phase."""

import streamlit as st

from core.classroom.answers import guesses, save_check, save_guess
from core.classroom.contracts import StepPhase
from core.classroom.people import Seat
from core.errors import UserError
from core.lessons.step import OptionsGuess, SliderGuess, Step
from core.lessons.steps import get_step
from dashboard.caches.classroom import classroom, truths
from dashboard.components.widgets import LINE_WIDTH, PLOTLY
from dashboard.text.classroom import CONFIDENCE, class_sentence, explained_option, guess_text, own_sentence
from dashboard.views.classroom.scene import scene_chart
from dashboard.views.classroom.session import attempt
from dashboard.views.lesson.guess import options_help
from dashboard.views.lesson.play import show_question_chart


def show_step(seat: Seat, token: str) -> None:
    """Show the step that the class is at.

    Args:
        seat: The student's.
        token: The student's.
    """
    step, phase = get_step(str(seat.room.step)), seat.room.phase
    st.title(step.title)
    st.caption(f"Step {seat.room.steps.index(step.key) + 1} of {len(seat.room.steps)}")
    if phase in (StepPhase.FIRST, StepPhase.DISCUSS, StepPhase.SECOND):
        st.markdown(step.question, width=LINE_WIDTH)
        _show_chart(step, seat)
        _show_vote(step, seat, token)
    else:
        _show_result(step, seat)
    if phase in (StepPhase.CHECK, StepPhase.ANSWERS):
        _show_check(step, seat, token)


def _show_chart(step: Step, seat: Seat) -> None:
    """Show the step's chart with the student's guess as it stands; the result joins it with the reveal."""
    shown, vote = seat.room.phase.position >= StepPhase.REVEAL.position, seat.room.phase.vote
    key, guess = f"seat-{step.key}-{vote}", f"guess-{step.key}-{vote}"
    locked = seat.guesses[max(seat.guesses)].value if seat.guesses else None
    if vote is None or vote in seat.guesses or seat.room.closed:
        chart, alt = scene_chart(step, shown, None if locked is None else step.guess.read(locked))
        st.plotly_chart(chart.figure, width="stretch", key=key, config=PLOTLY, alt=alt)
        return
    start = step.guess.start if isinstance(step.guess, SliderGuess) else None
    st.session_state.setdefault(guess, start if locked is None else step.guess.read(locked))
    chart, alt = scene_chart(step, shown, st.session_state[guess])
    show_question_chart(step, chart, key, guess, alt)


def _show_vote(step: Step, seat: Seat, token: str) -> None:
    for number, guess in sorted(seat.guesses.items()):
        st.markdown(f"{'Your second guess' if number > 1 else 'Your guess'}: {guess_text(step, guess)}")
    vote = seat.room.phase.vote
    if vote is None:
        st.info("Discuss it with your neighbours: why did you guess what you guessed?", icon=":material/forum:")
    elif vote in seat.guesses:
        st.success("Locked in. Wait for the others.", icon=":material/lock:")
    elif not seat.room.closed:
        _ask_guess(step, vote, token)


def _ask_guess(step: Step, vote: int, token: str) -> None:
    """Ask for a guess, which the chart above shows while it is chosen."""
    value, sure = f"guess-{step.key}-{vote}", f"sure-{step.key}-{vote}"
    label = "Your second guess" if vote > 1 else "Your guess"
    with st.container(border=True, key="vote"):
        if isinstance(step.guess, OptionsGuess):
            texts = {option.key: option.text for option in step.guess.options}
            st.radio(label, list(texts), format_func=texts.__getitem__, index=None, key=value, help=options_help(step))
        else:
            g = step.guess
            low, high, by = float(g.low), float(g.high), float(g.step)
            st.slider(label, low, high, step=by, format=f"%g{g.unit.replace('%', '%%')}", key=value)
        st.segmented_control("How sure are you?", list(CONFIDENCE), format_func=CONFIDENCE.__getitem__, key=sure)
        chosen = None not in (st.session_state[value], st.session_state.get(sure))
        with st.container(key="lesson-action" if chosen else "vote-action"):  # on a phone it covers nothing to choose
            st.button(
                "Lock in", type="primary", icon=":material/lock:", width="stretch", key=f"lock-{step.key}-{vote}",
                on_click=lambda: attempt(_lock_in, step, token, value, sure),
            )  # fmt: skip


def _lock_in(step: Step, token: str, value: str, sure: str) -> None:
    guess, confidence = st.session_state[value], st.session_state[sure]
    if guess is None or confidence is None:
        missing = "your guess" if guess is None else "how sure you are"
        raise UserError(f"Also choose {missing}, then lock it in.")
    save_guess(classroom(), token, step.key, step.guess.read(guess), confidence)


def _show_result(step: Step, seat: Seat) -> None:
    truth = truths()[step.key]
    st.markdown(step.question, width=LINE_WIDTH)
    st.markdown(f"## {own_sentence(step, truth, seat.guesses)}", width=LINE_WIDTH)
    _show_chart(step, seat)
    text = class_sentence(step, truth, guesses(classroom(), seat.room, step.key))
    st.markdown(f"The class: {text}", width=LINE_WIDTH)


def _show_check(step: Step, seat: Seat, token: str) -> None:
    st.divider()
    st.markdown(f"**{step.check.question}**", width=LINE_WIDTH)
    texts = {option.key: option.text for option in step.check.options}
    if seat.room.phase is StepPhase.ANSWERS:
        for option in step.check.options:
            _show_answer(option.key == step.check.right, explained_option(option), seat, option.key)
    elif seat.check:
        st.success(f"You answered: {texts[seat.check.option]} Wait for the others.", icon=":material/lock:")
    elif not seat.room.closed:
        with st.form(f"check-{step.key}"):
            key = f"answer-{step.key}"
            st.radio("Your answer", list(texts), format_func=texts.__getitem__, index=None, key=key)
            with st.container(key="lesson-action"):
                st.form_submit_button(
                    "Lock in", type="primary", icon=":material/lock:", width="stretch",
                    on_click=lambda: attempt(_answer, step, token, key),
                )  # fmt: skip


def _show_answer(right: bool, text: str, seat: Seat, option: str) -> None:
    mine = " (your answer)" if seat.check and seat.check.option == option else ""
    icon = ":material/check_circle:" if right else ":material/cancel:"
    st.markdown(f"{icon} {text}{mine}", width=LINE_WIDTH)


def _answer(step: Step, token: str, key: str) -> None:
    option = st.session_state[key]
    if option not in {each.key for each in step.check.options}:
        raise UserError("Choose an answer, then lock it in.")
    save_check(classroom(), token, step.key, option)
