"""What a room has answered, as tables: a row per student and step, and a row per step."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from core.classroom.contracts import FIRST_VOTE, SECOND_VOTE, CheckAnswer, Guess, Participant
from core.lessons.results import StepTruth, is_close
from core.lessons.step import SURE, SliderGuess
from core.lessons.steps import get_step

VOTES = {FIRST_VOTE: "first", SECOND_VOTE: "second"}
"""Columns of the tables begin with these."""
COLUMNS = (
    "nickname", "step", *(f"{vote}_{part}" for vote in VOTES.values() for part in ("guess", "confidence", "close")),
    "truth", "check_answer", "check_right",
)  # fmt: skip


def by_person(
    people: Sequence[Participant],
    guesses: Sequence[Guess],
    checks: Sequence[CheckAnswer],
    truths: Mapping[str, StepTruth],
) -> pd.DataFrame:
    """Make a table with a row per student and step, for all steps at which somebody has answered.

    Args:
        people: Of the room.
        guesses: All guesses in the room.
        checks: All its answers to check questions.
        truths: What the guesses are compared with, by step; also sets the order of the steps. A step that isn't in it
            was not revealed yet: its guesses are in the table, and what is right is missing.

    Returns:
        `COLUMNS`; what a student didn't answer is missing. Confidence is the text of one of `core.lessons.step.SURE`.
    """
    found = {(each.participant_id, each.step, each.vote): each for each in guesses}
    chosen = {(each.participant_id, each.step): each.option for each in checks}
    answered = {each.step for each in guesses} | {each.step for each in checks}
    steps = [*(step for step in truths if step in answered), *sorted(answered - set(truths))]
    rows = [_row(person, step, found, chosen, truths.get(step)) for person in people for step in steps]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"nickname": str, "step": str})


def _row(
    person: Participant,
    step: str,
    found: Mapping[tuple[int, str, int], Guess],
    chosen: Mapping[tuple[int, str], str],
    truth: StepTruth | None,
) -> dict[str, Any]:
    row: dict[str, Any] = {"nickname": person.nickname, "step": step, "truth": truth.value if truth else None}
    for vote, name in VOTES.items():
        if guess := found.get((person.id, step, vote)):
            close = is_close(get_step(step), get_step(step).guess.read(guess.value), truth) if truth else None
            row |= {
                f"{name}_guess": guess.value,
                f"{name}_confidence": SURE[guess.confidence - 1].text,
                f"{name}_close": close,
            }
    if option := chosen.get((person.id, step)):
        row |= {"check_answer": option, "check_right": option == get_step(step).check.right if truth else None}
    return row


def in_words(rows: pd.DataFrame) -> pd.DataFrame:
    """Write the texts of options in place of their keys, and each step's title beside its key.

    Args:
        rows: As `by_person` returns them.
    """

    def guess(row: "pd.Series[Any]", column: str) -> Any:
        value, asked = row[column], get_step(row["step"]).guess
        return value if pd.isna(value) or isinstance(asked, SliderGuess) else asked.show(value)

    def answer(row: "pd.Series[Any]") -> Any:
        options = {option.key: option.text for option in get_step(row["step"]).check.options}
        return options.get(row["check_answer"])

    words = rows.copy()
    for column in ("first_guess", "second_guess", "truth"):
        words[column] = [guess(row, column) for _, row in rows.iterrows()]
    words["check_answer"] = [answer(row) for _, row in rows.iterrows()]
    words.insert(2, "title", [get_step(step).title for step in rows["step"]])
    return words


def by_step(rows: pd.DataFrame) -> pd.DataFrame:
    """Count the answers of each step.

    Args:
        rows: As `by_person` returns them.

    Returns:
        A row per step: first, first_close, second, second_close, check, check_right, all counts of students, and
        revealed, whether it is known what is right.
    """
    parts = {"first": "first_guess", "second": "second_guess", "check": "check_answer"}
    right = {"first_close": "first_close", "second_close": "second_close", "check_right": "check_right"}
    table = pd.DataFrame({name: rows[column].notna() for name, column in parts.items()})
    for name, column in right.items():
        table[name] = rows[column].eq(True)
    order = ["first", "first_close", "second", "second_close", "check", "check_right"]
    by = rows["step"]
    counts = table.groupby(by, sort=False)[order].sum()
    return counts.assign(revealed=rows["truth"].notna().groupby(by, sort=False).any()).reset_index()
