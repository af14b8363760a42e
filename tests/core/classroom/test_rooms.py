"""Rooms: opened, stepped, closed, deleted; and whoever has the wrong code or link."""

from datetime import timedelta
from pathlib import Path

import pytest

from core.classroom import access, clock, rooms
from core.classroom.answers import guesses, save_guess
from core.classroom.contracts import DAYS_KEPT, StepPhase
from core.classroom.database import Classroom
from core.classroom.limits import Limits, RateLimit
from core.classroom.people import join, people, take_seat
from core.classroom.secrets import show_code
from core.errors import UserError
from tests.core.classroom.conftest import STEPS, Lesson


def age(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    for module in (access, rooms):
        monkeypatch.setattr(module, "now", lambda: clock.now() + timedelta(days=days))


def test_a_new_room_waits_at_no_step_and_is_found_by_code_and_by_link(classroom: Classroom) -> None:
    opened = rooms.open_room(classroom, STEPS)
    assert (opened.room.step, opened.room.steps, opened.room.closed) == (None, STEPS, False)
    assert rooms.find_room(classroom, show_code(opened.room.code).lower()) == opened.room
    assert rooms.teacher_room(classroom, opened.teacher) == opened.room


@pytest.mark.parametrize("code", ["", "BCDF-GHJK", "BCDFGHJK; --", "x" * 1000])
def test_a_wrong_code(lesson: Lesson, code: str) -> None:
    with pytest.raises(UserError, match="No open room has this code"):
        rooms.find_room(lesson.classroom, code)


def test_wrong_codes_are_limited_on_the_whole_server_and_nobody_in_a_room_notices(tmp_path: Path) -> None:
    few = Limits(wrong=RateLimit(3, 60, "Many wrong codes were entered."))
    classroom = Classroom(f"sqlite:///{tmp_path / 'class.sqlite'}", few)
    opened = rooms.open_room(classroom, STEPS)
    student = join(classroom, opened.room.code)
    for code in ("BCDFGHJK", *["BCDFGHJL"] * 9, "BCDFGHJM"):  # a class that opens an old link is no search for codes
        with pytest.raises(UserError, match="No open room"):
            rooms.find_room(classroom, code)
    for code in ("BCDFGHJK", opened.room.code):
        with pytest.raises(UserError, match="Many wrong codes"):
            rooms.find_room(classroom, code)
    assert take_seat(classroom, opened.room.code, student.token).participant == student.participant
    assert rooms.teacher_room(classroom, opened.teacher).id == opened.room.id


def test_opening_rooms_is_limited(tmp_path: Path) -> None:
    few = Limits(opened=RateLimit(1, 60, "Many rooms were opened."))
    classroom = Classroom(f"sqlite:///{tmp_path / 'class.sqlite'}", few)
    rooms.open_room(classroom, STEPS)
    with pytest.raises(UserError, match="Many rooms"):
        rooms.open_room(classroom, STEPS)


def test_a_wrong_teacher_link_and_a_students_token_in_its_place(lesson: Lesson) -> None:
    for token in ("", "nonsense", lesson.ann.token, lesson.opened.room.watch, lesson.opened.room.code):
        with pytest.raises(UserError, match="opens no room"):
            rooms.teacher_room(lesson.classroom, token)
        with pytest.raises(UserError, match="opens no room"):
            rooms.delete_room(lesson.classroom, token)


def test_phases_go_forward_and_a_double_click_does_nothing(lesson: Lesson) -> None:
    before = rooms.teacher_room(lesson.classroom, lesson.teacher)
    revealed = rooms.advance(lesson.classroom, lesson.teacher, STEPS[0], StepPhase.REVEAL)
    assert (revealed.phase, revealed.version) == (StepPhase.REVEAL, before.version + 1)
    for phase in (StepPhase.REVEAL, StepPhase.SECOND, StepPhase.FIRST):
        assert rooms.advance(lesson.classroom, lesson.teacher, STEPS[0], phase) == revealed
    with pytest.raises(UserError, match="moved to another step"):
        rooms.advance(lesson.classroom, lesson.teacher, STEPS[1], StepPhase.REVEAL)


def test_a_step_keeps_its_phase_when_the_class_comes_back(lesson: Lesson) -> None:
    rooms.advance(lesson.classroom, lesson.teacher, STEPS[0], StepPhase.REVEAL)
    assert rooms.go_to_step(lesson.classroom, lesson.teacher, STEPS[1]).phase is StepPhase.FIRST
    back = rooms.go_to_step(lesson.classroom, lesson.teacher, STEPS[0])
    assert back.phase is StepPhase.REVEAL
    assert rooms.go_to_step(lesson.classroom, lesson.teacher, STEPS[0]) == back
    with pytest.raises(UserError, match="no step 'other'"):
        rooms.go_to_step(lesson.classroom, lesson.teacher, "other")


def test_a_closed_room_takes_nobody_and_keeps_its_answers(lesson: Lesson) -> None:
    save_guess(lesson.classroom, lesson.ann.token, STEPS[0], 50, 2)
    assert rooms.close_room(lesson.classroom, lesson.teacher).closed
    with pytest.raises(UserError, match="room is closed"):
        join(lesson.classroom, lesson.opened.room.code)
    with pytest.raises(UserError, match=r"is closed.*saved"):
        save_guess(lesson.classroom, lesson.ben.token, STEPS[0], 50, 2)
    with pytest.raises(UserError, match="open it again"):
        rooms.go_to_step(lesson.classroom, lesson.teacher, STEPS[1])
    assert take_seat(lesson.classroom, lesson.opened.room.code, lesson.ann.token).guesses[1].value == "50"
    assert len(guesses(lesson.classroom, lesson.opened.room)) == 1
    assert not rooms.open_again(lesson.classroom, lesson.teacher).closed
    assert join(lesson.classroom, lesson.opened.room.code)


def test_a_deleted_room_leaves_nothing_behind(lesson: Lesson, tmp_path: Path) -> None:
    save_guess(lesson.classroom, lesson.ann.token, STEPS[0], "a-guess-to-find", 2)
    other = rooms.open_room(lesson.classroom, STEPS)
    rooms.delete_room(lesson.classroom, lesson.teacher)
    with pytest.raises(UserError, match="no longer in this room"):
        take_seat(lesson.classroom, lesson.opened.room.code, lesson.ann.token)
    assert rooms.watched(lesson.classroom, lesson.opened.room.watch) is None
    assert rooms.teacher_room(lesson.classroom, other.teacher) == other.room
    lesson.classroom.dispose()
    files = list((tmp_path / "state").iterdir())
    assert files and not [file for file in files if b"a-guess-to-find" in file.read_bytes()]


def test_after_thirty_days_a_room_is_gone_before_it_is_deleted(lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    age(monkeypatch, DAYS_KEPT - 0.1)
    assert rooms.purge(lesson.classroom) == 0
    age(monkeypatch, DAYS_KEPT + 0.1)
    for missing in (
        lambda: rooms.find_room(lesson.classroom, lesson.opened.room.code),
        lambda: rooms.teacher_room(lesson.classroom, lesson.teacher),
        lambda: take_seat(lesson.classroom, lesson.opened.room.code, lesson.ann.token),
    ):
        with pytest.raises(UserError):
            missing()
    rooms.open_room(lesson.classroom, STEPS)
    assert rooms.purge(lesson.classroom) == 0
    assert rooms.watched(lesson.classroom, lesson.opened.room.watch) is None


def test_a_removed_nickname_takes_its_answers_along_and_may_join_again(lesson: Lesson) -> None:
    room, ann = lesson.opened.room, lesson.ann
    save_guess(lesson.classroom, ann.token, STEPS[0], 50, 2)
    rooms.remove_nickname(lesson.classroom, lesson.teacher, ann.participant.id)
    assert people(lesson.classroom, room) == [lesson.ben.participant]
    assert guesses(lesson.classroom, room) == []
    with pytest.raises(UserError, match="removed this nickname"):
        save_guess(lesson.classroom, ann.token, STEPS[0], 50, 2)
    assert join(lesson.classroom, room.code).participant.nickname != ann.participant.nickname
    other = rooms.open_room(lesson.classroom, STEPS)
    with pytest.raises(UserError, match="not in your room"):
        rooms.remove_nickname(lesson.classroom, other.teacher, lesson.ben.participant.id)


def test_students_see_a_new_version_at_each_step_and_only_the_teacher_at_each_guess(lesson: Lesson) -> None:
    def seen() -> tuple[int, int]:
        found = rooms.watched(lesson.classroom, lesson.opened.room.watch)
        assert found
        return found

    version, activity = seen()
    save_guess(lesson.classroom, lesson.ann.token, STEPS[0], 50, 2)
    assert seen() == (version, activity + 1)
    rooms.advance(lesson.classroom, lesson.teacher, STEPS[0], StepPhase.REVEAL)
    assert seen() == (version + 1, activity + 2)
