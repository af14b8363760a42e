"""The class page: a lesson from the door to the end, by teacher and student, and everything that goes wrong."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.classroom.answers import guesses, save_check, save_guess
from core.classroom.contracts import StepPhase
from core.classroom.database import Classroom
from core.classroom.people import Joined, join, people, take_seat
from core.classroom.rooms import Opened, advance, close_room, delete_room, go_to_step, open_room, teacher_room
from core.classroom.settings import database_url
from core.config import ROOT
from core.errors import UserError
from core.lessons.steps import STEPS, get_step
from dashboard.caches.classroom import classroom
from dashboard.views.classroom import door
from dashboard.views.classroom import student as student_view
from tests.dashboard.pages import checked, text_of, visit

KEYS = [step.key for step in STEPS]
PAGE = "app_pages/classroom"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Classroom:
    monkeypatch.setenv("HAM10000_STATE", str(tmp_path))
    monkeypatch.delenv("HAM10000_DATABASE", raising=False)
    return classroom()


@pytest.fixture
def opened(here: Classroom) -> Opened:
    return open_room(here, KEYS)


@pytest.fixture
def ann(here: Classroom, opened: Opened) -> Joined:
    return join(here, opened.room.code)


def student(opened: Opened, joined: Joined) -> AppTest:
    """The page of a student whose browser has kept the token."""
    page = AppTest.from_file(str(ROOT / "dashboard" / f"{PAGE}.py"), default_timeout=60)
    page.query_params["room"] = opened.room.code
    page.session_state[f"class-{opened.room.code}"] = joined.token
    return checked(page.run())


def teacher(opened: Opened) -> AppTest:
    page = AppTest.from_file(str(ROOT / "dashboard" / f"{PAGE}.py"), default_timeout=60)
    page.query_params["lead"] = opened.room.code
    page.session_state[f"class-teacher-{opened.room.code}"] = opened.teacher
    return checked(page.run())


def press(page: AppTest, label: str) -> AppTest:
    return checked(next(button for button in page.button if button.label.startswith(label)).click().run())


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def charts(page: AppTest) -> list[str]:
    return [chart.key for chart in page.get("plotly_chart")]


def errors(page: AppTest) -> list[str]:
    return [error.value for error in page.error]


def test_the_door_opens_a_room_and_the_address_keeps_no_secret(here: Classroom) -> None:
    page = press(visit(PAGE), "Open a room")
    code = page.query_params["lead"]
    token = page.session_state[f"class-teacher-{code}"]
    assert teacher_room(here, token).code == code
    assert list(page.query_params) == ["lead"] and token not in str(page.query_params)
    assert page.title[0].value == "Waiting for the class"


def test_a_second_click_opens_no_other_room_and_takes_no_other_seat(
    here: Classroom, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def twice(action: Any) -> Any:
        return lambda *given: [action(*given) for _ in range(2)]

    made, joined = [], []
    monkeypatch.setattr(door, "_open", twice(door._open))
    monkeypatch.setattr(door, "open_room", lambda *given: made.append(open_room(*given)) or made[-1])
    assert press(visit(PAGE), "Open a room").query_params["lead"] == made[-1].room.code and len(made) == 1
    monkeypatch.setattr(student_view, "_join", twice(student_view._join))
    monkeypatch.setattr(student_view, "join", lambda *given: joined.append(join(*given)) or joined[-1])
    assert (
        "Wait here until your teacher starts" in text_of(press(visit(PAGE, room=opened.room.code), "Join"))
        and len(joined) == 1
    )
    assert len(people(here, opened.room)) == 1


def test_the_door_finds_a_room_by_its_code(opened: Opened) -> None:
    page = visit(PAGE)
    page.text_input[0].set_value(opened.room.code.lower())
    page = press(page, "Join")
    assert page.query_params["room"] == opened.room.code
    assert "What is kept" in text_of(page) and "](/on-device/)" in text_of(page)
    page = press(page, "Join")
    assert page.title[0].value == "You're in"


def test_whoever_opened_another_page_finds_the_way_back(opened: Opened, ann: Joined) -> None:
    code = opened.room.code
    page = AppTest.from_file(str(ROOT / "dashboard" / f"{PAGE}.py"), default_timeout=60)
    assert "Back to the room" not in labels(checked(page.run()))
    page.session_state[f"class-{code}"] = ann.token
    page.session_state[f"class-teacher-{code}"] = opened.teacher
    assert labels(checked(page.run())).count("Back to the room") == 2
    assert "You lead room" in text_of(page) and f"You are **{ann.participant.nickname}** in room" in text_of(page)
    page = press(page, "Back to the room")
    assert page.query_params["lead"] == code and page.title[0].value != "Class"
    delete_room(classroom(), opened.teacher)
    page.query_params.clear()
    assert "Back to the room" not in labels(checked(page.run()))


def test_a_wrong_code_at_the_door_and_in_a_link() -> None:
    page = visit(PAGE)
    page.text_input[0].set_value("<b>wrong</b>")
    assert errors(press(page, "Join")) == ["No open room has this code; check it, or ask your teacher for it."]
    assert errors(visit(PAGE, room="BCDFGHJK")) == ["No open room has this code; check it, or ask your teacher for it."]


def test_a_secret_link_opens_the_teachers_screen_and_leaves_the_address(opened: Opened) -> None:
    page = visit(PAGE, teach=opened.teacher)
    assert list(page.query_params) == ["lead"]
    assert page.title[0].value == "Waiting for the class"
    assert "opens no room" in errors(visit(PAGE, teach="nonsense"))[0]
    page = visit(PAGE, lead=opened.room.code)
    assert "secret link" in errors(page)[0]
    page = press(page, "Join as a student")
    assert page.query_params["room"] == opened.room.code and "You are joining room" in text_of(page)


@pytest.mark.parametrize("key", KEYS)
def test_a_student_guesses_at_every_step(here: Classroom, opened: Opened, ann: Joined, key: str) -> None:
    go_to_step(here, opened.teacher, key)
    page, step = student(opened, ann), get_step(key)
    assert page.title[0].value == step.title
    assert charts(page) == [f"seat-{key}-1"]
    assert "Also choose" in errors(press(page, "Lock in"))[0]
    if page.slider:
        page.slider[0].set_value(step.guess.high)
    else:
        page.radio[0].set_value(step.guess.options[0].key)
    page.button_group[0].set_value(2)
    page = press(page, "Lock in")
    assert not errors(page) and "Locked in" in page.success[0].value
    value = take_seat(here, opened.room.code, ann.token).guesses[1].value
    assert step.guess.read(value) in (step.guess.high, step.guess.options[0].key) if page.slider else value


def test_nothing_of_the_answer_is_on_the_page_before_the_reveal(here: Classroom, opened: Opened, ann: Joined) -> None:
    go_to_step(here, opened.teacher, KEYS[0])
    save_guess(here, ann.token, KEYS[0], 91, 2)
    for phase in (StepPhase.FIRST, StepPhase.DISCUSS, StepPhase.SECOND):
        advance(here, opened.teacher, KEYS[0], phase)
        assert "The answer is" not in text_of(student(opened, ann))
        shown = teacher(opened)
        assert "The answer is" not in text_of(shown) and "**91%**" not in text_of(shown)
        assert charts(shown) == [f"scene-{KEYS[0]}"]
        assert shown.metric[0].value == "1 of 1"


def test_a_teacher_steps_the_class_to_the_end_of_a_step(here: Classroom, opened: Opened, ann: Joined) -> None:
    page = press(teacher(opened), "Start")
    save_guess(here, ann.token, KEYS[0], 90, 3)
    page = press(press(page, "Stop and discuss"), "Second vote")
    save_guess(here, ann.token, KEYS[0], 68, 2)
    page = press(page, "Reveal")
    assert charts(page) == [f"votes-{KEYS[0]}", f"scene-{KEYS[0]}"]
    assert "Second guesses: 1 of 1 close" in text_of(page)
    seen = student(opened, ann)
    assert "You guessed **90%** (certain), then **68%** (fairly sure): close." in text_of(seen)
    page = press(page, "Ask the check question")
    save_check(here, ann.token, KEYS[0], get_step(KEYS[0]).check.right)
    page = press(page, "Show the answers")
    assert "Right answers: **1 of 1**" in text_of(page)
    assert "(your answer)" in text_of(student(opened, ann))
    assert "Second guesses: 1 of 1 right or close." in text_of(page)
    assert press(page, "Next step").title[0].value == get_step(KEYS[1]).title


def own_results(page: AppTest) -> list[list[str]]:
    """Rows of a student's table of results; none before it is there."""
    return [row for table in page.table for row in table.value.reset_index().to_numpy().tolist()]


