"""The static page that classifies in the browser: a plain server for it, and its modules driven from Python."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import numpy as np
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, expect

from tests.browser.views import PHONE, is_elsewhere

READY = "Ready: the model runs on this device."
START = """async name => {
    const script = document.querySelector('script[type=module]').src;
    const load = file => import(new URL(file, script));
    const [{Predictor}, {decode}] = await Promise.all([load('predictor.js'), load('image.js')]);
    const site = await (await fetch(new URL('site.json', script))).json();
    site.default = name ?? site.default;
    const predictor = await Predictor.start(site, new URL('.', location).href);
    await predictor.open(site.default);
    window.harness = {predictor, decode, site};
}"""
"""Opens a network in the page itself, beside the one in its worker."""
PREDICT = """async ([data, crop]) => {
    const {predictor, decode, site} = window.harness;
    const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
    const begin = performance.now();
    try {
        const image = await decode(new Blob([bytes]), site.limits);
        const {heatmaps, ...found} = await predictor.predict(predictor.crop(image, crop), site.default);
        const milliseconds = performance.now() - begin;
        const {rows, columns, data: heat} = heatmaps;
        return {...found, milliseconds, shape: [rows, columns, -1], heatmaps: Array.from(heat)};
    } catch (error) {
        if (!error.code) throw error;
        return {problem: error.code, values: error.values};
    }
}"""
WHOLE = {"size": 1, "across": 0.5, "down": 0.5}


class Asked(NamedTuple):
    """What a browser asked of `StaticSite`."""

    method: str
    path: str
    sent: int


class StaticSite:
    """A folder served by the plainest of servers, which notes every request.

    Attributes:
        url: Its address.
        requests: All that came, in order.
    """

    def __init__(self, folder: Path) -> None:
        """Start serving a folder."""
        self.requests: list[Asked] = []
        noted = self.requests

        class Handler(SimpleHTTPRequestHandler):
            extensions_map = SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

            def log_message(self, *_: object) -> None:
                noted.append(Asked(self.command, self.path, int(self.headers.get("content-length") or 0)))

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def visitor(
    browser: Browser, scheme: str = "light", viewport: dict[str, int] = PHONE, **options: Any
) -> Iterator[BrowserContext]:
    """A visitor with an empty cache, whose page may neither complain nor ask another host."""
    context = browser.new_context(viewport=viewport, color_scheme=scheme, **options)  # type: ignore[arg-type]
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda each: complaints.append(each.text) if each.type in ("error", "warning") else None)
    context.on("request", lambda request: complaints.append(request.url) if is_elsewhere(request.url) else None)
    try:
        yield context
    finally:
        context.close()
    assert complaints == []


def open_page(context: BrowserContext, url: str) -> Page:
    """Open the page and wait until it is ready."""
    page = context.new_page()
    page.goto(url)
    expect(page.locator("#status")).to_have_text(READY, timeout=60_000)
    return page


def classify(page: Page, *files: FilePayload) -> None:
    """Choose files one after the other, and wait until each has a prediction."""
    for file in files:
        before = page.locator("html").get_attribute("data-done")
        page.locator("#file").set_input_files(file)
        expect(page.locator("html")).not_to_have_attribute("data-done", before or "none", timeout=30_000)
        expect(page.locator("#result")).to_be_visible(timeout=30_000)


def until_kept(page: Page) -> None:
    """Wait until the service worker has kept all files."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


class Harness:
    """The page's own modules, asked from Python.

    Attributes:
        site: What the page knows.
        name: The network that is open.
    """

    def __init__(self, page: Page, name: str | None = None) -> None:
        """Open a network.

        Args:
            page: Open and ready.
            name: Default the page's own.
        """
        self._page = page
        page.evaluate(START, name)
        self.site: dict[str, Any] = page.evaluate("window.harness.site")
        self.name: str = self.site["default"]

    def predict(self, data: bytes, crop: dict[str, float] | None = None) -> dict[str, Any]:
        """What the page predicts of a file, or {"problem": code, "values": ...}."""
        found: dict[str, Any] = self._page.evaluate(PREDICT, [base64.b64encode(data).decode(), crop or WHOLE])
        if "problem" not in found:
            found["heatmaps"] = np.array(found["heatmaps"]).reshape(found.pop("shape"))
        return found
