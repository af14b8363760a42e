"""Students: joining without an account, nicknames, coming back, leaving."""

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.classroom.access import answering, person_of, to_participant, to_room
from core.classroom.contracts import PEOPLE, SPINS, CheckAnswer, Guess, Participant, Room
from core.classroom.database import Classroom
from core.classroom.nicknames import draw_nickname
from core.classroom.rooms import find_room
from core.classroom.schema import PersonRow, RoomRow
from core.classroom.secrets import hash_token, new_token
from core.errors import UserError


@dataclass(frozen=True)
class Joined:
    """A student who has just joined.

    Attributes:
        participant: The student.
        token: For the browser to keep; only its hash is stored.
    """

    participant: Participant
    token: str


@dataclass(frozen=True)
class Seat:
    """All that a student's page shows, read at once.

    Attributes:
        room: The room.
        participant: The student.
        guesses: The student's own at the room's current step, by vote.
        check: The student's own answer to its check question, if any.
    """

    room: Room
    participant: Participant
    guesses: dict[int, Guess]
    check: CheckAnswer | None


def join(classroom: Classroom, code: str) -> Joined:
    """Join a room.

    Args:
        classroom: The class database.
        code: As typed.

    Raises:
        UserError: As `core.classroom.rooms.find_room`; or the room is full.

    Example:
        >>> from core.classroom.rooms import open_room
        >>> classroom = Classroom("sqlite://")
        >>> joined = join(classroom, open_room(classroom, ["majority"]).room.code)
        >>> joined.participant.spins
        3
    """
    room = find_room(classroom, code)
    classroom.limits.room.count(str(room.id))
    token = new_token()
    with classroom.writing() as session:
        row = session.get(RoomRow, room.id, with_for_update=True)
        if row is None or row.closed:
            raise UserError("This room is closed; nobody can join it any more.")
        if sum(not person.removed for person in row.people) >= PEOPLE:
            raise UserError(f"This room is full: it holds {PEOPLE} people.")
        nickname = draw_nickname({each.nickname for each in row.people})
        person = PersonRow(room_id=row.id, nickname=nickname, token_hash=hash_token(token), spins=SPINS, removed=False)
        session.add(person)
        row.activity += 1
        session.flush()
        return Joined(to_participant(person), token)


def take_seat(classroom: Classroom, code: str, token: str) -> Seat:
    """Read what a student's page shows; also after a reload or a restart of the server.

    Raises:
        UserError: The token is unknown, removed or of another room, or the database fails.
    """
    with classroom.reading() as session:
        person = person_of(session, token, code)
        step = person.room.step
        who = (person.id, person.nickname)
        own = [each for each in person.guesses if each.step == step]
        guesses = {row.vote: Guess(*who, row.step, row.vote, row.value, row.confidence) for row in own}
        check = next((CheckAnswer(*who, row.step, row.option) for row in person.checks if row.step == step), None)
        return Seat(to_room(person.room), to_participant(person), guesses, check)


def spin(classroom: Classroom, token: str) -> Participant:
    """Draw another nickname, at most `SPINS` times.

    Raises:
        UserError: No spin is left, the room is closed, the token is unknown, or the database fails.
    """
    _count(classroom, token)
    with classroom.writing() as session:
        person, room = answering(session, token)
        if person.spins < 1:
            raise UserError(f"You have drawn {SPINS} other nicknames already; this one stays.")
        person.nickname = draw_nickname(_nicknames(session, room))
        person.spins -= 1
        room.activity += 1
        return to_participant(person)


def leave(classroom: Classroom, token: str) -> None:
    """Delete a student with all answers, also from a closed room.

    Raises:
        UserError: The token is unknown, or the database fails.
    """
    with classroom.writing() as session:
        person = person_of(session, token)
        session.get_one(RoomRow, person.room_id, with_for_update=True, populate_existing=True).activity += 1
        session.execute(delete(PersonRow).where(PersonRow.id == person.id))


def people(classroom: Classroom, room: Room) -> list[Participant]:
    """List the students in a room in the order in which they joined.

    Raises:
        UserError: The database fails.
    """
    query = select(PersonRow).where(PersonRow.room_id == room.id, PersonRow.removed.is_(False)).order_by(PersonRow.id)
    with classroom.reading() as session:
        return [to_participant(row) for row in session.scalars(query)]


def _nicknames(session: Session, room: RoomRow) -> set[str]:
    return set(session.scalars(select(PersonRow.nickname).where(PersonRow.room_id == room.id)))


def _count(classroom: Classroom, token: str) -> None:
    """Count a write of this token, also of one that nobody has."""
    classroom.limits.token.count(hash_token(token))
