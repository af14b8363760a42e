"""Who may see and change which rows."""

import pytest

from core.classroom.access import NoSeatError, person_of, student_writes, taught_room
from core.classroom.rooms import close_room, open_room, remove_nickname, watched
from core.errors import UserError
from tests.core.classroom.conftest import STEPS, Lesson


def test_a_token_opens_its_own_room_alone(lesson: Lesson) -> None:
    other = open_room(lesson.classroom, STEPS).room.code
    with lesson.classroom.reading() as session:
        assert person_of(session, lesson.ann.token).id == lesson.ann.participant.id
        assert person_of(session, lesson.ann.token, lesson.opened.room.code).id == lesson.ann.participant.id
        with pytest.raises(NoSeatError, match="joined another room"):
            person_of(session, lesson.ann.token, other)
        for token in ("", lesson.teacher, lesson.opened.room.watch):
            with pytest.raises(NoSeatError, match="no longer in this room"):
                person_of(session, token)


def test_a_secret_link_opens_its_own_room_alone(lesson: Lesson) -> None:
    with lesson.classroom.reading() as session:
        assert taught_room(session, lesson.teacher).id == lesson.opened.room.id
        with pytest.raises(UserError, match="opens no room"):
            taught_room(session, lesson.ann.token)


def test_what_a_student_writes_shows_on_the_teachers_screen_alone(lesson: Lesson) -> None:
    before = watched(lesson.classroom, lesson.opened.room.watch)
    with student_writes(lesson.classroom, lesson.ann.token) as (_, person, room):
        assert (person.id, room.id) == (lesson.ann.participant.id, lesson.opened.room.id)
    after = watched(lesson.classroom, lesson.opened.room.watch)
    assert before and after == (before[0], before[1] + 1)


def test_a_block_that_fails_writes_nothing(lesson: Lesson) -> None:
    before = watched(lesson.classroom, lesson.opened.room.watch)
    with pytest.raises(ValueError), student_writes(lesson.classroom, lesson.ann.token) as (_, person, _room):
        person.nickname = "Changed Name"
        raise ValueError
    assert watched(lesson.classroom, lesson.opened.room.watch) == before
    with lesson.classroom.reading() as session:
        assert person_of(session, lesson.ann.token).nickname == lesson.ann.participant.nickname


def test_nobody_writes_who_was_removed_or_whose_room_is_closed(lesson: Lesson) -> None:
    remove_nickname(lesson.classroom, lesson.teacher, lesson.ann.participant.id)
    with pytest.raises(NoSeatError, match="removed this nickname"), student_writes(lesson.classroom, lesson.ann.token):
        pass
    close_room(lesson.classroom, lesson.teacher)
    with pytest.raises(UserError, match="is closed"), student_writes(lesson.classroom, lesson.ben.token):
        pass
