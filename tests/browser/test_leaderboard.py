"""The leaderboard page in Chromium; its confusion matrix opens a cell by click, by tap and by keyboard."""

import json
import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.labels import NAMES
from core.store.folders import model_folders
from dashboard.caches.own_models import MARK
from dashboard.text.phrases import PLURALS, inside
from dashboard.views.leaderboard.add_predictions import EXAMPLE
from tests.browser import checks
from tests.browser.hands import assert_downloads_open, choose, csv, download, step, tab_to
from tests.browser.views import CHARTS, VIEWS, assert_views, rerun, settle, visit

pytestmark = pytest.mark.skipif(not model_folders(), reason="no trained model")
MODEL = "model=efficientnet_lite0"
A4 = 718
"""Pixels between margins of 1 cm."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_views(browser: Browser, server: str, scheme: str) -> None:
    assert_views(browser, server, VIEWS["leaderboard"], scheme)


def cell(page: Page, dx: str, predicted: str) -> Locator:
    return page.get_by_role("button", name=f"{NAMES[dx]} predicted as {inside(predicted)}: ")


@pytest.mark.parametrize("touch", [False, True], ids=["click", "tap"])
def test_a_cell_of_the_confusion_matrix_opens(browser: Browser, server: str, touch: bool) -> None:
    size = {"width": 390, "height": 844} if touch else {"width": 1400, "height": 900}
    context = browser.new_context(viewport=size, has_touch=touch)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{server}/leaderboard")
    for dx in ("vasc", "mel"):  # a tap must not pick the cell that was tapped before
        target = cell(page, dx, "vasc")
        expect(target).to_be_visible(timeout=60_000)
        settle(page)
        (target.tap if touch else target.click)()
        expect(page.get_by_text(f"{PLURALS[dx]} predicted as vascular lesions, most")).to_be_visible(timeout=30_000)
        expect(page.get_by_role("combobox", name="True")).to_have_value(NAMES[dx])
        expect(target).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile("cell-true=.*cell-predicted="))
    page.goto(page.url)
    expect(cell(page, "mel", "vasc")).to_have_attribute("aria-pressed", "true", timeout=30_000)
    context.close()


def test_the_keyboard_opens_a_cell_too(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/leaderboard?{MODEL}") as page:
        choose(page, "True", NAMES["vasc"])
        choose(page, "Predicted", NAMES["vasc"])
        expect(page.get_by_text("vascular lesions predicted as vascular lesions, most")).to_be_visible()
        sizes = csv(page, "confusion")
        images = sizes.query("dx == 'vasc' and predicted == 'vasc'")["images"].item()
        expect(page.get_by_text(f"{images} images of")).to_be_visible()


def test_the_arrow_keys_move_in_the_matrix_which_is_one_stop_for_tab(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/leaderboard?{MODEL}") as page:
        with rerun(page):
            page.get_by_text("Mistakes only").click()
        cell(page, "bcc", "akiec").focus()
        with rerun(page):
            page.keyboard.press("ArrowRight")  # over the cell of those that are right, which is left out
            page.keyboard.press("Enter")
        expect(page.get_by_text(f"{PLURALS['bcc']} predicted as {PLURALS['bkl']}, most").first).to_be_visible()
        expect(cell(page, "bcc", "bkl")).to_be_focused()
        assert page.locator("[data-at][tabindex='0']").count() == 1


def test_a_visitors_predictions_become_a_model(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/leaderboard?table-fold=true") as page:
        with rerun(page):
            page.locator("summary", has_text="Add your predictions").click()
        example = download(page, page.locator(".st-key-download-example_predictions").get_by_role("button"))
        own = f"{example.stem}{MARK}"
        with rerun(page):
            page.locator("input[type=file]").set_input_files(example)
        expect(page.get_by_text(f"{own}: balanced accuracy")).to_be_visible(timeout=60_000)
        settle(page)
        board = csv(page, "leaderboard").set_index("name")
        assert board.loc[own, "accuracy"] == board.loc[EXAMPLE, "accuracy"]
        choose(page, "Model", own)
        checks.assert_accessible(page)
        with rerun(page):
            page.get_by_role("button", name="Remove").click()
        assert own not in csv(page, "leaderboard")["name"].tolist()


def test_another_metric_is_drawn_of_the_same_best_model(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/leaderboard?table-fold=true") as page:
        expect(page.get_by_role("tab")).to_have_text([*CHARTS["leaderboard"]])
        forest = page.locator(".st-key-forest [role=figure]")
        board = csv(page, "leaderboard").set_index("name")
        best = board.loc[board["validation_score"].idxmax()]
        expect(forest).to_have_attribute(
            "aria-label", re.compile(rf"On the test split its balanced accuracy is {best['balanced_accuracy']:.3f} ")
        )
        page.emulate_media(media="print")
        charts = page.locator(checks.CHARTS).evaluate_all("all => all.map(e => e.getBoundingClientRect().width)")
        assert charts and max(charts) <= A4, "cut off on paper"
        page.emulate_media(media="null")
        choose(page, "Metric", "Accuracy")
        expect(forest).to_have_attribute(
            "aria-label", re.compile(rf"On the test split its accuracy is {best['accuracy']:.3f} ")
        )


def test_operating_point_and_threshold_change_what_is_found(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/leaderboard?{MODEL}&show=Threshold") as page:
        chart = page.locator(".st-key-two-by-two [role=figure]")
        before = chart.get_attribute("aria-label")
        tab_to(page, page.get_by_role("slider", name=re.compile("^Threshold")))
        page.keyboard.press("ArrowRight")
        expect(chart).not_to_have_attribute("aria-label", str(before))
        page.get_by_role("tab", name="By diagnosis").click()
        report = page.locator(".st-key-report [role=figure]")
        before = report.get_attribute("aria-label")
        step(page, "Operating point", "Accuracy")
        expect(report).not_to_have_attribute("aria-label", str(before))


def test_the_card_is_the_models(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/leaderboard?{MODEL}&show=Card") as page:
        card = json.loads(download(page, page.get_by_role("button", name="card.json")).read_text())
        with rerun(page):
            page.locator("summary", has_text="Complete card").click()
        expect(page.get_by_test_id("stCode")).to_contain_text(f'"parameters": {card["parameters"]},')
        expect(page.get_by_text(f"Parameters: {card['parameters']:,}")).to_be_visible()
        assert_downloads_open(page)
