"""The Grad-CAM page in Chromium."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.checks import assert_drawn, axe_findings
from tests.browser.hands import assert_downloads_open, choose, csv, step, tab_to
from tests.browser.views import CHARTS, VIEWS, assert_views, settle, visit

MODEL = "model=efficientnet_lite0"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_views(browser: Browser, server: str, scheme: str) -> None:
    assert_views(browser, server, VIEWS["gradcam"], scheme)


def counted(page: Page) -> list[int]:
    """Count the images shown, of how many, right and wrong."""
    text = page.get_by_text("the model is right on").inner_text()
    return [int(n) for n in re.findall(r"\d+", text.replace(",", ""))]


def test_the_gallery_keeps_what_is_wrong(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/gradcam?{MODEL}") as page:
        expect(page.get_by_role("tab")).to_have_text(list(CHARTS["gradcam"]))
        everything = counted(page)
        step(page, "Prediction", "Wrong")
        shown, total, right, wrong = counted(page)
        assert (shown, right, wrong) == (everything[3], 0, everything[3])
        assert total == everything[1]
        page.locator("summary", has_text="Table of these images").click()
        table = csv(page, "gallery_efficientnet_lite0")
        assert len(table) == shown
        assert not table["right"].any()


def test_a_image_opens_large_and_closes_by_the_keyboard(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/gradcam?{MODEL}") as page:
        tab_to(page, page.get_by_test_id("stMain").get_by_role("button", name="Open", exact=True).last)
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("figure")).to_be_visible(timeout=30_000)
        settle(page)
        assert_drawn(page, 1)
        assert axe_findings(page) == set()
        image = dialog.get_by_role("img", name=re.compile("heatmap of")).first
        before = image.get_attribute("alt")
        choose(page, "Heatmap for", "Vascular lesion")
        expect(image).not_to_have_attribute("alt", str(before))
        stage, heat = dialog.get_by_role("group", name=re.compile("hold H")), dialog.locator(".layers img").last
        box = stage.bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        expect(heat).to_be_hidden()
        page.mouse.up()
        expect(heat).to_be_visible()
        stage.focus()
        page.keyboard.down("h")
        expect(heat).to_be_hidden()
        page.keyboard.up("h")
        expect(heat).to_be_visible()
        dialog.get_by_role("button", name="Zoom in").click()
        expect(dialog.locator("output")).to_have_text("150%")
        expect(page).to_have_url(re.compile("open-image="))
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(page).not_to_have_url(re.compile("open-image="))


def test_a_finger_on_the_image_hides_the_heatmap_until_it_is_lifted(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/gradcam?{MODEL}") as page:
        page.get_by_test_id("stMain").get_by_role("button", name="Open", exact=True).last.click()
        dialog = page.get_by_role("dialog")
        stage, heat = dialog.locator(".stage"), dialog.locator(".layers img").last
        expect(heat).to_be_visible(timeout=30_000)
        finger = {
            "pointerId": 7,
            "pointerType": "touch",
            "isPrimary": True,
            "bubbles": True,
            "clientX": 9,
            "clientY": 9,
        }
        stage.evaluate("stage => { stage.setPointerCapture = () => {}; }")  # a made-up finger can't be captured
        stage.dispatch_event("pointerdown", finger)
        expect(heat).to_be_hidden()
        stage.dispatch_event("pointerup", finger)
        expect(heat).to_be_visible()


def test_two_fingers_zoom_the_image_and_leave_page_and_heatmap(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/gradcam?{MODEL}") as page:
        page.get_by_test_id("stMain").get_by_role("button", name="Open", exact=True).last.click()
        dialog = page.get_by_role("dialog")
        stage, heat, scale = dialog.locator(".stage"), dialog.locator(".layers img").last, dialog.locator("output")
        expect(heat).to_be_visible(timeout=30_000)
        settle(page)
        stage.scroll_into_view_if_needed()
        box, hands = stage.bounding_box(), page.context.new_cdp_session(page)
        assert box
        hands.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})

        def touch(kind: str, *apart: float) -> None:
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            points = [{"x": x + side, "y": y + side / 2, "id": finger} for finger, side in enumerate(apart)]
            hands.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", -20)
        expect(heat).to_be_hidden()
        touch("touchStart", -20, 20)
        expect(heat).to_be_visible()
        for side in (30, 40, 50, 60):
            touch("touchMove", -side, side)
        expect(scale).to_have_text("300%")
        expect(heat).to_be_visible()
        for side in (50, 30):
            touch("touchMove", -side, side)
        expect(scale).to_have_text("150%")
        touch("touchEnd")
        expect(heat).to_be_visible()
        expect(scale).to_have_text("150%")
        assert page.evaluate("visualViewport.scale") == 1
        hands.detach()


def test_another_pair_another_score(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/gradcam?{MODEL}&view=Right%20and%20wrong") as page:
        images = page.get_by_role("img", name=re.compile("heatmap of"))
        before = images.first.get_attribute("alt")
        tab_to(page, page.get_by_role("button", name="Another pair"))
        page.keyboard.press("Enter")
        expect(images.first).not_to_have_attribute("alt", str(before))


def test_scores_follow_the_score(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/gradcam?{MODEL}&view=Scores") as page:
        axis = page.locator(".st-key-cam-fits .xtitle")
        expect(axis).not_to_contain_text("Hottest point")
        step(page, "Metric", "Hottest point")
        expect(axis).to_contain_text("Hottest point")
        assert_downloads_open(page)
