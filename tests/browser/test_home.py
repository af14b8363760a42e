"""The home page in Chromium."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.hands import assert_downloads_open, csv, tab_to
from tests.browser.views import VIEWS, assert_views, settle, visit

WAYS = {
    "Metadata": "Metadata", "Splits and resampling": "Splits and resampling", "Leaderboard": "Leaderboard",
    "Classify an image": "Classify an image", "Grad-CAM gallery": "Grad-CAM gallery",
}  # fmt: skip
"""Links in the three ways, and the heading of the page that each leads to."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_views(browser: Browser, server: str, scheme: str) -> None:
    assert_views(browser, server, VIEWS[""], scheme)


def test_each_way_in_leads_to_its_page_by_the_keyboard(browser: Browser, server: str) -> None:
    with visit(browser, server) as page:
        for link, heading in WAYS.items():
            tab_to(page, page.get_by_test_id("stMain").get_by_role("link", name=link, exact=True))
            page.keyboard.press("Enter")
            expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible(timeout=30_000)
            settle(page)  # a page that is left too early asks for images that the server has dropped
            page.go_back()
            expect(page.get_by_role("heading", level=1, name="HAM10000 lab")).to_be_visible(timeout=30_000)
            settle(page)


def test_the_table_holds_what_the_chart_shows(browser: Browser, server: str) -> None:
    with visit(browser, server) as page:
        chart = page.locator(".st-key-imbalance .js-plotly-plot")
        expect(chart).to_be_visible()
        shown = chart.evaluate("plot => Array.from(plot._fullData[0].x)")
        assert sorted(csv(page, "imbalance")["images"]) == sorted(shown)
        assert_downloads_open(page)
