"""What the classroom's functions return: frozen copies of the database's rows, without secrets."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

DAYS_KEPT = 30
"""Days after which a room is deleted with everything in it."""
PEOPLE = 200
"""Most people in a room."""
SPINS = 3
"""How often a student may draw another nickname."""
FIRST_VOTE, SECOND_VOTE = 1, 2


class StepPhase(StrEnum):
    """What the class does with a step of the lesson; phases come in this order, and some may be skipped."""

    FIRST = "first"
    """Everybody guesses alone."""
    DISCUSS = "discuss"
    """No guesses are taken; neighbours talk."""
    SECOND = "second"
    """Everybody may guess again."""
    REVEAL = "reveal"
    """The truth and all guesses are shown."""
    CHECK = "check"
    """Everybody answers the check question."""
    ANSWERS = "answers"
    """The right answer is shown."""

    @property
    def position(self) -> int:
        """Return its place in the order, from 0."""
        return list(StepPhase).index(self)

    @property
    def vote(self) -> int | None:
        """Return which vote is open, if any."""
        return {StepPhase.FIRST: FIRST_VOTE, StepPhase.SECOND: SECOND_VOTE}.get(self)


@dataclass(frozen=True)
class Room:
    """A room as everybody in it sees it.

    Attributes:
        id: Number in the database.
        code: What students type.
        watch: Unguessable name under which browsers ask for the room's version.
        steps: Keys of the lesson's steps, in order.
        step: The step that the class is at; None before the first.
        phase: Of that step.
        version: Grows whenever all students must see something new.
        activity: Grows whenever the teacher must see something new.
        opened_at: UTC.
        closed: Nobody joins or answers any more.
        test_open: The test figures of the class board are shown, and nothing is put on it any more.
        homework_until: Deadline of the homework, UTC; None if there is none.
    """

    id: int
    code: str
    watch: str
    steps: tuple[str, ...]
    step: str | None
    phase: StepPhase
    version: int
    activity: int
    opened_at: datetime
    closed: bool
    test_open: bool = False
    homework_until: datetime | None = None

    @property
    def deleted_at(self) -> datetime:
        """Return when the room is deleted at the latest, UTC."""
        return self.opened_at + timedelta(days=DAYS_KEPT)


@dataclass(frozen=True)
class Participant:
    """A student in a room.

    Attributes:
        id: Number in the database.
        room_id: The room's number.
        nickname: Two words, unique in the room.
        spins: How often another nickname may still be drawn.
    """

    id: int
    room_id: int
    nickname: str
    spins: int


@dataclass(frozen=True)
class Guess:
    """A student's guess at a step.

    Attributes:
        participant_id: Whose.
        nickname: Whose.
        step: Key of the step.
        vote: 1 before the discussion, 2 after it.
        value: A number as text, or an option's key.
        confidence: How sure, as the page asks for it.
    """

    participant_id: int
    nickname: str
    step: str
    vote: int
    value: str
    confidence: int


@dataclass(frozen=True)
class CheckAnswer:
    """A student's answer to a step's check question.

    Attributes:
        participant_id: Whose.
        nickname: Whose.
        step: Key of the step.
        option: Key of the option.
    """

    participant_id: int
    nickname: str
    step: str
    option: str
