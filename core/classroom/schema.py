"""The tables of the class database."""

from datetime import UTC, datetime

from sqlalchemy import Boolean, DateTime, Dialect, ForeignKey, Integer, String, TypeDecorator, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from core.classroom.contracts import Phase

SCHEMA = 1
"""Version of these tables; increase it with every change."""
_OWNED = "all, delete-orphan"


class UtcTime(TypeDecorator[datetime]):
    """A time in UTC; SQLite forgets the zone, so it is added again."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the time with its zone."""
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


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
    steps: Mapped[list["StepRow"]] = relationship(order_by="StepRow.position", cascade=_OWNED)
    people: Mapped[list["PersonRow"]] = relationship(back_populates="room", order_by="PersonRow.id", cascade=_OWNED)


class StepRow(Base):
    """How far a room has come with a step: it keeps its phase when the class goes to another step and back."""

    __tablename__ = "room_steps"
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    phase: Mapped[str] = mapped_column(String(16), default=Phase.FIRST.value)


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
