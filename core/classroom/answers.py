"""Guesses and answers to check questions; once a function here has returned, its answer is on disk."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.classroom.access import student_writes
from core.classroom.clock import now
from core.classroom.contracts import FIRST_VOTE, CheckAnswer, Guess, Room, StepPhase
from core.classroom.database import Classroom
from core.classroom.schema import CheckRow, GuessRow, PersonRow
from core.errors import UserError
from core.lessons.step import SURE

CONFIDENCES = range(1, len(SURE) + 1)
"""How sure a student is, as a place in `core.lessons.step.SURE`, from 1."""
LONGEST = 64
"""Most characters of a guess or an answer."""
AGAIN = "You have locked in this guess already; it stays as it is."
ANSWERED = "You have answered this question already; the answer stays as it is."
MOVED_ON = "The class has moved on, so this answer was not saved."
Row = TypeVar("Row", GuessRow, CheckRow)


def save_guess(classroom: Classroom, token: str, step: str, value: str | float, confidence: int) -> Guess:
    """Save a guess for the vote that is open.

    Args:
        classroom: The class database.
        token: The student's.
        step: Key of the step that the student saw.
        value: A number, or an option's key.
        confidence: One of `CONFIDENCES`.

    Raises:
        UserError: No vote is open at this step, the student has voted, the room is closed, the guess isn't valid, the
            token is unknown or too fast, or the database fails.

    Example:
        >>> from core.classroom.people import join
        >>> from core.classroom.rooms import go_to_step, open_room
        >>> classroom = Classroom("sqlite://")
        >>> opened = open_room(classroom, ["majority"])
        >>> student = join(classroom, opened.room.code)
        >>> _ = go_to_step(classroom, opened.teacher, "majority")
        >>> save_guess(classroom, student.token, "majority", 0.9, 3).value
        '0.9'
    """
    text = str(value)
    if not 0 < len(text) <= LONGEST or confidence not in CONFIDENCES:
        raise UserError("This isn't a valid guess; reload the page and guess again.")
    with _at_step(classroom, token, step) as (session, person, phase):
        if phase.vote is None:
            raise UserError(MOVED_ON)
        key = {"participant_id": person.id, "step": step, "vote": phase.vote}
        _add_once(session, GuessRow, key, AGAIN, value=text, confidence=confidence)
        return Guess(person.id, person.nickname, step, phase.vote, text, confidence)


def save_check(classroom: Classroom, token: str, step: str, option: str) -> CheckAnswer:
    """Save an answer to a step's check question.

    Args:
        classroom: The class database.
        token: The student's.
        step: Key of the step that the student saw.
        option: Key of the option.

    Raises:
        UserError: As `save_guess`.
    """
    if not 0 < len(option) <= LONGEST:
        raise UserError("This isn't a valid answer; reload the page and choose one.")
    with _at_step(classroom, token, step) as (session, person, phase):
        if phase is not StepPhase.CHECK:
            raise UserError(MOVED_ON)
        _add_once(session, CheckRow, {"participant_id": person.id, "step": step}, ANSWERED, option=option)
        return CheckAnswer(person.id, person.nickname, step, option)


@contextmanager
def _at_step(classroom: Classroom, token: str, step: str) -> Iterator[tuple[Session, PersonRow, StepPhase]]:
    """Check a student and a step, and yield the step's phase; what the block adds is written."""
    with student_writes(classroom, token) as (session, person, room):
        if room.step != step:
            raise UserError(MOVED_ON)
        yield session, person, next(StepPhase(each.phase) for each in room.steps if each.step == step)


def _add_once(session: Session, table: type[Row], key: dict[str, Any], again: str, **values: Any) -> None:
    if session.get(table, tuple(key.values())):
        raise UserError(again)
    session.add(table(**key, **values, saved_at=now()))


def guesses(classroom: Classroom, room: Room, step: str | None = None) -> list[Guess]:
    """List the guesses of all students in a room, in the order in which they joined.

    Args:
        classroom: The class database.
        room: The room.
        step: Only of this step.

    Raises:
        UserError: The database fails.
    """
    found = _read(classroom, GuessRow, room, step)
    return [Guess(row.participant_id, name, row.step, row.vote, row.value, row.confidence) for row, name in found]


def check_answers(classroom: Classroom, room: Room, step: str | None = None) -> list[CheckAnswer]:
    """List the answers to check questions of all students in a room, in the order in which they joined.

    Args:
        classroom: The class database.
        room: The room.
        step: Only of this step.

    Raises:
        UserError: The database fails.
    """
    found = _read(classroom, CheckRow, room, step)
    return [CheckAnswer(row.participant_id, name, row.step, row.option) for row, name in found]


def _read(classroom: Classroom, table: type[Row], room: Room, step: str | None) -> Sequence[tuple[Row, str]]:
    """Read the rows of a room with the nicknames of their students, in the order of the table's key."""
    query = select(table, PersonRow.nickname).join(PersonRow).where(PersonRow.room_id == room.id)
    query = query.where(table.step == step) if step else query
    with classroom.reading() as session:
        return [(row, name) for row, name in session.execute(query.order_by(*table.__table__.primary_key))]


def count_votes(found: list[Guess]) -> dict[int, int]:
    """Count the guesses of each vote.

    Example:
        >>> count_votes([Guess(1, "Quiet Otter", "majority", 1, "0.9", 2)])
        {1: 1, 2: 0}
    """
    return {vote: sum(guess.vote == vote for guess in found) for vote in (FIRST_VOTE, FIRST_VOTE + 1)}
