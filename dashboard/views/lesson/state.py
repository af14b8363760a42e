"""What a visitor has done in the lesson, in the session; the address names the step, and keeps what was done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from core.errors import UserError
from core.lessons.step import SURE, GuessValue, Step
from core.lessons.steps import STEPS, find_step, get_step

PLAYED = "lesson-played"
STEP = "step"
"""The step's name in the address."""
DONE = "done"
"""What was done in all steps, in the address: a page that is loaded again begins a new session."""


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
    def rest(self) -> tuple[str | None, ...]:
        """What was done besides the guess."""
        return self.sure, self.variant, self.answer

    @property
    def locked(self) -> bool:
        """Whether the guess is locked in, so that the result may be shown."""
        return self.guess is not None


def played(step: Step) -> Played:
    """What the visitor did in a step."""
    if PLAYED not in st.session_state:
        st.session_state[PLAYED] = read_done(st.query_params.get(DONE, ""))
    every: dict[str, Played] = st.session_state[PLAYED]
    return every.setdefault(step.key, Played())


def keep_done() -> None:
    """Write what was done into the address."""
    text = write_done(st.session_state.get(PLAYED, {}))
    if text:
        st.query_params[DONE] = text
    else:
        st.query_params.pop(DONE, None)


def write_done(every: Mapping[str, Played]) -> str:
    """Write what was done in the steps with a locked guess.

    Example:
        >>> write_done({"cat": Played(60.0, answer="seven"), "copies": Played()})
        'cat~60~~~seven'
    """
    locked = {key: done for key, done in every.items() if done.guess is not None}
    parts = ((key, _text(done.guess), *map(_text, done.rest)) for key, done in locked.items())
    return " ".join("~".join(part).rstrip("~") for part in parts)


def read_done(text: str) -> dict[str, Played]:
    """Read what `write_done` wrote, without what isn't in the lesson: an address may be old or cut short.

    Example:
        >>> read_done("cat~60~certain copies~upwards")
        {'cat': Played(guess=60.0, sure='certain', variant=None, answer=None)}
    """
    every = {}
    for part in text.split():
        key, guess, sure, variant, answer = (part.split("~") + [""] * 4)[:5]
        with suppress(UserError):
            step = get_step(key)
            every[key] = Played(
                step.guess.read(guess),
                _known(sure, (option.key for option in SURE)),
                _known(variant, (each.key for each in step.control.variants)),
                _known(answer, (option.key for option in step.check.options)),
            )
    return every


def _text(value: GuessValue | None) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else value


def _known(text: str, keys: Iterable[str]) -> str | None:
    return text if text in keys else None


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
