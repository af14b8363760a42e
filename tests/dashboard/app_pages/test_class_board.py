"""The class board from a student's lab to the teacher's last click, and homework from the deadline to the ranks."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.classroom import clock, homework
from core.classroom.board import entries
from core.classroom.database import Classroom
from core.classroom.homework import own_tries, set_deadline
from core.classroom.people import Joined, join
from core.classroom.rooms import Opened, close_room, open_room, teacher_room
from core.config import ROOT, TRAINED_MODELS
from core.errors import UserError
from core.lab.embeddings import Embeddings
from core.lessons.steps import STEPS
from dashboard.caches import lab
from dashboard.caches.classroom import classroom
from tests.dashboard.app_pages.test_classroom import charts, errors, press, student, teacher
from tests.dashboard.pages import checked, text_of

pytestmark = pytest.mark.usefixtures("no_dataset")


@pytest.fixture(autouse=True)
def here(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    small: Embeddings,
    no_dataset: None,  # noqa: ARG001
) -> Iterator[Classroom]:
    monkeypatch.setenv("HAM10000_STATE", str(tmp_path))
    monkeypatch.delenv("HAM10000_DATABASE", raising=False)
    monkeypatch.setattr(lab, "load_embeddings", lambda: small)
    st.cache_resource.clear()
    yield classroom()
    st.cache_resource.clear()


@pytest.fixture
def opened(here: Classroom) -> Opened:
    return open_room(here, [step.key for step in STEPS])


@pytest.fixture
def ann(here: Classroom, opened: Opened) -> Joined:
    return join(here, opened.room.code)


def open_lab(opened: Opened, joined: Joined, **query: str) -> AppTest:
    page = AppTest.from_file(str(ROOT / "dashboard" / "app_pages" / "split_resampling.py"), default_timeout=120)
    for name, value in ({"show": "Lab", "strategy": "Random over-sampling"} | query).items():
        page.query_params[name] = value
    page.session_state[f"class-{opened.room.code}"] = joined.token
    return checked(page.run())


def unfolded(page: AppTest, key: str) -> AppTest:
    page.session_state[key] = True
    return checked(page.run())


def test_a_student_puts_a_setting_on_the_board_without_its_test_figures(
    here: Classroom, opened: Opened, ann: Joined
) -> None:
    page = open_lab(opened, ann)
    assert "compares settings on the validation split" in text_of(page) and "validation split, " in text_of(page)
    assert charts(page) == ["counts"] and "test split" not in text_of(page)
    page = press(page, "Put on the class board")
    (entry,) = entries(here, opened.room)
    assert entry.nickname == ann.participant.nickname
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["Balanced acc."] == f"{entry.score.value:.3f}"
    assert page.button(key="class-board").disabled and "is on the class board" in text_of(page)


def test_a_wrong_protocol_shows_only_what_it_would_report(opened: Opened, ann: Joined) -> None:
    page = open_lab(opened, ann, protocol="Wrong: split by image")
    assert [metric.label for metric in page.metric] == ["You would report"]
    assert charts(page) == ["counts"]


def test_a_student_may_work_without_the_board(opened: Opened, ann: Joined) -> None:
    page = open_lab(opened, ann)
    page.toggle(key="for-class").set_value(False).run()
    assert "test split" in text_of(checked(page))
    assert "class-board" not in [button.key for button in page.button]
    page.toggle(key="for-class").set_value(True).run()
    assert charts(checked(page)) == ["counts"]
    linked = open_lab(opened, ann, **{"for-class": "false"})
    assert "class-board" not in [button.key for button in linked.button]


@pytest.mark.parametrize("ended", ["closed", "opened", "turned off"])
def test_the_lab_is_as_for_anybody_where_the_board_takes_nothing(
    here: Classroom, opened: Opened, ann: Joined, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if ended == "closed":
        close_room(here, opened.teacher)
    elif ended == "opened":
        open_board(opened)
    else:
        monkeypatch.setenv("HAM10000_ROOMS", "0")
    page = open_lab(opened, ann)
    assert "counts" in charts(page) and "test split" in text_of(page)
    assert "class-board" not in [button.key for button in page.button]


def open_board(opened: Opened) -> AppTest:
    page = unfolded(teacher(opened), "board")
    assert page.button(key="open-test").disabled
    page.checkbox(key="board-sure").check().run()
    return press(page, "Open the test figures")


def test_the_teacher_opens_the_test_figures_and_everybody_sees_them(opened: Opened, ann: Joined) -> None:
    press(open_lab(opened, ann), "Put on the class board")
    press(open_lab(opened, ann, protocol="Wrong: split by image"), "Put on the class board")
    page = unfolded(student(opened, ann), "board")
    assert charts(page)[-2:] == ["class-board", "flattery-board"]
    assert "leads on the validation split" in text_of(page) and "On the test split it reaches" not in text_of(page)
    page = open_board(opened)
    assert "On the test split it reaches" in text_of(page) and "The honest score is" in text_of(page)
    assert "open-test" not in [button.key for button in page.button]
    assert "On the test split it reaches" in text_of(unfolded(student(opened, ann), "board"))


def test_an_empty_board(opened: Opened, ann: Joined) -> None:
    text = text_of(unfolded(student(opened, ann), "board"))
    assert "Nobody has put a setting" in text and "Nobody has put a wrong protocol" in text


def test_the_teacher_sets_the_homework_and_moves_it(here: Classroom, opened: Opened, ann: Joined) -> None:
    assert "homework" not in [fold.label.lower() for fold in student(opened, ann).expander]
    page = press(unfolded(teacher(opened), "homework"), "Set this homework")
    until = teacher_room(here, opened.teacher).homework_until
    assert until and abs(until - clock.now() - timedelta(days=7)) < timedelta(minutes=2)
    page.date_input(key="deadline-day").set_value((clock.now() + timedelta(days=9)).date())
    page = press(page, "Move the deadline")
    moved = teacher_room(here, opened.teacher).homework_until
    assert moved and moved.date() == (clock.now() + timedelta(days=9)).date()
    page.date_input(key="deadline-day").set_value(clock.now().date())
    page.time_input(key="deadline-time").set_value(datetime(2026, 1, 1, 0, 0).time())
    assert "in the future" in errors(press(page, "Move the deadline"))[0]
    text = text_of(unfolded(student(opened, ann), "homework"))
    assert f"The deadline is {moved:%d %B %Y}" in text and "labels are public" in text and "no grade" in text


def hand_in(opened: Opened, joined: Joined, data: bytes) -> AppTest:
    page = unfolded(student(opened, joined), "homework")
    page.file_uploader[0].set_value(("<b>mine</b>.csv", data, "text/csv"))
    return checked(page.run())


@pytest.fixture(scope="module")
def predictions() -> bytes:
    rows = pd.read_csv(TRAINED_MODELS / "baseline_cnn" / "predictions.csv").query("split == 'test'")
    return rows.drop(columns=["group", "split", "dx"]).to_csv(index=False).encode()


def test_a_file_is_scored_on_the_public_half_and_at_the_deadline_on_the_private_one(
    here: Classroom, opened: Opened, ann: Joined, predictions: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = set_deadline(here, opened.teacher, clock.now() + timedelta(days=1))
    page = hand_in(opened, ann, predictions)
    (found,) = own_tries(here, room, ann.participant.id)
    assert not errors(page) and f"**{found.public.value:.3f} [" in text_of(page)
    assert charts(page) == ["homework-standings"] and list(page.table[0].value.columns) == ["Handed in", "Public half"]
    monkeypatch.setattr(homework, "now", lambda: clock.now() + timedelta(days=2))
    page = unfolded(student(opened, ann), "homework")
    assert "The deadline was" in text_of(page) and "on the private half" in text_of(page) and not page.file_uploader
    assert list(page.table[0].value.columns) == ["Handed in", "Public half", "Private half"]
    page = unfolded(teacher(opened), "homework")
    assert "on the private half" in text_of(page) and "deadline-day" not in [each.key for each in page.date_input]


def test_a_file_that_comes_just_too_late_is_told_why(
    here: Classroom, opened: Opened, ann: Joined, predictions: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_deadline(here, opened.teacher, clock.now() + timedelta(days=1))

    def late(*_: object) -> None:
        monkeypatch.setattr(homework, "now", lambda: clock.now() + timedelta(days=2))
        raise UserError("The deadline has passed.")

    monkeypatch.setattr("dashboard.views.classroom.homework.require_try", late)
    assert errors(hand_in(opened, ann, predictions)) == ["The deadline has passed."]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"image,label\nISIC_0000001,nv\n", "aren't in HAM10000"),
        (b"image,label\nISIC_0024308,nv\n", "no prediction for"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "csv"),
    ],
)
def test_a_file_that_cannot_be_scored_is_one_sentence_and_no_try(
    here: Classroom, opened: Opened, ann: Joined, data: bytes, message: str
) -> None:
    room = set_deadline(here, opened.teacher, clock.now() + timedelta(days=1))
    page = hand_in(opened, ann, data)
    assert message in errors(page)[0] and "<b>" not in errors(page)[0]
    assert own_tries(here, room, ann.participant.id) == []
