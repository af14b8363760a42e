"""Each page as a server's first request, and with the dataset."""

import pytest
from playwright.sync_api import Browser, expect

from dashboard import navigation
from tests.browser.checks import NAMELESS
from tests.browser.views import PHONE, VIEWS, WIDE, assert_sound, visit

PATHS = [path for path, *_ in navigation.PAGES.values()]
IMAGES = {"metadata": "metadata?show=Images", "splits": "splits?show=Split"}
"""Where something depends on whether images are installed, if not in a page's first view."""


@pytest.mark.parametrize("path", PATHS)
def test_a_deep_link_may_be_a_servers_first_request(browser: Browser, fresh_server: str, path: str) -> None:
    charts = VIEWS[path][0].charts if path in VIEWS else 0
    scheme = "light" if PATHS.index(path) % 2 else "dark"
    with visit(browser, f"{fresh_server}/{path}", PHONE, scheme) as page:
        assert_sound(page, charts)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        assert_sound(page, charts)


@pytest.mark.parametrize("address", [IMAGES.get(path, path) for path in PATHS])
def test_with_the_dataset(browser: Browser, server_with_data: str, address: str) -> None:
    with visit(browser, f"{server_with_data}/{address}") as page:
        assert_sound(page)
        assert page.evaluate(NAMELESS) == []