def test_a_student_sees_what_was_right_once_a_step_is_over(here: Classroom, opened: Opened, ann: Joined) -> None:
    step = get_step(KEYS[0])
    go_to_step(here, opened.teacher, KEYS[0])
    save_guess(here, join(here, opened.room.code).token, KEYS[0], 67, 1)
    save_guess(here, ann.token, KEYS[0], 90, 3)
    advance(here, opened.teacher, KEYS[0], StepPhase.CHECK)
    save_check(here, ann.token, KEYS[0], step.check.right)
    assert not own_results(student(opened, ann))
    go_to_step(here, opened.teacher, KEYS[1])
    page = student(opened, ann)
    assert own_results(page) == [[step.title, "90%: not close", "right"]]
    assert "Your guesses: 0 of 1 right or close. Check questions: 1 of 1 right." in text_of(page)


def test_after_the_last_step_the_room_is_closed_and_may_be_opened_again(
    here: Classroom, opened: Opened, ann: Joined
) -> None:
    go_to_step(here, opened.teacher, KEYS[-1])
    save_guess(here, ann.token, KEYS[-1], "home", 1)
    assert "finish" not in [button.key for button in teacher(opened).button]
    advance(here, opened.teacher, KEYS[-1], StepPhase.ANSWERS)
    page = teacher(opened)
    assert "That was the last step" in page.success[0].value
    page = checked(page.button(key="finish").click().run())
    mine = student(opened, ann)
    assert next(fold for fold in mine.expander if fold.label == "Your results").proto.expanded
    assert own_results(mine)[0][0] == get_step(KEYS[-1]).title
    page = press(page, "Open it again")
    assert not page.info and "Close the room" in labels(page)
    assert not student(opened, ann).info


