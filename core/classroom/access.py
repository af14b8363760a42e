"""Who may see and change which rows: by a room's code, a teacher's link or a student's token."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from core.classroom.clock import now
from core.classroom.contracts import DAYS_KEPT, Participant, Room, StepPhase
from core.classroom.database import Classroom
from core.classroom.schema import PersonRow, RoomRow
from core.classroom.secrets import hash_token
from core.errors import UserError


class NoSeatError(UserError):
    """A browser's token gives no seat in a room, now or later."""


WRONG_CODE = "No open room has this code; check it, or ask your teacher for it."
WRONG_LINK = "This teacher link opens no room: it is incomplete, or the room was deleted."
CLOSED = "This room is closed: what you answered is saved, and no more answers are taken."
UNKNOWN = "You are no longer in this room: you left, or your teacher removed you or deleted the room."
REMOVED = "The teacher removed this nickname; you can join again under another one."
ELSEWHERE = "This browser joined another room; join this one with its code."


def oldest() -> datetime:
    """Return when a room must have been opened, at the earliest, to exist still."""
    return now() - timedelta(days=DAYS_KEPT)


def alive_room(session: Session, which: ColumnElement[bool], lock: bool = False) -> RoomRow | None:
    """Read a room; None if there is none, or if it is too old and only not deleted yet.

    Args:
        session: Of the database.
        which: Condition that at most one room meets.
        lock: Let nobody else change the room before this transaction ends.
    """
    query = select(RoomRow).where(which, RoomRow.opened_at >= oldest())
    return session.scalar(query.with_for_update() if lock else query)


def taught_room(session: Session, teacher: str, lock: bool = False, to_step: bool = False) -> RoomRow:
    """Read the room of a teacher's link.

    Args:
        session: Of the database.
        teacher: The link's token.
        lock: As in `alive_room`.
        to_step: The class is to be moved on, so the room must be open, and it is locked.

    Raises:
        UserError: The link opens no room, or the room is closed and `to_step` is set.
    """
    row = alive_room(session, RoomRow.teacher_hash == hash_token(teacher), lock or to_step)
    if row is None:
        raise UserError(WRONG_LINK)
    if to_step and row.closed:
        raise UserError("This room is closed; open it again to go on.")
    return row


def person_of(session: Session, token: str, code: str | None = None) -> PersonRow:
    """Read the student of a browser's token.

    Args:
        session: Of the database.
        token: What the browser kept.
        code: The room that the student must be in.

    Raises:
        NoSeatError: The token is unknown, removed, of a room that was deleted, or of another room.
    """
    person = session.scalar(select(PersonRow).where(PersonRow.token_hash == hash_token(token)))
    if person is None or person.room.opened_at < oldest():
        raise NoSeatError(UNKNOWN)
    if code is not None and person.room.code != code:
        raise NoSeatError(ELSEWHERE)
    if person.removed:
        raise NoSeatError(REMOVED)
    return person


def answering(session: Session, token: str) -> tuple[PersonRow, RoomRow]:
    """Read a student and lock the room, to write an answer.

    Raises:
        UserError: As `person_of`, or the room is closed.
    """
    before = person_of(session, token)
    room = session.get_one(RoomRow, before.room_id, with_for_update=True, populate_existing=True)
    if room.closed:
        raise UserError(CLOSED)
    session.expire(before)  # may have been removed, or have left, before the room was locked
    return person_of(session, token), room


@contextmanager
def student_writes(classroom: Classroom, token: str) -> Iterator[tuple[Session, PersonRow, RoomRow]]:
    """Yield a session, a student and the locked room; what the block adds is on disk once it has ended.

    Args:
        classroom: The class database.
        token: The student's.

    Raises:
        UserError: As `answering`; or the student or the room writes too fast, or the database fails.
    """
    classroom.limits.token.count(hash_token(token))
    with classroom.writing() as session:
        person, room = answering(session, token)
        classroom.limits.room.count(str(room.id))
        yield session, person, room
        room.activity += 1


def tell_all(row: RoomRow) -> Room:
    """Raise the room's version, so that every browser in it reloads what it shows; return the room."""
    row.version += 1
    row.activity += 1
    return to_room(row)


def to_room(row: RoomRow) -> Room:
    """Turn a row of the database into what callers get: see `core.classroom.contracts`."""
    return Room(
        id=row.id,
        code=row.code,
        watch=row.watch,
        steps=tuple(each.step for each in row.steps),
        step=row.step,
        phase=next((StepPhase(each.phase) for each in row.steps if each.step == row.step), StepPhase.FIRST),
        version=row.version,
        activity=row.activity,
        opened_at=row.opened_at,
        closed=row.closed,
        test_open=row.test_open,
        homework_until=row.homework_until,
    )


def to_participant(row: PersonRow) -> Participant:
    """Turn a row of the database into what callers get."""
    return Participant(row.id, row.room_id, row.nickname, row.spins)
