"""What a public upload page meets: too large a file, a hostile name, a fault in the code, traces on disk."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest
import urllib3
from playwright.sync_api import Browser, Page, expect

from core.synthetic.lesions import sample_lesion
from tests.servers import start_server

HOSTILE = "../../x<b id=evil>bold</b><img src=x onerror=alert(1)>.png"


class Watched(NamedTuple):
    url: str
    log: Path
    temporary: Path


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A server whose log and temporary files a test can read."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "tmp").mkdir()
    plain = {key: value for key, value in os.environ.items() if key != "HAM10000_DIR"}
    server, url = start_server(folder / "log", plain | {"TMPDIR": str(folder / "tmp")})
    yield Watched(url, folder / "log", folder / "tmp")
    server.terminate()
    server.wait(timeout=20)


def png() -> bytes:
    _, data = cv2.imencode(".png", np.ascontiguousarray(sample_lesion("mel", 1).image[..., ::-1]))
    return bytes(data.tobytes())


def upload(page: Page, name: str, data: bytes) -> None:
    file = {"name": name, "mimeType": "image/png", "buffer": data}
    page.locator('input[type="file"]').first.set_input_files(file)  # type: ignore[arg-type]


def test_too_many_megabytes_get_413_and_the_app_still_answers(browser: Browser, watched: Watched) -> None:
    page = browser.new_page()
    page.goto(f"{watched.url}/classify")
    with page.expect_request(lambda request: "upload_file" in request.url and request.method == "PUT") as sent:
        upload(page, "spot.png", png())
    headers = {key: value for key, value in sent.value.headers.items() if "xsrf" in key.lower()}
    headers["cookie"] = "; ".join(f"{each['name']}={each['value']}" for each in page.context.cookies())
    large = {"file": ("large.png", bytes(41 * 2**20), "image/png")}
    assert urllib3.request("PUT", sent.value.url, fields=large, headers=headers).status == 413
    expect(page.get_by_text("not a medical device")).to_be_visible(timeout=60_000)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=60_000)
    page.close()


def test_a_hostile_name_is_text_and_leaves_no_trace(browser: Browser, watched: Watched) -> None:
    before = watched.log.read_bytes()
    page = browser.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(f"{watched.url}/classify")
    upload(page, HOSTILE, png())
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=60_000)
    assert page.locator("#evil").count() == 0
    assert page.locator('img[src="x"]').count() == 0
    assert not dialogs
    page.close()
    assert b"bold" not in watched.log.read_bytes()[len(before) :]
    assert not [path for path in watched.temporary.rglob("*") if path.is_file()]


def test_a_fault_in_the_code_shows_no_path_type_or_message(browser: Browser, tmp_path: Path) -> None:
    script = tmp_path / "faulty.py"
    script.write_text('import streamlit as st\nst.title("Up")\nraise ValueError("secret at /srv/models/key.pem")\n')
    server, url = start_server(tmp_path / "log", dict(os.environ), str(script))
    page = browser.new_page()
    page.goto(url)
    expect(page.get_by_role("heading", name="Up")).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stException")).to_be_visible(timeout=30_000)
    shown = page.content()
    page.close()
    server.terminate()
    server.wait(timeout=20)
    assert not [word for word in ("secret", "ValueError", "faulty.py", "key.pem", "Traceback") if word in shown]
