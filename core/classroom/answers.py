"""Guesses and answers to check questions; once a function here has returned, its answer is on disk."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.classroom.access import answering
from core.classroom.clock import now
from core.classroom.contracts import FIRST_VOTE, CheckAnswer, Guess, Phase, Room
from core.classroom.database import Classroom
from core.classroom.schema import CheckRow, GuessRow, PersonRow, RoomRow
from core.classroom.secrets import hash_token
from core.errors import UserError
from core.lessons.step import SURE

CONFIDENCES = range(1, len(SURE) + 1)
"""How sure a student is, as a place in `core.lessons.step.SURE`, from 1."""
LONGEST = 64
"""Characters of a guess that is no number."""
AGAIN = "You have locked in this guess already; it stays as it is."
ANSWERED = "You have answered this question already; the answer stays as it is."
MOVED_ON = "The class has moved on, so this answer was not saved."


def save_guess(classroom: Classroom, token: str, step: str, value: str | float, confidence: int) -> Guess:
    """Save a guess for the vote that is open.

    Args:
        classroom: The class database.
        token: The student's.
        step: Key of the step that the student saw.
        value: A number, or an option's key.
        confidence: One of `CONFIDENCES`.

    Raises:
        UserError: No vote is open at this step, the student has voted, the room is closed, the guess is no guess, the
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
        raise UserError("This is no guess; reload the page and guess again.")
    with _answer(classroom, token, step) as (session, person, room):
        vote = _phase(room).vote
        if vote is None:
            raise UserError(MOVED_ON)
        if session.get(GuessRow, (person.id, step, vote)):
            raise UserError(AGAIN)
        key = {"participant_id": person.id, "step": step, "vote": vote}
        session.add(GuessRow(**key, value=text, confidence=confidence, saved_at=now()))
        return Guess(person.id, person.nickname, step, vote, text, confidence)


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
        raise UserError("This is no answer; reload the page and choose one.")
    with _answer(classroom, token, step) as (session, person, room):
        if _phase(room) is not Phase.CHECK:
            raise UserError(MOVED_ON)
        if session.get(CheckRow, (person.id, step)):
            raise UserError(ANSWERED)
        session.add(CheckRow(participant_id=person.id, step=step, option=option, saved_at=now()))
        return CheckAnswer(person.id, person.nickname, step, option)


@contextmanager
def _answer(classroom: Classroom, token: str, step: str) -> Iterator[tuple[Session, PersonRow, RoomRow]]:
    """Check a student and a step, write what the block adds, and tell the teacher."""
    classroom.limits.token.count(hash_token(token))
    with classroom.writing() as session:
        person, room = answering(session, token)
        classroom.limits.room.count(str(room.id))
        if room.step != step:
            raise UserError(MOVED_ON)
        yield session, person, room
        room.activity += 1


def _phase(room: RoomRow) -> Phase:
    return next(Phase(each.phase) for each in room.steps if each.step == room.step)


def guesses(classroom: Classroom, room: Room, step: str | None = None) -> list[Guess]:
    """List the guesses of all students in a room, in the order in which they joined.

    Args:
        classroom: The class database.
        room: The room.
        step: Only of this step.

    Raises:
        UserError: The database fails.
    """
    query = select(GuessRow, PersonRow.nickname).join(PersonRow).where(PersonRow.room_id == room.id)
    query = query.where(GuessRow.step == step) if step else query
    with classroom.reading() as session:
        rows = session.execute(query.order_by(PersonRow.id, GuessRow.step, GuessRow.vote)).all()
        return [Guess(row.participant_id, name, row.step, row.vote, row.value, row.confidence) for row, name in rows]


def check_answers(classroom: Classroom, room: Room, step: str | None = None) -> list[CheckAnswer]:
    """List the answers to check questions of all students in a room, in the order in which they joined.

    Args:
        classroom: The class database.
        room: The room.
        step: Only of this step.

    Raises:
        UserError: The database fails.
    """
    query = select(CheckRow, PersonRow.nickname).join(PersonRow).where(PersonRow.room_id == room.id)
    query = query.where(CheckRow.step == step) if step else query
    with classroom.reading() as session:
        rows = session.execute(query.order_by(PersonRow.id, CheckRow.step)).all()
        return [CheckAnswer(row.participant_id, name, row.step, row.option) for row, name in rows]


def count_votes(found: list[Guess]) -> dict[int, int]:
    """Count the guesses of each vote.

    Example:
        >>> count_votes([Guess(1, "Quiet Otter", "majority", 1, "0.9", 2)])
        {1: 1, 2: 0}
    """
    return {vote: sum(guess.vote == vote for guess in found) for vote in (FIRST_VOTE, FIRST_VOTE + 1)}
