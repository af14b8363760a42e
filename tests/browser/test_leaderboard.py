"""A click, and a tap on a touch screen, on the confusion matrix opens that cell."""

import pytest
from playwright.sync_api import Browser, expect

from core.evaluation.cards import model_folders
from core.labels import NAMES


@pytest.mark.skipif(not model_folders(), reason="no trained model")
@pytest.mark.parametrize("touch", [False, True], ids=["click", "tap"])
def test_a_cell_of_the_confusion_matrix_opens(browser: Browser, server: str, touch: bool) -> None:
    size = {"width": 390, "height": 844} if touch else {"width": 1400, "height": 900}
    context = browser.new_context(viewport=size, has_touch=touch)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{server}/leaderboard")
    square = page.locator('path[aria-label*="Said by the model: vasc; True diagnosis: vasc"]')
    expect(square).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=60_000)
    (square.tap if touch else square.click)(force=True)  # the figure written into it lies on top
    expect(page.get_by_text("vascular lesions called vascular lesions")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("combobox", name="True diagnosis")).to_have_value(NAMES["vasc"])
    context.close()
