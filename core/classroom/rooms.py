"""Rooms: opening, finding, moving to a step and a phase, closing and deleting them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from core.classroom.access import WRONG_CODE, alive_room, oldest, taught_room, tell_all, to_room
from core.classroom.clock import now, require_set_clock
from core.classroom.contracts import Room, StepPhase
from core.classroom.database import Classroom
from core.classroom.schema import PersonRow, RoomRow, StepRow
from core.classroom.secrets import LENGTH, hash_token, new_code, new_token, read_code
from core.errors import UserError, require_known


@dataclass(frozen=True)
class Opened:
    """A room that was just opened.

    Attributes:
        room: The room.
        teacher: The token of its secret link; only its hash is stored, so it can't be shown again.
    """

    room: Room
    teacher: str


def open_room(classroom: Classroom, steps: Sequence[str]) -> Opened:
    """Open a room for a lesson; rooms that are too old are deleted on this occasion.

    Args:
        classroom: The class database.
        steps: Keys of the lesson's steps, in order.

    Raises:
        UserError: Too many rooms were opened, the clock is wrong, or the database fails.

    Example:
        >>> opened = open_room(Classroom("sqlite://"), ["majority", "copies"])
        >>> opened.room.steps, opened.room.step
        (('majority', 'copies'), None)
    """
    require_set_clock()
    classroom.limits.opened.count("")
    purge(classroom)
    teacher = new_token()
    with classroom.writing() as session:
        row = RoomRow(
            code=new_code(), watch=new_token(), teacher_hash=hash_token(teacher), opened_at=now(), closed=False
        )
        row.steps = [StepRow(step=step, position=i, phase=StepPhase.FIRST.value) for i, step in enumerate(steps)]
        session.add(row)
        session.flush()
        return Opened(to_room(row), teacher)


def find_room(classroom: Classroom, code: str) -> Room:
    """Find a room by what a student typed, or by the code of a join link.

    Raises:
        UserError: No room has this code, it is closed, many wrong codes were tried, or the database fails.
    """
    classroom.limits.wrong.require_free("")
    with classroom.reading() as session:
        row = alive_room(session, RoomRow.code == read_code(code)) if len(read_code(code)) == LENGTH else None
        if row is None:
            _count_wrong(classroom, read_code(code)[: LENGTH + 1])
            raise UserError(WRONG_CODE)
        if row.closed:
            raise UserError("This room is closed; nobody can join it any more.")
        return to_room(row)


def _count_wrong(classroom: Classroom, code: str) -> None:
    if not classroom.limits.code.is_full(code):
        classroom.limits.code.count(code)
        classroom.limits.wrong.count("")


def teacher_room(classroom: Classroom, teacher: str) -> Room:
    """Find a room by its secret link's token.

    Raises:
        UserError: It belongs to no room, or the database fails.
    """
    with classroom.reading() as session:
        return to_room(taught_room(session, teacher))


def go_to_step(classroom: Classroom, teacher: str, step: str) -> Room:
    """Take the class to a step; one that it has been at keeps its phase, so nobody guesses after a reveal.

    Raises:
        UserError: The link is wrong, the room closed or without this step, or the database fails.
    """
    with classroom.writing() as session:
        row = taught_room(session, teacher, to_step=True)
        require_known("step", step, [each.step for each in row.steps])
        if row.step == step:
            return to_room(row)
        row.step = step
        return tell_all(row)


def advance(classroom: Classroom, teacher: str, step: str, phase: StepPhase) -> Room:
    """Take the current step to a later phase; does nothing if it is there already, as after a double click.

    Raises:
        UserError: The link is wrong, the room closed or at another step, or the database fails.
    """
    with classroom.writing() as session:
        row = taught_room(session, teacher, to_step=True)
        if row.step != step:
            raise UserError("The class has moved to another step in another tab; reload the page.")
        here = next(each for each in row.steps if each.step == step)
        if phase.position <= StepPhase(here.phase).position:
            return to_room(row)
        here.phase = phase.value
        return tell_all(row)


def close_room(classroom: Classroom, teacher: str) -> Room:
    """Close a room: nobody joins or answers any more, and the teacher keeps its results until it is deleted.

    Raises:
        UserError: The link is wrong, or the database fails.
    """
    with classroom.writing() as session:
        row = taught_room(session, teacher, lock=True)
        row.closed = True
        return tell_all(row)


def open_again(classroom: Classroom, teacher: str) -> Room:
    """Open a room again that was closed.

    Raises:
        UserError: The link is wrong, or the database fails.
    """
    with classroom.writing() as session:
        row = taught_room(session, teacher, lock=True)
        row.closed = False
        return tell_all(row)


def delete_room(classroom: Classroom, teacher: str) -> None:
    """Delete a room with everything in it.

    Raises:
        UserError: The link is wrong, or the database fails.
    """
    with classroom.writing() as session:
        session.execute(delete(RoomRow).where(RoomRow.id == taught_room(session, teacher).id))


def remove_nickname(classroom: Classroom, teacher: str, participant_id: int) -> Room:
    """Remove a student with all answers; the browser may join again under another nickname.

    Raises:
        UserError: The link is wrong, nobody in the room has this number, or the database fails.
    """
    with classroom.writing() as session:
        row = taught_room(session, teacher, lock=True)
        person = session.get(PersonRow, participant_id)
        if person is None or person.room_id != row.id:
            raise UserError("This nickname is not in your room any more.")
        person.removed, person.guesses, person.checks, person.entries, person.tries = True, [], [], [], []
        return tell_all(row)


def revealed_steps(classroom: Classroom, room: Room) -> set[str]:
    """Return the steps whose answers the class has seen.

    Raises:
        UserError: The database fails.
    """
    late = [phase.value for phase in StepPhase if phase.position >= StepPhase.REVEAL.position]
    with classroom.reading() as session:
        query = select(StepRow.step).where(StepRow.room_id == room.id, StepRow.phase.in_(late))
        return set(session.scalars(query))


def purge(classroom: Classroom) -> int:
    """Delete the rooms that are older than `DAYS_KEPT`; return how many there were.

    Raises:
        UserError: The database fails.
    """
    with classroom.writing() as session:
        old = session.scalars(select(RoomRow.id).where(RoomRow.opened_at < oldest())).all()
        session.execute(delete(RoomRow).where(RoomRow.id.in_(old)))
        return len(old)


def watched(classroom: Classroom, watch: str) -> tuple[int, int] | None:
    """Read a room's version and activity by its unguessable name; None if it was deleted.

    Raises:
        UserError: The database fails.
    """
    with classroom.reading() as session:
        found = session.execute(select(RoomRow.version, RoomRow.activity).where(RoomRow.watch == watch)).first()
        return (found.version, found.activity) if found else None
