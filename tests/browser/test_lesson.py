"""The lesson in Chromium: a whole step on a phone, by touch and by keyboard, fit for everybody."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.checks import assert_accessible
from tests.browser.hands import assert_downloads_open, tab_to
from tests.browser.views import PHONE, VIEWS, assert_sound, assert_views, rerun, visit

SMALL = """() => [...document.querySelectorAll(
        ['button', 'a', '[role=radiogroup] label', '[data-testid=stSelectbox] [role=group]']
        .map(each => `.st-key-lesson ${each}`).join())]
    .filter(e => e.checkVisibility() && e.closest('.st-key-lesson') && !e.closest('[data-testid=stTooltipIcon]'))
    .map(e => [e.innerText || e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
    .filter(([, box]) => box.height < 43.5).map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""
"""What is tapped in the lesson and is less than 44 pixels high."""
BOX = "e => { const {top, bottom, height} = e.getBoundingClientRect(); return {top, bottom, height} }"


def box_of(page: Page, selector: str) -> dict[str, Any]:
    found: dict[str, Any] = page.locator(selector).first.evaluate(BOX)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_views(browser: Browser, server: str, scheme: str) -> None:
    assert_views(browser, server, VIEWS["lesson"], scheme)


def test_a_whole_step_on_a_phone(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/lesson?step=copies", PHONE) as page:
        lock = page.get_by_role("button", name="Lock in and run")
        expect(lock).to_be_disabled()
        assert_sound(page, 1)
        assert box_of(page, ".st-key-lesson-chart")["height"] <= 300
        with rerun(page):
            page.get_by_text("It falls").click()
        expect(lock).to_be_enabled()
        expect(lock).to_be_in_viewport(ratio=1)
        assert page.evaluate(SMALL) == []
        assert_accessible(page)
        with rerun(page):
            lock.click()
        expect(page.get_by_text("Your guess: It falls. That's right.")).to_be_visible()
        expect(page.get_by_role("button", name="Next")).to_be_in_viewport(ratio=1)
        with rerun(page):
            page.get_by_text("How much a mistake on a rare diagnosis counts").click()
        expect(page.get_by_text("Right. If an image is used twenty times")).to_be_visible()
        assert_sound(page, 1)
        assert page.evaluate(SMALL) == []
        assert_accessible(page)
        with rerun(page):
            page.get_by_role("button", name="Next").click()
        expect(page.get_by_role("heading", level=1, name="Where does SMOTE put it?")).to_be_visible()
        expect(page).to_have_url(re.compile(r"\?step=smote_point&done=copies~down~"))


def test_a_step_by_the_keyboard_and_a_change_that_trains(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/lesson?step=threshold") as page:
        tab_to(page, page.get_by_role("slider", name="Your guess"))
        with rerun(page):
            page.keyboard.press("ArrowRight")
        tab_to(page, page.get_by_role("button", name="Lock in and run"))
        with rerun(page):
            page.keyboard.press("Enter")
        before = page.get_by_text("The moved threshold reaches").inner_text()
        tab_to(page, page.get_by_role("combobox", name="How far the threshold is moved"))
        page.keyboard.type("Half way")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Your guess was about “All the way”.")).to_be_visible(timeout=120_000)
        expect(page.get_by_text("The moved threshold reaches")).not_to_have_text(before, timeout=120_000)


def test_the_teachers_papers_open(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/lesson?step=cat") as page:
        with rerun(page):
            page.get_by_text("For teachers").click()
        expect(page.get_by_text("What many believe.")).to_be_visible()
        assert_accessible(page)
        assert_downloads_open(page)
