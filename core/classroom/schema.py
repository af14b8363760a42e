"""The tables of the class database."""

from datetime import UTC, datetime

from sqlalchemy import (
    Boolean,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    TypeDecorator,
    UniqueConstraint,
)  # fmt: skip
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from core.classroom.contracts import StepPhase

SCHEMA = 2
"""Version of these tables; increase it with every change, and say in `UPGRADES` how to get there."""
UPGRADES = {
    1: (
        "ALTER TABLE rooms ADD COLUMN test_open BOOLEAN NOT NULL DEFAULT FALSE",
        "ALTER TABLE rooms ADD COLUMN homework_until TIMESTAMP WITH TIME ZONE",
    )
}
"""By version, what leads to the next one; tables that are missing are created before."""
_OWNED = "all, delete-orphan"


class UtcTime(TypeDecorator[datetime]):
    """A time in UTC; SQLite forgets the zone, so it is converted before and added again."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the time as it is stored."""
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the time with its zone."""
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


class Base(DeclarativeBase):
    """What all tables share."""


class SchemaRow(Base):
    """The schema's version, one row."""

    __tablename__ = "classroom_schema"
    version: Mapped[int] = mapped_column(Integer, primary_key=True)


class RoomRow(Base):
    """A room."""

    __tablename__ = "rooms"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    watch: Mapped[str] = mapped_column(String(64), unique=True)
    teacher_hash: Mapped[str] = mapped_column(String(64), unique=True)
    opened_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    closed: Mapped[bool] = mapped_column(Boolean, default=False)
    step: Mapped[str | None] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(Integer, default=1)
    activity: Mapped[int] = mapped_column(Integer, default=1)
    test_open: Mapped[bool] = mapped_column(Boolean, default=False)
    homework_until: Mapped[datetime | None] = mapped_column(UtcTime)
    steps: Mapped[list["StepRow"]] = relationship(order_by="StepRow.position", cascade=_OWNED)
    people: Mapped[list["PersonRow"]] = relationship(back_populates="room", order_by="PersonRow.id", cascade=_OWNED)


class StepRow(Base):
    """How far a room has come with a step: it keeps its phase when the class goes to another step and back."""

    __tablename__ = "room_steps"
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    phase: Mapped[str] = mapped_column(String(16), default=StepPhase.FIRST.value)


class PersonRow(Base):
    """A student; a removed one keeps nothing but the nickname and the hash, so that the browser can be answered."""

    __tablename__ = "participants"
    __table_args__ = (UniqueConstraint("room_id", "nickname"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), index=True)
    nickname: Mapped[str] = mapped_column(String(64))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    spins: Mapped[int] = mapped_column(Integer)
    removed: Mapped[bool] = mapped_column(Boolean, default=False)
    room: Mapped[RoomRow] = relationship(back_populates="people")
    guesses: Mapped[list["GuessRow"]] = relationship(cascade=_OWNED)
    checks: Mapped[list["CheckRow"]] = relationship(cascade=_OWNED)
    entries: Mapped[list["EntryRow"]] = relationship(cascade=_OWNED)
    tries: Mapped[list["TryRow"]] = relationship(order_by="TryRow.id", cascade=_OWNED)


class GuessRow(Base):
    """A guess."""

    __tablename__ = "guesses"
    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[str] = mapped_column(String(64), primary_key=True)
    vote: Mapped[int] = mapped_column(Integer, primary_key=True)
    value: Mapped[str] = mapped_column(String(64))
    confidence: Mapped[int] = mapped_column(Integer)
    saved_at: Mapped[datetime] = mapped_column(UtcTime)


class CheckRow(Base):
    """An answer to a check question."""

    __tablename__ = "check_answers"
    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[str] = mapped_column(String(64), primary_key=True)
    option: Mapped[str] = mapped_column(String(64))
    saved_at: Mapped[datetime] = mapped_column(UtcTime)


class EntryRow(Base):
    """A lab setting on the class board; what is undefined is NULL."""

    __tablename__ = "board_entries"
    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id", ondelete="CASCADE"), primary_key=True)
    setting: Mapped[str] = mapped_column(String(255), primary_key=True)
    score: Mapped[float | None] = mapped_column(Float)
    score_low: Mapped[float | None] = mapped_column(Float)
    score_high: Mapped[float | None] = mapped_column(Float)
    test: Mapped[float | None] = mapped_column(Float)
    test_low: Mapped[float | None] = mapped_column(Float)
    test_high: Mapped[float | None] = mapped_column(Float)
    gap: Mapped[float | None] = mapped_column(Float)
    gap_low: Mapped[float | None] = mapped_column(Float)
    gap_high: Mapped[float | None] = mapped_column(Float)
    saved_at: Mapped[datetime] = mapped_column(UtcTime)


class TryRow(Base):
    """A file that was handed in as homework: its scores alone, never the file or its predictions."""

    __tablename__ = "homework_tries"
    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id", ondelete="CASCADE"), index=True)
    saved_at: Mapped[datetime] = mapped_column(UtcTime)
    public: Mapped[float | None] = mapped_column(Float)
    public_low: Mapped[float | None] = mapped_column(Float)
    public_high: Mapped[float | None] = mapped_column(Float)
    private: Mapped[float | None] = mapped_column(Float)
    private_low: Mapped[float | None] = mapped_column(Float)
    private_high: Mapped[float | None] = mapped_column(Float)
    public_draws: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    private_draws: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
