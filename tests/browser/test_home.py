"""The home page in Chromium."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.hands import tab_to
from tests.browser.views import VIEWS, assert_views, rerun, settle, visit

TITLE = "Can you trust a skin-cancer classifier?"
WAYS = {
    "Lesson": "lesson", "Class": "class", "Metadata": "metadata", "Splits and resampling": "splits",
    "Leaderboard": "leaderboard", "Classify an image": "classify", "Grad-CAM gallery": "gradcam",
}  # fmt: skip
"""Links in the tiles, and the path of the page that each leads to."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_views(browser: Browser, server: str, scheme: str) -> None:
    assert_views(browser, server, VIEWS[""], scheme)


def test_each_way_in_leads_to_its_page_by_the_keyboard(browser: Browser, server: str) -> None:
    with visit(browser, server) as page:
        for link, path in WAYS.items():
            way = page.get_by_test_id("stMain").get_by_role("link", name=link, exact=True)
            tab_to(page, way)
            expect(way).to_have_attribute("href", path)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1, name=link)).to_be_visible(timeout=30_000)
        settle(page)  # a page that is left too early asks for images that the server has dropped
        page.get_by_role("link", name="Home", exact=True).click()
        expect(page.get_by_role("heading", level=1, name=TITLE)).to_be_visible(timeout=30_000)
        settle(page)


def test_a_guess_is_revealed_by_the_keyboard(browser: Browser, server: str) -> None:
    with visit(browser, server) as page:
        tab_to(page, page.get_by_role("slider", name="Your guess"))
        with rerun(page):
            page.keyboard.press("ArrowRight")
        tab_to(page, page.get_by_role("button", name="Reveal"))
        with rerun(page):
            page.keyboard.press("Enter")
        expect(page.get_by_text("Your guess: 51%, 16 points too low.")).to_be_visible()


def test_the_lesson_starts_with_one_click(browser: Browser, server: str) -> None:
    with visit(browser, server) as page:
        page.get_by_role("button", name="Start the lesson").click()
        expect(page.get_by_role("heading", level=1, name="Always say “nevus”")).to_be_visible(timeout=30_000)
        settle(page)
