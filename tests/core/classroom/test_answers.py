"""Guesses and answers: taken once, in their phase, and on disk once acknowledged, whatever happens then."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.classroom.answers import check_answers, count_votes, guesses, save_check, save_guess
from core.classroom.contracts import StepPhase
from core.classroom.database import Classroom
from core.classroom.limits import Limits, RateLimit
from core.classroom.people import join, take_seat
from core.classroom.rooms import advance, go_to_step, open_room, teacher_room
from core.config import ROOT
from core.errors import UserError
from tests.core.classroom.conftest import STEPS, Lesson

STEP = STEPS[0]


def test_two_votes_and_a_check_question(lesson: Lesson) -> None:
    here, ann = lesson.classroom, lesson.ann.token
    save_guess(here, ann, STEP, 80, 3)
    advance(here, lesson.teacher, STEP, StepPhase.DISCUSS)
    with pytest.raises(UserError, match="moved on"):
        save_guess(here, lesson.ben.token, STEP, 80, 3)
    advance(here, lesson.teacher, STEP, StepPhase.SECOND)
    save_guess(here, ann, STEP, 70, 1)
    save_guess(here, lesson.ben.token, STEP, 60, 2)
    advance(here, lesson.teacher, STEP, StepPhase.REVEAL)
    with pytest.raises(UserError, match="moved on"):
        save_guess(here, ann, STEP, 67, 3)
    with pytest.raises(UserError, match="moved on"):
        save_check(here, ann, STEP, "a")
    advance(here, lesson.teacher, STEP, StepPhase.CHECK)
    save_check(here, ann, STEP, "b")
    with pytest.raises(UserError, match="answered this question already"):
        save_check(here, ann, STEP, "a")
    found = guesses(here, lesson.opened.room, STEP)
    names = [lesson.ann.participant.nickname, lesson.ben.participant.nickname]
    assert [(each.nickname, each.vote, each.value, each.confidence) for each in found] == [
        (names[0], 1, "80", 3), (names[0], 2, "70", 1), (names[1], 2, "60", 2),
    ]  # fmt: skip
    assert count_votes(found) == {1: 1, 2: 2}
    assert [(each.nickname, each.option) for each in check_answers(here, lesson.opened.room, STEP)] == [(names[0], "b")]
    assert guesses(here, lesson.opened.room, STEPS[1]) == []


def test_the_same_guess_twice_as_from_two_tabs(lesson: Lesson) -> None:
    save_guess(lesson.classroom, lesson.ann.token, STEP, 80, 3)
    for value in (80, 10):
        with pytest.raises(UserError, match="locked in this guess already"):
            save_guess(lesson.classroom, lesson.ann.token, STEP, value, 3)
    assert [each.value for each in guesses(lesson.classroom, lesson.opened.room)] == ["80"]


def test_two_tabs_at_the_same_moment(lesson: Lesson) -> None:
    def tab(value: int) -> str:
        try:
            return save_guess(lesson.classroom, lesson.ann.token, STEP, value, 3).value
        except UserError as error:
            return str(error)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(tab, range(8)))
    saved = [answer for answer in answers if answer.isdigit()]
    assert [each.value for each in guesses(lesson.classroom, lesson.opened.room)] == saved
    assert len(saved) == 1 and all("already" in answer for answer in answers if answer not in saved)


def test_a_guess_at_a_step_that_the_class_has_left(lesson: Lesson) -> None:
    go_to_step(lesson.classroom, lesson.teacher, STEPS[1])
    with pytest.raises(UserError, match="moved on"):
        save_guess(lesson.classroom, lesson.ann.token, STEP, 80, 3)


@pytest.mark.parametrize(("value", "confidence"), [("", 2), ("x" * 65, 2), (50, 0), (50, 4)])
def test_what_is_no_guess(lesson: Lesson, value: str | float, confidence: int) -> None:
    with pytest.raises(UserError, match="valid guess"):
        save_guess(lesson.classroom, lesson.ann.token, STEP, value, confidence)


@pytest.mark.parametrize("limited", ["token", "room"])
def test_too_many_writes(tmp_path: Path, limited: str) -> None:
    few = Limits(**{limited: RateLimit(2, 60, "Too fast.")})
    classroom = Classroom(f"sqlite:///{tmp_path / 'class.sqlite'}", few)
    opened = open_room(classroom, STEPS)
    token = join(classroom, opened.room.code).token
    go_to_step(classroom, opened.teacher, STEP)
    save_guess(classroom, token, STEP, 50, 2)
    with pytest.raises(UserError, match=r"already|fast"):
        save_guess(classroom, token, STEP, 50, 2)
    with pytest.raises(UserError, match="Too fast"):
        save_guess(classroom, token, STEP, 50, 2)
    assert teacher_room(classroom, opened.teacher).step == STEP


WRITER = """
import sys
from core.classroom.answers import save_guess
from core.classroom.database import Classroom
from core.classroom.rooms import go_to_step
url, teacher, token, *steps = sys.argv[1:]
classroom = Classroom(url)
for step in steps:
    go_to_step(classroom, teacher, step)
    print(save_guess(classroom, token, step, 50, 2).step, flush=True)
"""


def test_a_writer_that_is_killed_loses_no_acknowledged_guess(tmp_path: Path) -> None:
    url, steps = f"sqlite:///{tmp_path / 'class.sqlite'}", [f"step{i}" for i in range(30)]
    classroom = Classroom(url)
    for kill_after in (1, 4, 11):
        opened = open_room(classroom, steps)
        student = join(classroom, opened.room.code)
        command = [sys.executable, "-c", WRITER, url, opened.teacher, student.token, *steps]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
            assert writer.stdout
            acknowledged = [writer.stdout.readline().strip() for _ in range(kill_after)]
            writer.kill()
            acknowledged += writer.stdout.read().split()
        saved = [each.step for each in guesses(classroom, opened.room)]
        assert set(acknowledged) <= set(saved)
        assert len(saved) <= len(acknowledged) + 1
        take_seat(classroom, opened.room.code, student.token)
        go_to_step(classroom, opened.teacher, steps[-1])  # the database takes writes again at once