@pytest.mark.parametrize("key", KEYS)
def test_a_teacher_shows_every_step(here: Classroom, opened: Opened, key: str) -> None:
    go_to_step(here, opened.teacher, key)
    page = teacher(opened)
    assert charts(page) == [f"scene-{key}"] and get_step(key).source not in text_of(page)
    assert "Results so far" in [fold.label for fold in page.expander]
    page = press(page, "Reveal")
    assert charts(page) == [f"votes-{key}", f"scene-{key}"] and get_step(key).source in text_of(page)
    assert not errors(page)


def test_a_student_answers_the_check_question(here: Classroom, opened: Opened, ann: Joined) -> None:
    go_to_step(here, opened.teacher, KEYS[0])
    advance(here, opened.teacher, KEYS[0], StepPhase.CHECK)
    page = press(student(opened, ann), "Lock in")
    assert "Choose an answer" in errors(page)[0]
    page.radio[0].set_value(get_step(KEYS[0]).check.right)
    assert "You answered" in press(page, "Lock in").success[0].value


def test_the_same_guess_from_two_tabs(here: Classroom, opened: Opened, ann: Joined) -> None:
    go_to_step(here, opened.teacher, KEYS[0])
    tabs = [student(opened, ann), student(opened, ann)]
    for tab in tabs:
        tab.button_group[0].set_value(2)
    assert not errors(press(tabs[0], "Lock in"))
    late = press(tabs[1], "Lock in")
    assert "locked in this guess already" in errors(late)[0]
    assert "Locked in" in late.success[0].value
    assert len(guesses(here, opened.room)) == 1


