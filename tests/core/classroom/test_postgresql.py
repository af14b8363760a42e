"""The class database on PostgreSQL, where several replicas write to it."""

import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import func, select, text

from core.classroom.access import taught_room
from core.classroom.answers import guesses, save_guess
from core.classroom.contracts import StepPhase
from core.classroom.database import Classroom
from core.classroom.homework import hand_in, set_deadline, standings
from core.classroom.people import join, leave, people, spin, take_seat
from core.classroom.rooms import advance, delete_room, go_to_step, open_room, purge, remove_nickname, teacher_room
from core.classroom.schema import PersonRow
from core.config import ROOT
from core.errors import UserError
from core.evaluation.halves import KEPT, HalfScore, Halves
from core.stats import Estimate
from tests.core.classroom.conftest import STEPS
from tests.core.classroom.test_answers import WRITER
from tests.core.classroom.test_schema import FORMER
from tests.servers import Postgres, postgres

pytest.importorskip("psycopg")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    yield from postgres()


@pytest.fixture
def replica(server: Postgres) -> Iterator[Callable[[], Classroom]]:
    """Opens the database once more, as another replica does."""
    opened: list[Classroom] = []

    def open_database() -> Classroom:
        opened.append(Classroom(server.url))
        return opened[-1]

    yield open_database
    for each in opened:
        each.dispose()


def test_replicas_that_start_together_make_one_database(replica: Callable[[], Classroom]) -> None:
    with ThreadPoolExecutor(4) as threads:
        opened = [open_room(each, STEPS) for each in threads.map(lambda _: replica(), range(4))]
    assert len({each.room.id for each in opened}) == 4


def test_reading_sees_one_state_while_another_replica_writes(replica: Callable[[], Classroom]) -> None:
    ours, theirs = replica(), replica()
    room, count = open_room(ours, STEPS).room, select(func.count()).select_from(PersonRow)
    with ours.reading() as session:
        before = session.scalar(count)
        join(theirs, room.code)
        assert session.scalar(count) == before
    with ours.reading() as session:
        assert session.scalar(count) == before + 1


def test_a_lesson_over_two_replicas(replica: Callable[[], Classroom]) -> None:
    one, two = replica(), replica()
    opened = open_room(one, STEPS)
    ann, ben, eve = (join(two, opened.room.code) for _ in range(3))
    assert spin(two, ann.token).spins == 2
    assert go_to_step(one, opened.teacher, STEPS[0]).opened_at == opened.room.opened_at
    with ThreadPoolExecutor(8) as threads:
        saved = list(threads.map(lambda i: try_guess((one, two)[i % 2], ann.token, i), range(8)))
    assert sum(saved) == 1 and len(guesses(one, opened.room)) == 1
    remove_nickname(one, opened.teacher, eve.participant.id)
    advance(two, opened.teacher, STEPS[0], StepPhase.REVEAL)
    assert take_seat(one, opened.room.code, ben.token).room.phase is StepPhase.REVEAL
    assert [each.id for each in people(two, opened.room)] == [ann.participant.id, ben.participant.id]
    leave(one, ann.token)
    assert guesses(two, opened.room) == [] and purge(one) == 0
    delete_room(one, opened.teacher)
    with pytest.raises(UserError, match="no longer in this room"):
        take_seat(two, opened.room.code, ben.token)


def try_guess(classroom: Classroom, token: str, value: int) -> bool:
    try:
        save_guess(classroom, token, STEPS[0], value, 2)
    except UserError as error:
        assert "already" in str(error)
        return False
    return True


def test_a_writer_and_then_the_server_are_killed(server: Postgres, replica: Callable[[], Classroom]) -> None:
    classroom, steps = replica(), [f"step{i}" for i in range(30)]
    opened = open_room(classroom, steps)
    student = join(classroom, opened.room.code)
    command = [sys.executable, "-c", WRITER, server.url, opened.teacher, student.token, *steps]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
        assert writer.stdout
        acknowledged = [writer.stdout.readline().strip() for _ in range(5)]
        writer.kill()
        acknowledged += writer.stdout.read().split()
    server.kill()
    with pytest.raises(UserError, match="can't be reached"):
        teacher_room(classroom, opened.teacher)
    server.start()
    assert set(acknowledged) <= {each.step for each in guesses(classroom, opened.room)}


def test_a_database_of_the_first_version_keeps_its_rooms(replica: Callable[[], Classroom]) -> None:
    one = replica()
    opened = open_room(one, STEPS)
    student = join(one, opened.room.code)
    with one.writing() as session:
        for statement in FORMER:
            session.execute(text(statement))
    with ThreadPoolExecutor(4) as threads:
        replicas = list(threads.map(lambda _: replica(), range(4)))
    assert [each.id for each in people(replicas[0], opened.room)] == [student.participant.id]
    until = opened.room.opened_at + timedelta(days=2)
    assert set_deadline(replicas[1], opened.teacher, until).homework_until == until
    half = HalfScore(Estimate(0.5, 0.4, math.nan), np.linspace(0, 1, KEPT, dtype=np.float32))
    hand_in(replicas[2], student.token, Halves(half, half, ()))
    (standing,) = standings(replicas[3], teacher_room(replicas[3], opened.teacher))
    assert (standing.public.value, standing.public_rank) == (0.5, 1) and math.isnan(standing.public.high)


def test_a_student_who_is_removed_while_an_answer_waits_has_not_answered(replica: Callable[[], Classroom]) -> None:
    one, two = replica(), replica()
    opened = open_room(one, STEPS)
    ann = join(one, opened.room.code)
    room = go_to_step(one, opened.teacher, STEPS[0])
    with ThreadPoolExecutor(1) as threads:
        with one.writing() as session:
            taught_room(session, opened.teacher, lock=True)
            waiting = threads.submit(save_guess, two, ann.token, STEPS[0], 50.0, 1)
            time.sleep(0.5)  # until it waits for the room; if it is later, it is refused too
            session.get_one(PersonRow, ann.participant.id).removed = True
        with pytest.raises(UserError, match="removed this nickname"):
            waiting.result(timeout=60)
    assert guesses(one, room) == []


def test_two_who_leave_are_two_activities(replica: Callable[[], Classroom]) -> None:
    one, two = replica(), replica()
    opened = open_room(one, STEPS)
    ann, ben = (join(one, opened.room.code) for _ in range(2))
    before = teacher_room(one, opened.teacher).activity
    with ThreadPoolExecutor(1) as threads:
        with one.writing() as session:
            taught_room(session, opened.teacher, lock=True).activity += 1
            waiting = threads.submit(leave, two, ann.token)
            time.sleep(0.5)
        waiting.result(timeout=60)
    leave(one, ben.token)
    assert teacher_room(one, opened.teacher).activity == before + 3
