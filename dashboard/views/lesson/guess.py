"""The guess: a slider or options, how sure one is, and the button that locks it in."""

from __future__ import annotations

import streamlit as st

from core.labels import DX
from core.lessons.results import StepTruth
from core.lessons.step import SURE, GuessValue, SliderGuess, Step
from dashboard.text.lessons import guess_sentence
from dashboard.text.phrases import diagnoses_help
from dashboard.views.lesson.state import played, widget

CONFIDENCE = {option.key: option.text for option in SURE}


def pick_guess(step: Step) -> GuessValue | None:
    """Show the guess's controls; None until something is chosen."""
    key = widget("guess", step)
    if isinstance(step.guess, SliderGuess):
        ends = step.guess.low, step.guess.high, step.guess.step
        low, high, unit = (float(end) for end in ends)
        st.session_state.setdefault(key, float(step.guess.start))
        text = "%d%%" if step.guess.unit == "%" else "%.2f"
        guess: GuessValue | None = st.slider("Your guess", low, high, step=unit, format=text, key=key)
    else:
        texts = {option.key: option.text for option in step.guess.options}
        guess = st.pills(
            "Your guess", list(texts), format_func=texts.__getitem__, key=key, wrap=True, help=options_help(step)
        )
    st.segmented_control(
        "How sure are you?", list(CONFIDENCE), format_func=CONFIDENCE.__getitem__, key=widget("sure", step)
    )
    return guess


def options_help(step: Step) -> str | None:
    """What the options of a guess mean, if they are the diagnoses."""
    diagnoses = not isinstance(step.guess, SliderGuess) and {each.key for each in step.guess.options} == set(DX)
    return diagnoses_help() if diagnoses else None


def lock(step: Step) -> None:
    """Lock in the guess that the controls show."""
    found = played(step)
    value = st.session_state.get(widget("guess", step))
    if value is not None:
        found.guess = step.guess.read(value)
        found.sure = st.session_state.get(widget("sure", step))


def show_lock(step: Step, guess: GuessValue | None) -> None:
    """Show the button that locks the guess in; nothing is revealed before."""
    st.button(
        "Lock in and run", type="primary", icon=":material/lock:", key="lesson-lock", disabled=guess is None,
        on_click=lock, args=(step,), width="stretch", help="Choose an answer first." if guess is None else None,
    )  # fmt: skip


def show_guess(step: Step, true: StepTruth) -> None:
    """Compare the locked guess with the result."""
    found = played(step)
    assert found.guess is not None
    sure = f" You were: {CONFIDENCE[found.sure].lower()}." if found.sure else ""
    st.markdown(f":material/lock: {guess_sentence(step, found.guess, true)}{sure}")
