"""The metadata page in Chromium."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from core.data.summary import load_counts
from tests.browser.checks import axe_findings
from tests.browser.hands import assert_downloads_open, csv, step, tab_to
from tests.browser.views import CHARTS, VIEWS, assert_views, visit


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_views(browser: Browser, server: str, scheme: str) -> None:
    assert_views(browser, server, VIEWS["metadata"], scheme)


def test_a_theme_that_changes_reaches_the_charts(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/metadata") as page:
        label, title = page.locator(".st-key-dx_counts .ytick text").first, page.locator("h1")
        for scheme in ("light", "dark", "light"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            dark = scheme == "dark"
            expect(title).to_have_css("color", "rgb(230, 235, 240)" if dark else "rgb(16, 24, 32)")
            expect(label).to_have_css("fill", "rgb(250, 250, 250)" if dark else "rgb(38, 39, 48)")


def test_unit_scale_and_filter_change_what_is_shown(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/metadata") as page:
        expect(page.get_by_role("tab")).to_have_text(list(CHARTS["metadata"]))
        chart = page.locator(".st-key-dx_counts [role=figure]")
        expect(chart).to_have_attribute("aria-label", re.compile("images of melanocytic nevi"))
        step(page, "Count", "lesions")
        expect(chart).to_have_attribute("aria-label", re.compile("lesions of melanocytic nevi"))
        step(page, "Scale", "log")
        expect(page.locator(".st-key-dx_counts .xtitle")).to_have_text("lesions, log scale")
        pick_melanoma(page)
        n = load_counts().query("dx == 'mel'")[["images", "lesions"]].sum()
        expect(page.get_by_text(re.compile("^Showing"))).to_contain_text(f"{n['images']:,} of")
        assert csv(page, "dx_counts")["lesions"].tolist() == [n["lesions"]]
        assert_downloads_open(page)


def pick_melanoma(page: Page) -> None:
    """In the filter's pop-over, by the keyboard, which must be as accessible open as the page is."""
    tab_to(page, page.get_by_role("button", name="Diagnosis", exact=True))
    page.keyboard.press("Enter")
    melanoma = page.get_by_role("button", name="mel: Melanoma")
    expect(melanoma).to_be_visible()
    assert axe_findings(page) == set()
    step(page, "Diagnosis (none picked: all)", "mel: Melanoma")
    page.keyboard.press("Escape")
    expect(melanoma).to_be_hidden()


def test_cleaning_names_what_it_filled_in(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/metadata?show=Unknown%20values") as page:
        tab_to(page, page.get_by_role("button", name="Cleaning", exact=True))
        page.keyboard.press("Enter")
        page.get_by_text("Missing age: use the median").click()
        expect(page.get_by_text("Filled in before counting: the age of")).to_be_visible()
