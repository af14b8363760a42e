"""A room with two students at the first step, in a database of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.classroom.database import Classroom
from core.classroom.people import Joined, join
from core.classroom.rooms import Opened, go_to_step, open_room

STEPS = ("always_nevus", "copies", "threshold")


@dataclass
class Lesson:
    classroom: Classroom
    opened: Opened
    ann: Joined
    ben: Joined

    @property
    def teacher(self) -> str:
        return self.opened.teacher


@pytest.fixture
def classroom(tmp_path: Path) -> Iterator[Classroom]:
    made = Classroom(f"sqlite:///{tmp_path / 'state' / 'classroom.sqlite'}")
    yield made
    made.dispose()


@pytest.fixture
def lesson(classroom: Classroom) -> Lesson:
    opened = open_room(classroom, STEPS)
    ann, ben = (join(classroom, opened.room.code) for _ in range(2))
    go_to_step(classroom, opened.teacher, STEPS[0])
    return Lesson(classroom, opened, ann, ben)
