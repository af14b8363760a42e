"""What a visitor has done in the lesson, in the session; the address names the step."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.errors import UserError
from core.lessons.step import GuessValue, Step
from core.lessons.steps import STEPS, find_step

PLAYED = "lesson-played"
STEP = "step"
"""The step's name in the address."""


@dataclass
class Played:
    """What a visitor did in one step.

    Attributes:
        guess: The guess, once it is locked in.
        sure: Key of `core.lessons.step.SURE`, if one was chosen.
        variant: Position of the control, once it was moved.
        answer: Key of the check question's option, once it was chosen.
    """

    guess: GuessValue | None = None
    sure: str | None = None
    variant: str | None = None
    answer: str | None = None

    @property
    def locked(self) -> bool:
        """Whether the guess is locked in, so that the result may be shown."""
        return self.guess is not None


def played(step: Step) -> Played:
    """What the visitor did in a step."""
    every: dict[str, Played] = st.session_state.setdefault(PLAYED, {})
    return every.setdefault(step.key, Played())


def current() -> tuple[Step, str | None]:
    """The step that the address names, and what is wrong with the address: then it is the first step."""
    name = st.query_params.get(STEP)
    try:
        return (find_step(name) if name else STEPS[0]), None
    except UserError as error:
        return STEPS[0], str(error)


def go_to(key: str) -> None:
    """Open another step."""
    st.query_params[STEP] = key


def widget(kind: str, step: Step) -> str:
    """The key of a step's widget."""
    return f"lesson-{kind}-{step.key}"


def reset(step: Step) -> None:
    """Forget everything that was done in a step."""
    st.session_state.get(PLAYED, {}).pop(step.key, None)
    for kind in ("guess", "sure", "variant", "answer"):
        st.session_state.pop(widget(kind, step), None)
