"""The database's faults: one sentence each, and nothing that was saved is lost."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

from core.classroom import database
from core.classroom.answers import guesses, save_guess
from core.classroom.database import Classroom
from core.classroom.people import join
from core.classroom.rooms import open_room, teacher_room
from core.classroom.schema import SCHEMA, PersonRow
from core.errors import UserError
from tests.core.classroom.conftest import STEPS, Lesson


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "classroom.sqlite"


def test_it_is_created_where_it_is_missing_and_opened_where_it_is_not(file: Path) -> None:
    first = open_room(Classroom(f"sqlite:///{file}"), STEPS)
    assert teacher_room(Classroom(f"sqlite:///{file}"), first.teacher) == first.room
    with sqlite3.connect(file) as plain:
        assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_reading_sees_one_state(lesson: Lesson) -> None:
    count = select(func.count()).select_from(PersonRow)
    with lesson.classroom.reading() as session:
        before = session.scalar(count)
        join(lesson.classroom, lesson.opened.room.code)
        assert session.scalar(count) == before
    with lesson.classroom.reading() as session:
        assert session.scalar(count) == before + 1


def test_each_write_waits_for_the_disk(classroom: Classroom) -> None:
    with classroom.writing() as session:
        assert session.connection().exec_driver_sql("PRAGMA synchronous").scalar() == 2  # full
        assert session.connection().exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@pytest.mark.usefixtures("classroom")
def test_one_of_another_version(file: Path) -> None:
    with sqlite3.connect(file) as plain:
        plain.execute("UPDATE classroom_schema SET version = 99")
    with pytest.raises(UserError, match=f"version 99 and this app needs {SCHEMA}"):
        Classroom(f"sqlite:///{file}")


@pytest.mark.parametrize("damage", ["all", "after the header"])
def test_a_damaged_one(lesson: Lesson, file: Path, damage: str) -> None:
    lesson.classroom.dispose()
    size = file.stat().st_size
    with file.open("r+b") as stream:
        stream.seek(0 if damage == "all" else 4096)
        stream.write(b"\xff" * (size - stream.tell()))
    with pytest.raises(UserError, match="damaged"):
        teacher_room(Classroom(f"sqlite:///{file}"), lesson.teacher)


@pytest.fixture
def lock(lesson: Lesson, file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    lesson.classroom.dispose()
    monkeypatch.setattr(database, "WAIT", 0.1)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def test_a_locked_one_can_be_read_and_takes_writes_again(lesson: Lesson, file: Path, lock: sqlite3.Connection) -> None:
    waiting = Classroom.__new__(Classroom)
    waiting.limits, waiting._engine = lesson.classroom.limits, database._make_engine(f"sqlite:///{file}")
    assert teacher_room(waiting, lesson.teacher).step == STEPS[0]
    with pytest.raises(UserError, match="busy, so nothing was saved"):
        save_guess(waiting, lesson.ann.token, STEPS[0], 50, 2)
    lock.execute("ROLLBACK")
    save_guess(waiting, lesson.ann.token, STEPS[0], 50, 2)
    assert len(guesses(waiting, lesson.opened.room)) == 1


def test_a_full_disk_keeps_what_was_saved(lesson: Lesson) -> None:
    save_guess(lesson.classroom, lesson.ann.token, STEPS[0], 50, 2)
    pages = {"limit": "PRAGMA max_page_count = 1"}  # SQLite takes its present size where that is larger
    event.listen(lesson.classroom._engine, "begin", lambda made: made.exec_driver_sql(pages["limit"]))
    with pytest.raises(UserError, match="disk is full, so this was not saved"):
        for _ in range(200):
            open_room_unlimited(lesson.classroom)
    assert [each.value for each in guesses(lesson.classroom, lesson.opened.room)] == ["50"]
    pages["limit"] = "PRAGMA max_page_count = 1000000"
    save_guess(lesson.classroom, lesson.ben.token, STEPS[0], 50, 2)


def open_room_unlimited(classroom: Classroom) -> None:
    classroom.limits.opened._events.clear()
    open_room(classroom, [f"{i}-{'x' * 60}" for i in range(50)])


@pytest.mark.parametrize("url", ["nonsense", "mongodb://here/there", "postgresql+nothing://here/there"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(UserError, match="HAM10000_DATABASE must be"):
        Classroom(url)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="set HAM10000_STATE"):
        Classroom(f"sqlite:///{tmp_path / 'file' / 'state' / 'classroom.sqlite'}")


def test_a_file_that_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="can't open the class database"):
        Classroom(f"sqlite:///{tmp_path}")


def test_a_server_that_does_not_answer() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(UserError, match="can't be reached"):
        Classroom("postgresql+psycopg://nobody@127.0.0.1:1/class?connect_timeout=2")


@pytest.mark.parametrize("url", ["postgresql+psycopg://a@b:port/c", "nothing"])
def test_an_address_that_is_none_is_one_sentence(url: str) -> None:
    with pytest.raises(UserError, match=r"^HAM10000_DATABASE must be sqlite"):
        Classroom(url)
