"""Students: joining, nicknames, coming back, leaving."""

import pytest

from core.classroom import people
from core.classroom.answers import guesses, save_guess
from core.classroom.contracts import SPINS
from core.classroom.database import Classroom
from core.classroom.rooms import find_room, open_room
from core.errors import UserError
from tests.core.classroom.conftest import STEPS, Lesson


def test_everybody_in_a_room_has_another_nickname(classroom: Classroom) -> None:
    code = open_room(classroom, STEPS).room.code
    joined = [people.join(classroom, code) for _ in range(40)]
    assert len({each.participant.nickname for each in joined}) == 40
    assert len({each.token for each in joined}) == 40
    found = people.people(classroom, find_room(classroom, code))
    assert found == [each.participant for each in joined]


def test_a_full_room(lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "PEOPLE", 2)
    with pytest.raises(UserError, match="full: it holds 2"):
        people.join(lesson.classroom, lesson.opened.room.code)
    people.leave(lesson.classroom, lesson.ann.token)
    people.join(lesson.classroom, lesson.opened.room.code)


def test_three_spins_and_no_more(lesson: Lesson) -> None:
    names = {lesson.ann.participant.nickname}
    for left in range(SPINS - 1, -1, -1):
        spun = people.spin(lesson.classroom, lesson.ann.token)
        assert spun.spins == left
        names.add(spun.nickname)
    assert len(names) == SPINS + 1
    with pytest.raises(UserError, match="this one stays"):
        people.spin(lesson.classroom, lesson.ann.token)
    assert people.take_seat(lesson.classroom, lesson.opened.room.code, lesson.ann.token).participant == spun


def test_a_browser_that_comes_back_finds_its_guesses(lesson: Lesson) -> None:
    save_guess(lesson.classroom, lesson.ann.token, STEPS[0], 67.5, 3)
    seat = people.take_seat(lesson.classroom, lesson.opened.room.code, lesson.ann.token)
    assert seat.participant == lesson.ann.participant
    assert {vote: (each.value, each.confidence) for vote, each in seat.guesses.items()} == {1: ("67.5", 3)}
    assert seat.check is None
    assert not people.take_seat(lesson.classroom, lesson.opened.room.code, lesson.ben.token).guesses


def test_a_token_of_another_room_and_one_of_nobody(lesson: Lesson) -> None:
    other = open_room(lesson.classroom, STEPS)
    with pytest.raises(UserError, match="joined another room"):
        people.take_seat(lesson.classroom, other.room.code, lesson.ann.token)
    for token in ("", "nonsense", lesson.teacher):
        with pytest.raises(UserError, match="no longer in this room"):
            people.take_seat(lesson.classroom, lesson.opened.room.code, token)


def test_who_leaves_takes_all_answers_along(lesson: Lesson) -> None:
    save_guess(lesson.classroom, lesson.ann.token, STEPS[0], 50, 2)
    people.leave(lesson.classroom, lesson.ann.token)
    assert guesses(lesson.classroom, lesson.opened.room) == []
    assert people.people(lesson.classroom, lesson.opened.room) == [lesson.ben.participant]
    with pytest.raises(UserError, match="no longer in this room"):
        people.leave(lesson.classroom, lesson.ann.token)
