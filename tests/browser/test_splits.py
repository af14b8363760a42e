"""The splits page in Chromium."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.hands import choose, csv, step
from tests.browser.views import CHARTS, VIEWS, assert_views, settle, visit

NUMBER = r"[\d,]+"


def figure(text: str, before: str) -> int:
    """The number that stands before some words."""
    return int(re.search(rf"({NUMBER}) ?{before}", text)[1].replace(",", ""))  # type: ignore[index]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("views", ["splits", "lab"])
def test_views(browser: Browser, server: str, views: str, scheme: str) -> None:
    assert_views(browser, server, VIEWS[views], scheme)


def test_another_figure_sorts_the_strategies_anew(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/splits") as page:
        expect(page.get_by_role("tab")).to_have_text(list(CHARTS["splits"]))
        chart = page.locator(".st-key-grid .xtitle")
        expect(chart).to_have_text("Balanced accuracy")
        title = page.get_by_role("heading", name="by strategy")
        sentence = page.get_by_text(re.compile(r"of \d+ strategies clearly")).first.inner_text()
        assert len(csv(page, "grid")) == 1 + figure(sentence, "strategies")  # the one more does nothing
        choose(page, "Metric", "Macro F1")
        expect(chart).to_have_text("Macro F1")
        expect(title).to_contain_text("Macro F1")


def test_another_strategy_trains_and_changes_the_rows(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/splits?show=Lab") as page:
        choose(page, "Strategy", "Random over-sampling")
        chart = page.locator(".st-key-counts [role=figure]").first
        expect(chart).to_have_attribute("aria-label", re.compile("copies"), timeout=60_000)
        settle(page)
        rows = figure(str(chart.get_attribute("aria-label")), ": .* are copies")
        counts = csv(page, "counts")
        assert counts[["kept", "copies"]].to_numpy().sum() == rows


def test_overlap_counts_lesions_too(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/splits?show=Split") as page:
        sentence = page.get_by_text(re.compile(r"of [\d,]+ test (images|lesions)")).first
        images = figure(sentence.inner_text(), "of")
        table = csv(page, "overlap_image")
        assert table.loc[table["dx"] == "all", "images_also_in_train"].item() == images
        step(page, "Count", "lesions")
        expect(sentence).to_contain_text("test lesions")
        assert figure(sentence.inner_text(), "of") < images
