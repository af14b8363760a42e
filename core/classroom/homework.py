"""Homework: files of predictions, scored on a public half at once and on a private half at the teacher's deadline."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.classroom.access import answering, student_writes, taught_room, tell_all
from core.classroom.board import estimate_of
from core.classroom.clock import now
from core.classroom.contracts import DAYS_KEPT, Room
from core.classroom.database import Classroom
from core.classroom.schema import PersonRow, RoomRow, TryRow
from core.classroom.secrets import hash_token
from core.errors import UserError
from core.evaluation.halves import HalfScore, Halves
from core.stats import UNDEFINED, Estimate, interval

TRIES = 5
"""Files that a student may hand in within `PERIOD`."""
PERIOD = timedelta(days=1)
NONE = "Your teacher hasn't set any homework in this room."
LATE = "The deadline has passed, so no more files are taken."


@dataclass(frozen=True)
class Try:
    """A file that a student handed in.

    Attributes:
        at: When, UTC.
        public: Score on the public half.
        private: Score on the private half; undefined before the deadline.
    """

    at: datetime
    public: Estimate
    private: Estimate


@dataclass(frozen=True)
class Standing:
    """A student's best file, chosen by the public half, among those of the class.

    Attributes:
        nickname: Whose.
        tries: Number of files that the student handed in.
        public: Score on the public half.
        public_rank: Rank on it, from 1; students without a clear difference share one.
        private: Score on the private half; undefined before the deadline.
        private_rank: Rank on it; None before the deadline.
    """

    nickname: str
    tries: int
    public: Estimate
    public_rank: int
    private: Estimate
    private_rank: int | None


def is_over(room: Room) -> bool:
    """Whether the deadline of a room's homework has passed; without homework it hasn't."""
    return room.homework_until is not None and now() >= room.homework_until


def set_deadline(classroom: Classroom, teacher: str, until: datetime) -> Room:
    """Set the homework's deadline, or another one while the current one hasn't passed.

    Args:
        classroom: The class database.
        teacher: The secret link's token.
        until: Deadline, with its time zone.

    Raises:
        UserError: It isn't in the future, lies after the room's end, or the current one has passed; the link is wrong,
            the room closed, or the database fails.
    """
    with classroom.writing() as session:
        row = taught_room(session, teacher, to_step=True)
        if row.homework_until is not None and now() >= row.homework_until:
            raise UserError("The deadline has passed and the private scores are shown, so it can't be moved.")
        if until <= now():
            raise UserError("A deadline must lie in the future; choose a later day or time.")
        if until > row.opened_at + timedelta(days=DAYS_KEPT):
            end = row.opened_at + timedelta(days=DAYS_KEPT)
            raise UserError(f"This room is deleted on {end:%d %B %Y}; choose a deadline before that.")
        row.homework_until = until.astimezone(UTC)
        return tell_all(row)


def require_try(classroom: Classroom, token: str) -> int:
    """Check that a student may hand in a file now, before it is read; returns how many tries are left.

    Raises:
        UserError: There is no homework, its deadline has passed, no try is left, the room is closed, the token is
            unknown or too fast, or the database fails.
    """
    classroom.limits.token.count(hash_token(token))
    with classroom.writing() as session:
        person, room = answering(session, token)
        return _tries_left(session, person, room)


def hand_in(classroom: Classroom, token: str, halves: Halves) -> Try:
    """Save the scores of a file.

    Args:
        classroom: The class database.
        token: The student's.
        halves: As `core.evaluation.halves.score_halves` computed them on this server.

    Raises:
        UserError: As `require_try`.
    """
    with student_writes(classroom, token) as (session, person, room):
        _tries_left(session, person, room)
        row = TryRow(participant_id=person.id, saved_at=now(), **_cells("public", halves.public))
        for name, cell in _cells("private", halves.private).items():
            setattr(row, name, cell)
        session.add(row)
        return _to_try(row, shown=False)


def _cells(name: str, half: HalfScore) -> dict[str, float | bytes | None]:
    cells = half.estimate.columns(name)
    draws = half.draws.astype("<f4").tobytes()
    return {key: None if math.isnan(cell) else cell for key, cell in cells.items()} | {f"{name}_draws": draws}


def _tries_left(session: Session, person: PersonRow, room: RoomRow) -> int:
    if room.homework_until is None:
        raise UserError(NONE)
    if now() >= room.homework_until:
        raise UserError(LATE)
    since = TryRow.participant_id == person.id, TryRow.saved_at > now() - PERIOD
    recent = session.scalars(select(TryRow.saved_at).where(*since).order_by(TryRow.saved_at)).all()
    if len(recent) >= TRIES:
        free = recent[len(recent) - TRIES] + PERIOD
        raise UserError(
            f"You have used your {TRIES} tries of the last 24 hours; the next one is free at {free:%H:%M} UTC."
        )
    return TRIES - len(recent)


def own_tries(classroom: Classroom, room: Room, participant_id: int) -> list[Try]:
    """List a student's files, the first one first.

    Raises:
        UserError: The database fails.
    """
    query = select(TryRow).where(TryRow.participant_id == participant_id).order_by(TryRow.id)
    with classroom.reading() as session:
        return [_to_try(row, is_over(room)) for row in session.scalars(query)]


def _to_try(row: TryRow, shown: bool) -> Try:
    return Try(row.saved_at, estimate_of(row, "public"), estimate_of(row, "private") if shown else UNDEFINED)


def standings(classroom: Classroom, room: Room) -> list[Standing]:
    """Rank the students of a room, best first: on the public half, and after the deadline on the private one.

    Raises:
        UserError: The database fails.
    """
    query = select(TryRow, PersonRow.nickname).join(PersonRow).where(PersonRow.room_id == room.id)
    over, tries = is_over(room), dict[int, list[TryRow]]()
    with classroom.reading() as session:
        rows = session.execute(query.order_by(TryRow.id)).all()
        names = {row.participant_id: name for row, name in rows}
        for row, _ in rows:
            tries.setdefault(row.participant_id, []).append(row)
        best = [max(each, key=lambda row: estimate_of(row, "public").value) for each in tries.values()]
        public, private = (_ranks(session, best, half) for half in ("public", "private"))
    found = [
        Standing(
            names[row.participant_id], len(tries[row.participant_id]), estimate_of(row, "public"), public[row.id],
            estimate_of(row, "private") if over else UNDEFINED, private[row.id] if over else None,
        )
        for row in best
    ]  # fmt: skip
    return sorted(found, key=lambda each: -(each.private if over else each.public).value)


def _ranks(session: Session, rows: Sequence[TryRow], half: str) -> dict[int, int]:
    """Rank by one half; by a row's id. Reads the draws of these rows alone."""
    column = getattr(TryRow, f"{half}_draws")
    found = session.execute(select(TryRow.id, column).where(TryRow.id.in_([row.id for row in rows])))
    draws = {number: np.frombuffer(cell, "<f4") for number, cell in found}
    order = [row.id for row in sorted(rows, key=lambda row: -estimate_of(row, half).value)]
    return dict(zip(order, tied_ranks([draws[number] for number in order]), strict=True))


def tied_ranks(draws: Sequence[NDArray[np.float32]]) -> list[int]:
    """Rank files, the best first; those that aren't clearly worse than the first of a rank share it.

    Args:
        draws: Of each file, its score in the same resamples of lesions, (n,); the best file first.

    Returns:
        Ranks from 1; after two who share rank 1 comes rank 3. A difference is clear if its paired 95% interval
        excludes 0.

    Example:
        >>> noise = np.linspace(-0.1, 0.1, 101)
        >>> tied_ranks([0.8 + noise, 0.79 - noise, 0.7 + noise / 2])
        [1, 1, 3]
    """
    ranks: list[int] = []
    first = 0
    for i, each in enumerate(draws):
        low, _ = interval((draws[first] - each).astype(np.float64))
        if low > 0:
            first = i
        ranks.append(first + 1)
    return ranks
