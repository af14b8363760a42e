"""Homework: five tries a day, the private half at the deadline, ties where no difference is clear."""

import dataclasses
import math
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from core.classroom import clock, homework
from core.classroom.contracts import DAYS_KEPT, Room
from core.classroom.homework import TRIES, hand_in, own_tries, require_try, set_deadline, standings, tied_ranks
from core.classroom.limits import RateLimit
from core.classroom.people import leave
from core.classroom.rooms import close_room, delete_room, remove_nickname, teacher_room
from core.errors import UserError
from core.evaluation.halves import KEPT, HalfScore, Halves
from core.stats import Estimate
from tests.core.classroom.conftest import Lesson

RNG = np.random.default_rng(0)
NOISE = RNG.normal(0, 0.01, KEPT)


def half(value: float) -> HalfScore:
    noise = RNG.normal(0, 0.003, KEPT)
    return HalfScore(Estimate(value, value - 0.02, value + 0.02), (value + NOISE + noise).astype(np.float32))


def halves(public: float, private: float = 0.5) -> Halves:
    return Halves(half(public), half(private), ())


def later(monkeypatch: pytest.MonkeyPatch, hours: float) -> None:
    monkeypatch.setattr(homework, "now", lambda: clock.now() + timedelta(hours=hours))


@pytest.fixture
def given(lesson: Lesson) -> Lesson:
    set_deadline(lesson.classroom, lesson.teacher, clock.now() + timedelta(days=7))
    return lesson


def room_of(lesson: Lesson) -> Room:
    return teacher_room(lesson.classroom, lesson.teacher)


def test_the_private_half_stays_closed_until_the_deadline(given: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    here, ann = given.classroom, given.ann
    found = hand_in(here, ann.token, halves(0.6, 0.4))
    assert found.public.value == 0.6 and math.isnan(found.private.value)
    hand_in(here, ann.token, halves(0.5, 0.9))
    hand_in(here, given.ben.token, halves(0.55, 0.7))
    assert [each.public.value for each in own_tries(here, room_of(given), ann.participant.id)] == [0.6, 0.5]
    before = standings(here, room_of(given))
    assert [(each.nickname, each.tries, each.public_rank) for each in before] == [
        (ann.participant.nickname, 2, 1), (given.ben.participant.nickname, 1, 2),
    ]  # fmt: skip
    assert all(math.isnan(each.private.value) and each.private_rank is None for each in before)
    later(monkeypatch, 7 * 24 + 1)
    after = standings(here, room_of(given))  # the best public try counts, not the best private one
    assert [(each.nickname, each.private.value, each.private_rank) for each in after] == [
        (given.ben.participant.nickname, 0.7, 1), (ann.participant.nickname, 0.4, 2),
    ]  # fmt: skip
    assert [each.private.value for each in own_tries(here, room_of(given), ann.participant.id)] == [0.4, 0.9]


def test_five_tries_in_a_day_and_then_more(given: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    for left in range(TRIES, 0, -1):
        assert require_try(given.classroom, given.ann.token) == left
        hand_in(given.classroom, given.ann.token, halves(0.5))
    for late in (lambda: hand_in(given.classroom, given.ann.token, halves(0.9)),
                 lambda: require_try(given.classroom, given.ann.token)):  # fmt: skip
        with pytest.raises(UserError, match=r"5 tries of the last 24 hours; the next one is free at \d\d:\d\d UTC"):
            late()
    assert require_try(given.classroom, given.ben.token) == TRIES
    later(monkeypatch, 24.1)
    assert require_try(given.classroom, given.ann.token) == TRIES
    assert len(own_tries(given.classroom, room_of(given), given.ann.participant.id)) == TRIES


def test_two_tabs_at_the_same_moment_get_no_sixth_try(given: Lesson) -> None:
    def tab(_: int) -> bool:
        try:
            hand_in(given.classroom, given.ann.token, halves(0.5))
        except UserError as error:
            return "tries" not in str(error)
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(tab, range(8))) == TRIES


def test_files_that_cannot_be_read_are_limited_too(given: Lesson) -> None:
    few = dataclasses.replace(given.classroom.limits, token=RateLimit(2, 60, "Too fast."))
    given.classroom.limits = few
    for _ in range(2):
        require_try(given.classroom, given.ann.token)
    with pytest.raises(UserError, match="Too fast"):
        require_try(given.classroom, given.ann.token)


def test_no_homework_and_a_deadline_that_has_passed(lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    for early in (require_try, lambda *who: hand_in(*who, halves(0.5))):
        with pytest.raises(UserError, match="hasn't set any homework"):
            early(lesson.classroom, lesson.ann.token)
    set_deadline(lesson.classroom, lesson.teacher, clock.now() + timedelta(hours=1))
    later(monkeypatch, 1.1)
    for late in (require_try, lambda *who: hand_in(*who, halves(0.5))):
        with pytest.raises(UserError, match="deadline has passed"):
            late(lesson.classroom, lesson.ann.token)
    with pytest.raises(UserError, match="can't be moved"):
        set_deadline(lesson.classroom, lesson.teacher, clock.now() + timedelta(days=3))


def test_deadlines(lesson: Lesson) -> None:
    first = lesson.opened.room.opened_at
    with pytest.raises(UserError, match="in the future"):
        set_deadline(lesson.classroom, lesson.teacher, first)
    with pytest.raises(UserError, match=r"is deleted on \d+ \w+ \d{4}; choose"):
        set_deadline(lesson.classroom, lesson.teacher, first + timedelta(days=DAYS_KEPT + 1))
    with pytest.raises(UserError, match="opens no room"):
        set_deadline(lesson.classroom, lesson.ann.token, first + timedelta(days=1))
    for days in (3, 2, 9):  # a deadline that hasn't passed may move
        until = (first + timedelta(days=days)).astimezone(timezone(timedelta(hours=5)))
        room = set_deadline(lesson.classroom, lesson.teacher, until)
        assert room.homework_until == until and room_of(lesson).homework_until == until
    found = room_of(lesson).homework_until
    assert found is not None and found.utcoffset() == timedelta(0) and found.tzinfo is UTC
    close_room(lesson.classroom, lesson.teacher)
    with pytest.raises(UserError, match="is closed"):
        set_deadline(lesson.classroom, lesson.teacher, first + timedelta(days=1))


def test_scores_go_with_their_student_and_their_room(given: Lesson, tmp_path: Path) -> None:
    for each in (given.ann, given.ben):
        hand_in(given.classroom, each.token, halves(0.5))
    remove_nickname(given.classroom, given.teacher, given.ann.participant.id)
    assert [each.nickname for each in standings(given.classroom, room_of(given))] == [given.ben.participant.nickname]
    leave(given.classroom, given.ben.token)
    assert standings(given.classroom, room_of(given)) == []
    delete_room(given.classroom, given.teacher)
    given.classroom.dispose()
    files = list((tmp_path / "state").iterdir())
    assert files and not [file for file in files if NOISE[:4].astype("<f4").tobytes() in file.read_bytes()]


def test_ranks_are_shared_where_no_difference_is_clear() -> None:
    wide, narrow = RNG.normal(0, 0.05, (2, KEPT)), RNG.normal(0, 0.001, (2, KEPT))
    assert tied_ranks([0.7 + wide[0], 0.69 + wide[1]]) == [1, 1]
    assert tied_ranks([0.7 + NOISE + narrow[0], 0.69 + NOISE + narrow[1]]) == [1, 2]
    assert tied_ranks([0.7 + NOISE, 0.7 + NOISE, 0.6 + NOISE + narrow[0]]) == [1, 1, 3]
    assert tied_ranks([]) == []
