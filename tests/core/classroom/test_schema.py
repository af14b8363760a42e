"""The tables of the class database: times keep their zone, and a database of a former version is brought up to date."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import inspect

from core.classroom.board import entries
from core.classroom.database import Classroom
from core.classroom.homework import standings
from core.classroom.people import people
from core.classroom.rooms import teacher_room
from core.classroom.schema import SCHEMA, UPGRADES, Base
from tests.core.classroom.conftest import Lesson


def test_a_time_comes_back_in_utc(lesson: Lesson) -> None:
    read = teacher_room(lesson.classroom, lesson.teacher).opened_at
    assert read == lesson.opened.room.opened_at and read.utcoffset() is not None


def test_every_former_version_leads_to_this_one() -> None:
    assert sorted(UPGRADES) == list(range(1, SCHEMA))


FORMER = (
    "DROP TABLE board_entries", "DROP TABLE homework_tries", "ALTER TABLE rooms DROP COLUMN test_open",
    "ALTER TABLE rooms DROP COLUMN homework_until", "UPDATE classroom_schema SET version = 1",
)  # fmt: skip
"""Makes a database of version 1 from one of today."""


@pytest.fixture
def first_version(lesson: Lesson, tmp_path: Path) -> Path:
    """The database as version 1 had it, with a room and two students."""
    lesson.classroom.dispose()
    file = tmp_path / "state" / "classroom.sqlite"
    with sqlite3.connect(file) as plain:
        for statement in FORMER:
            plain.execute(statement)
    return file


def test_a_database_of_the_first_version_keeps_its_rooms(lesson: Lesson, first_version: Path) -> None:
    for _ in range(2):
        opened = Classroom(f"sqlite:///{first_version}")
        room = teacher_room(opened, lesson.teacher)
        assert (room.code, room.test_open, room.homework_until) == (lesson.opened.room.code, False, None)
        assert people(opened, room) == [lesson.ann.participant, lesson.ben.participant]
        assert entries(opened, room) == standings(opened, room) == []
        columns = inspect(opened._engine)
        for name, table in Base.metadata.tables.items():
            assert {each["name"] for each in columns.get_columns(name)} == set(table.columns.keys())
        opened.dispose()


def test_everything_about_a_student_goes_with_the_student() -> None:
    owned = [table for table in Base.metadata.tables.values() if "participant_id" in table.columns]
    assert len(owned) == 4
    for table in owned:
        (key,) = table.columns["participant_id"].foreign_keys
        assert key.ondelete == "CASCADE", table.name
