"""Inside another site's page, and over plain http: the page says what the browser forbids, and what to do."""

import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import CHROMIUM_FLAGS, headless_path
from tests.servers import start_server

NAME = "lab.example"
WAIT = 60_000


@pytest.fixture(scope="module")
def framed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of an app that is reached by two names, which are two sites to a browser."""
    plain = {key: value for key, value in os.environ.items() if key != "HAM10000_DIR"}
    server, url = start_server(
        tmp_path_factory.mktemp("access") / "log", plain | {"STREAMLIT_BROWSER_SERVER_ADDRESS": NAME}
    )
    yield int(url.rsplit(":", 1)[1])
    server.terminate()
    server.wait(timeout=20)


@pytest.fixture
def other_site(tmp_path: Path, framed: int) -> Iterator[str]:
    """A page at 127.0.0.1 that shows the app at localhost in a frame."""
    (tmp_path / "index.html").write_text(
        f"<iframe src='http://localhost:{framed}/classify' width=1000 height=900></iframe>"
    )
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}/"
        http.shutdown()


def test_inside_another_site_uploads_are_explained_and_examples_work(browser: Browser, other_site: str) -> None:
    page = browser.new_page()
    page.goto(other_site)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("Files can't be uploaded here")).to_be_visible(timeout=WAIT)
    expect(frame.get_by_role("link", name="Open in a new tab")).to_be_visible()
    assert not frame.locator("input[type=file]").count()
    frame.get_by_role("button", name="Melanoma", exact=True).click()
    expect(frame.get_by_text("It was drawn as")).to_be_visible(timeout=WAIT)
    page.close()


def test_in_a_tab_of_its_own_files_and_the_camera_are_offered(browser: Browser, framed: int) -> None:
    page = browser.new_page()
    page.goto(f"http://localhost:{framed}/classify")
    expect(page.locator("input[type=file]")).to_be_attached(timeout=WAIT)
    expect(page.get_by_text("can't be uploaded here")).to_have_count(0)
    page.goto(f"http://localhost:{framed}/classify?source=Camera")
    page.get_by_role("button", name="Open the camera").click(timeout=WAIT)
    expect(page.get_by_test_id("stCameraInput")).to_be_visible(timeout=WAIT)
    page.close()


def test_over_plain_http_the_camera_is_explained(browser: Browser, framed: int) -> None:
    path = headless_path(SimpleNamespace(chromium=browser.browser_type))  # type: ignore[arg-type]
    flags = [*CHROMIUM_FLAGS, f"--host-resolver-rules=MAP {NAME} 127.0.0.1"]  # to the browser, another machine
    with browser.browser_type.launch(executable_path=path, args=flags) as elsewhere:
        page = elsewhere.new_page()
        page.goto(f"http://{NAME}:{framed}/classify?source=Camera")
        expect(page.get_by_text("browsers allow it only over https")).to_be_visible(timeout=WAIT)
        assert not page.get_by_test_id("stCameraInput").count()
        page.goto(f"http://{NAME}:{framed}/classify")
        expect(page.locator("input[type=file]")).to_be_attached(timeout=WAIT)
