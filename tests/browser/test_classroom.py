"""A teacher and two students, one at a phone's width, play a short lesson together."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from core.lessons.step import OptionsGuess, SliderGuess
from core.lessons.steps import STEPS
from tests.browser.checks import assert_accessible
from tests.browser.hands import csv
from tests.browser.views import HEAR, PHONE, WIDE, assert_sound, rerun, visit
from tests.servers import free_port, start_server

SLOW = 30_000
"""Milliseconds for what comes by itself, on a busy machine."""


def press(page: Page, name: str) -> None:
    with rerun(page):
        page.get_by_role("button", name=name).click()


def assert_fit(page: Page, charts: int = 0) -> None:
    assert_sound(page, charts)
    assert_accessible(page)


def enter(phone: Page) -> None:
    press(phone, "Join")
    expect(phone.get_by_role("heading", name="You're in")).to_be_visible()


def guess(page: Page, sure: str, option: str = "", steps: int = 0) -> None:
    """Choose an option or move the slider from where it stands, then lock in."""
    if option:
        page.get_by_role("radiogroup").get_by_text(option, exact=True).click()
    else:
        slider = page.get_by_role("slider")
        slider.focus()
        ten, one = ("PageUp", "ArrowRight") if steps > 0 else ("PageDown", "ArrowLeft")
        for key in [ten] * (abs(steps) // 10) + [one] * (abs(steps) % 10):
            slider.press(key)
    expect(page.locator(".st-key-vote-action")).to_be_visible()  # at the end, and not over what is still to be chosen
    page.locator(".st-key-vote").get_by_text(sure, exact=True).click()
    expect(page.locator(".st-key-vote .st-key-lesson-action")).to_be_visible()
    press(page, "Lock in")
    expect(page.get_by_text("Wait for the others")).to_be_visible()


def test_a_short_lesson(browser: Browser, fresh_server: str) -> None:
    numbers, options = STEPS[0], next(step for step in STEPS if isinstance(step.guess, OptionsGuess))
    assert isinstance(numbers.guess, SliderGuess) and isinstance(options.guess, OptionsGuess)
    with ExitStack() as stack:
        teacher = stack.enter_context(visit(browser, f"{fresh_server}/class"))
        assert_fit(teacher)
        press(teacher, "Open a room")
        expect(teacher.get_by_role("heading", name="Waiting for the class")).to_be_visible()
        link = f"{fresh_server}/class?room={teacher.url.partition('lead=')[2]}"
        assert_fit(teacher)

        ann = stack.enter_context(visit(browser, link, PHONE))
        ben = stack.enter_context(visit(browser, link, WIDE, "dark"))
        assert_fit(ann)
        for student in (ann, ben):
            enter(student)
            assert_fit(student)
        press(ann, "Another nickname (3 left)")
        expect(ann.get_by_role("button", name="Another nickname (2 left)")).to_be_visible()
        expect(teacher.get_by_test_id("stMetricValue")).to_have_text("2", timeout=SLOW)

        press(teacher, "Start")
        for student in (ann, ben):
            expect(student.get_by_role("heading", name=numbers.title)).to_be_visible(timeout=SLOW)
            assert_fit(student)
        guess(ann, "Certain", steps=30)
        ann.reload()
        expect(ann.get_by_text("Wait for the others")).to_be_visible(timeout=SLOW)
        guess(ben, "Just guessing", steps=-10)
        expect(teacher.get_by_test_id("stMetricValue")).to_have_text("2 of 2", timeout=SLOW)

        press(teacher, "Stop and discuss")
        expect(ann.get_by_text("Discuss it")).to_be_visible(timeout=SLOW)
        press(teacher, "Second vote")
        expect(ann.get_by_role("slider")).to_have_value("80", timeout=SLOW)
        guess(ann, "Fairly sure", steps=-13)
        press(teacher, "Reveal")
        assert_fit(teacher, 1)
        for student, text in ((ann, "then 67% (fairly sure): close"), (ben, "40% (just guessing): not close")):
            expect(student.get_by_role("heading", name=text)).to_be_visible(timeout=SLOW)
            assert_fit(student)

        press(teacher, "Ask the check question")
        right = next(option for option in numbers.check.options if option.key == numbers.check.right)
        expect(ann.get_by_text(numbers.check.question)).to_be_visible(timeout=SLOW)
        assert_fit(ann)
        ann.get_by_role("radiogroup").get_by_text(right.text, exact=True).click()
        press(ann, "Lock in")
        press(teacher, "Show the answers")
        assert_fit(teacher, 2)
        expect(ann.get_by_text("(your answer)")).to_be_visible(timeout=SLOW)
        assert_fit(ann)

        press(teacher, "Next step")
        for student, option in zip((ann, ben), options.guess.options, strict=False):
            expect(student.get_by_role("heading", name=options.title)).to_be_visible(timeout=SLOW)
            assert_accessible(student)
            guess(student, "Fairly sure", option=option.text)
        press(teacher, "Reveal")
        assert_fit(teacher, 1)
        expect(ben.get_by_text("The answer is")).to_be_visible(timeout=SLOW)

        teacher.get_by_text("Results so far").click()
        rows = csv(teacher, f"class-{link[-8:]}")
        assert list(rows["step"]) == [numbers.key, options.key] * 2
        assert rows["first_guess"].tolist()[::2] == ["80.0", "40.0"] and rows["second_guess"][0] == 67
        teacher.set_viewport_size(PHONE)  # type: ignore[arg-type]
        assert_fit(teacher, 1)

        teacher.get_by_text("Secret link, closing").click()
        press(teacher, "Close the room")
        expect(ann.get_by_text("The room is closed")).to_be_visible(timeout=SLOW)
        press_delete(teacher)
        expect(ben.get_by_text("no longer in this room")).to_be_visible(timeout=SLOW)


def press_delete(teacher: Page) -> None:
    with rerun(teacher):
        teacher.get_by_text("I have saved the results").click()
    press(teacher, "Delete the room")
    expect(teacher.get_by_role("heading", name="Join a class")).to_be_visible()


@pytest.fixture
def state(tmp_path: Path) -> dict[str, str]:
    plain = {key: value for key, value in os.environ.items() if key != "HAM10000_DIR"}
    return plain | {"HAM10000_STATE": str(tmp_path / "state")}


@pytest.fixture
def restarting() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Servers to end after the test."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait(timeout=20)


def test_a_killed_server_loses_nobody(
    browser: Browser, tmp_path: Path, state: dict[str, str], restarting: list[subprocess.Popen[bytes]]
) -> None:
    port = free_port()
    server, url = start_server(tmp_path / "one.log", state, port=port)
    restarting.append(server)
    contexts = [browser.new_context(viewport=size) for size in (WIDE, PHONE)]  # type: ignore[arg-type]
    teacher, ann = (context.new_page() for context in contexts)
    for page in (teacher, ann):
        page.add_init_script(HEAR)
    teacher.goto(f"{url}/class")
    press(teacher, "Open a room")
    expect(teacher.get_by_role("heading", name="Waiting for the class")).to_be_visible()
    ann.goto(f"{url}/class?room={teacher.url.partition('lead=')[2]}")
    enter(ann)
    name = ann.get_by_text("Wait here until").locator("strong").inner_text()
    press(teacher, "Start")
    expect(ann.get_by_role("slider")).to_be_visible(timeout=SLOW)
    guess(ann, "Certain", steps=10)
    server.kill()
    server.wait(timeout=20)
    restarting.append(start_server(tmp_path / "two.log", state, port=port)[0])
    press_when_back(teacher)
    expect(ann.get_by_role("heading", name="You guessed 60% (certain)")).to_be_visible(timeout=SLOW)
    expect(ann.get_by_text(f"You are {name}")).to_be_visible()
    for context in contexts:
        context.close()


def press_when_back(teacher: Page) -> None:
    """Reveal as soon as the page is connected again: a click that comes too early is lost."""
    shown = teacher.get_by_role("heading", name="What the class guessed")
    button = teacher.get_by_role("button", name="Reveal")
    for _ in range(15):
        with suppress(PlaywrightTimeout):
            button.click(timeout=2_000)
        with suppress(PlaywrightTimeout):
            shown.wait_for(timeout=3_000)
            return
    raise AssertionError("the teacher's page did not come back")
