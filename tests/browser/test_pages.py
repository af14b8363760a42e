"""Each page in Chromium, by deep link: no error, the notice, pictures drawn, no sideways scroll."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from core.data.phantoms import sample_phantom
from dashboard import pages

PAGES = [path for path, *_ in pages.PAGES.values()]
CHART_PAGES = ("", "metadata", "splits", "leaderboard")
PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1400, "height": 900}
ERRORS = '[data-testid="stException"], [data-testid="stAlertContentError"]'


def is_ours(message: ConsoleMessage) -> bool:
    """An error, but not of Streamlit's own search for its base path, which a deep link makes it begin too deep."""
    return message.type == "error" and "/_stcore/" not in message.location["url"]


def is_elsewhere(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https", "ws", "wss") and urlsplit(url).hostname != "127.0.0.1"


@contextmanager
def visit(browser: Browser, url: str, viewport: dict[str, int] = WIDE, scheme: str = "light") -> Iterator[Page]:
    """Open a page, wait until its script has run; afterwards the console must be clean and no other host asked."""
    context = browser.new_context(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if is_ours(message) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if is_elsewhere(request.url) else None)
    page.goto(url)
    settle(page)
    yield page
    context.close()
    assert not complaints


def settle(page: Page) -> None:
    """Wait until the first script run is over: the notice is the last thing it writes."""
    expect(page.get_by_text("not a medical device")).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=60_000)


def assert_sound(page: Page) -> None:
    assert page.locator(ERRORS).count() == 0, page.locator(ERRORS).all_inner_texts()
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    main = page.evaluate(
        "(() => {const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth})()"
    )
    assert main <= 0


@pytest.mark.parametrize("path", PAGES)
def test_a_deep_link_may_be_a_servers_first_request(browser: Browser, fresh_server: str, path: str) -> None:
    with visit(browser, f"{fresh_server}/{path}") as page:
        assert_sound(page)
        expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("path", PAGES)
def test_light_and_dark_wide_and_narrow(browser: Browser, server: str, path: str, viewport: dict[str, int]) -> None:
    for scheme in ("light", "dark"):
        with visit(browser, f"{server}/{path}", viewport, scheme) as page:
            assert_sound(page)


@pytest.mark.parametrize("path", PAGES)
def test_with_the_dataset(browser: Browser, server_with_data: str, path: str) -> None:
    with visit(browser, f"{server_with_data}/{path}") as page:
        assert_sound(page)


@pytest.mark.parametrize("path", CHART_PAGES)
def test_charts_have_marks(browser: Browser, server: str, path: str) -> None:
    with visit(browser, f"{server}/{path}") as page:
        plot = page.locator(".js-plotly-plot").first
        expect(plot).to_be_visible(timeout=30_000)
        marks = plot.locator(".point, .points path, .trace path, .bars path, .hm image")
        expect(marks.first).to_be_attached(timeout=30_000)


def test_an_uploaded_picture_is_answered_with_a_heatmap(browser: Browser, server: str) -> None:
    image = sample_phantom("mel", 1).image
    _, data = cv2.imencode(".png", np.ascontiguousarray(image[..., ::-1]))
    with visit(browser, f"{server}/classify") as page:
        upload = {"name": "lesion.png", "mimeType": "image/png", "buffer": data.tobytes()}
        page.locator('input[type="file"]').first.set_input_files(upload)  # type: ignore[arg-type]
        expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=60_000)
        expect(page.get_by_alt_text("under the heatmap")).to_be_visible()
        assert_sound(page)


def test_a_text_file_named_jpg_gets_one_sentence(browser: Browser, server: str) -> None:
    with visit(browser, f"{server}/classify") as page:
        upload = {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture at all"}
        page.locator('input[type="file"]').first.set_input_files(upload)  # type: ignore[arg-type]
        alert = page.get_by_test_id("stAlert").filter(has_text="nsupported")
        expect(alert).to_be_visible(timeout=30_000)
        assert "Traceback" not in page.content()