def test_a_guess_after_the_reveal(here: Classroom, opened: Opened, ann: Joined) -> None:
    go_to_step(here, opened.teacher, KEYS[0])
    page = student(opened, ann)
    page.button_group[0].set_value(2)
    advance(here, opened.teacher, KEYS[0], StepPhase.REVEAL)
    page = press(page, "Lock in")
    assert "moved on" in errors(page)[0] and "You made no guess" in text_of(page)


def test_another_nickname_three_times(opened: Opened, ann: Joined) -> None:
    page = student(opened, ann)
    for left in (3, 2, 1):
        page = press(page, f"Another nickname ({left} left)")
    assert not [label for label in labels(page) if label.startswith("Another")]
    assert ann.participant.nickname not in text_of(page)


def test_who_leaves_is_forgotten_and_may_join_again(here: Classroom, opened: Opened, ann: Joined) -> None:
    page = press(student(opened, ann), "Leave and delete")
    assert page.title[0].value == "Join the class"
    assert page.session_state[f"class-{opened.room.code}"] == ""
    with pytest.raises(UserError):
        take_seat(here, opened.room.code, ann.token)


def test_a_removed_nickname_is_asked_to_join_again(opened: Opened, ann: Joined) -> None:
    page = teacher(opened)
    page.selectbox(key="nickname").set_value(ann.participant.id).run()
    page = press(page, "Remove this nickname")
    assert "Nobody has joined yet" in text_of(page)
    page = student(opened, ann)
    assert "removed this nickname" in page.warning[0].value
    assert press(page, "Join again").title[0].value == "Join the class"


def test_a_token_of_another_room(here: Classroom, opened: Opened) -> None:
    other = join(here, open_room(here, KEYS).room.code)
    page = student(opened, other)
    assert "another room" in page.warning[0].value and labels(page) == ["Join again"]


def test_a_closed_room(here: Classroom, opened: Opened, ann: Joined) -> None:
    go_to_step(here, opened.teacher, KEYS[0])
    save_guess(here, ann.token, KEYS[0], 68, 2)
    page = press(teacher(opened), "Close the room")
    assert "closed" in page.info[0].value and "Reveal" not in labels(page)
    assert "What you answered is saved" in student(opened, ann).info[0].value
    assert "closed" in errors(visit(PAGE, room=opened.room.code))[0]


def test_a_room_is_deleted_by_two_clicks(here: Classroom, opened: Opened, ann: Joined) -> None:
    page = teacher(opened)
    button = next(button for button in page.button if button.label == "Delete the room")
    assert button.disabled
    page.checkbox(key="sure").check().run()
    page = press(page, "Delete the room")
    assert page.title[0].value == "Class"
    with pytest.raises(UserError):
        teacher_room(here, opened.teacher)
    assert "no longer in this room" in student(opened, ann).warning[0].value


def test_a_room_that_was_closed_or_deleted_elsewhere(here: Classroom, opened: Opened) -> None:
    page = teacher(opened)
    close_room(here, opened.teacher)
    assert "closed" in errors(press(page, "Start"))[0]
    delete_room(here, opened.teacher)
    assert "opens no room" in errors(teacher(opened))[0]


def test_a_damaged_database_is_one_sentence(here: Classroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "classroom.sqlite").write_bytes(b"no database" * 1000)
    monkeypatch.setenv("HAM10000_STATE", str(tmp_path / "broken"))
    assert "damaged" in errors(press(visit(PAGE), "Open a room"))[0]
    assert here and "broken" in database_url()


@pytest.mark.parametrize(("setting", "there"), [("0", False), ("1", True)])
def test_rooms_can_be_turned_off(monkeypatch: pytest.MonkeyPatch, setting: str, there: bool) -> None:
    from dashboard.navigation import shown_pages

    monkeypatch.setenv("HAM10000_ROOMS", setting)
    assert ("classroom" in shown_pages()) is there
