"""The class database: opening it, reading and writing, and its faults as one sentence each."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url, select, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session

from core.classroom.limits import Limits
from core.classroom.schema import SCHEMA, UPGRADES, Base, SchemaRow
from core.errors import UserError

WAIT = 5.0
"""Seconds that a write waits for another one."""
_LOCK = 710_019
"""Any number: the lock under which only one replica creates the tables."""

UNREACHABLE = "The class database can't be reached, so nothing was saved; try again, or ask the server's owner."
FAULTS = {
    "locked": "The class database is busy, so nothing was saved; try again.",
    "disk is full": "The server's disk is full, so this was not saved; what was saved before is safe.",
    "no space left": "The server's disk is full, so this was not saved; what was saved before is safe.",
    "not a database": "The class database is damaged; the server's owner must move the file away or restore it.",
    "malformed": "The class database is damaged; the server's owner must move the file away or restore it.",
    "readonly": "The server may not write to the class database; the server's owner must make that folder writable.",
    "unable to open": "The server can't open the class database; the server's owner must make that folder writable.",
}
"""What a message of the database contains, and what people read instead."""


class Classroom:
    """An open class database with its rate limits.

    Example:
        >>> classroom = Classroom("sqlite://")
        >>> with classroom.reading() as session:
        ...     session.scalar(select(SchemaRow.version)) == SCHEMA
        True
    """

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        """Open the database, and create what is missing.

        Args:
            url: As SQLAlchemy reads it, `sqlite:///FILE` or `postgresql+psycopg://...`.
            limits: Default those of a public server.

        Raises:
            UserError: It can't be opened, is damaged, or was made by another version.
        """
        self.limits = limits or Limits()
        self._engine = _make_engine(url)
        with self.writing() as session:
            _create(session)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that sees one state of the database.

        Raises:
            UserError: The database fails.
        """
        engine = self._engine
        if engine.dialect.name == "postgresql":  # there, each query sees what was committed before it
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with plain_faults(), Session(engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a session whose changes are on disk once the block has ended; after an error, none of them are.

        Raises:
            UserError: The database fails.
        """
        engine = self._engine.execution_options(write=True)
        with plain_faults(), Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def dispose(self) -> None:
        """Close all connections."""
        self._engine.dispose()


@contextmanager
def plain_faults() -> Iterator[None]:
    """Turn a fault of the database into one sentence; the log has the details."""
    try:
        yield
    except SQLAlchemyError as error:
        logging.getLogger(__name__).warning("The class database failed: %s", error)
        message = str(error).lower()
        raise UserError(next((text for part, text in FAULTS.items() if part in message), UNREACHABLE)) from error


def _make_engine(url: str) -> Engine:
    try:
        address = make_url(url)
        if address.get_backend_name() != "sqlite":
            return create_engine(address, pool_pre_ping=True, pool_size=10, max_overflow=20)
        if address.database:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(address, connect_args={"timeout": WAIT})
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        raise UserError(
            "HAM10000_DATABASE must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME (which needs the package "
            "psycopg)."
        ) from error
    except OSError as error:
        raise UserError(
            "The folder of the class database can't be created; set HAM10000_STATE to another one."
        ) from error
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up_sqlite(connection: Any, _: object) -> None:
    """Let readers go on during a write, and let a commit return only when it is on disk."""
    connection.isolation_level = None  # `_begin` begins transactions; Python's own way would begin them too late
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Any) -> None:
    """Take the write lock at once: one that is wanted after a read fails if another write came between."""
    write = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _create(session: Session) -> None:
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    Base.metadata.create_all(connection)
    row = session.scalar(select(SchemaRow))
    if row is None:
        session.add(SchemaRow(version=SCHEMA))
        return
    found = row.version
    while row.version in UPGRADES:
        for statement in UPGRADES[row.version]:
            session.execute(text(statement))
        row.version += 1
    if row.version != SCHEMA:
        raise UserError(
            f"The class database has version {found} and this app needs {SCHEMA}; move the file away, or run the "
            "version of the app that made it."
        )
