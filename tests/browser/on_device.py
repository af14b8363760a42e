"""The static page that classifies in the browser: its modules driven from Python, image by image."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, expect

from tests.browser.views import PHONE, is_elsewhere

START = """async name => {
    const script = document.querySelector('script[type=module]').src;
    const load = file => import(new URL(file, script));
    const [{Predictor}, {decode}] = await Promise.all([load('predictor.js'), load('image.js')]);
    const site = await (await fetch(new URL('site.json', script))).json();
    const base = new URL('.', location).href;
    const predictor = await Predictor.start({...site, default: name ?? site.default}, base);
    await predictor.open(name ?? site.default);
    window.harness = {predictor, decode, site, name: name ?? site.default};
}"""
"""Opens a network in the page itself, beside the one in its worker."""
PREDICT = """async ([data, crop]) => {
    const {predictor, decode, site, name} = window.harness;
    const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
    const begin = performance.now();
    try {
        const image = await decode(new Blob([bytes]), site.limits);
        const part = predictor.crop(image, crop);
        const {heatmaps, ...found} = await predictor.predict(part, name);
        const shape = [heatmaps.rows, heatmaps.columns, -1];
        return {...found, shape, heatmaps: Array.from(heatmaps.data), milliseconds: performance.now() - begin};
    } catch (error) {
        if (!error.code) throw error;
        return {problem: error.code, values: error.values};
    }
}"""
WHOLE = {"size": 1, "across": 0.5, "down": 0.5}


@contextmanager
def context_of(browser: Browser, scheme: str = "light", viewport: dict[str, int] = PHONE) -> Iterator[BrowserContext]:
    """A visitor with an empty cache, whose page may neither complain nor ask another host."""
    context = browser.new_context(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda each: complaints.append(each.text) if each.type in ("error", "warning") else None)
    context.on("request", lambda request: complaints.append(request.url) if is_elsewhere(request.url) else None)
    yield context
    context.close()
    assert not complaints


def open_page(context: BrowserContext, url: str) -> Page:
    """Open the page and wait until it is ready."""
    page = context.new_page()
    page.goto(url)
    wait_until_ready(page)
    return page


def wait_until_ready(page: Page) -> None:
    expect(page.get_by_role("status").first).to_have_text("Ready: the model runs on this device.", timeout=60_000)


def classify(page: Page, file: FilePayload) -> None:
    """Choose a file and wait for what the page makes of it."""
    page.locator("#file").set_input_files(file)
    expect(page.locator("#result").or_(page.locator("#problem")).filter(visible=True).first).to_be_visible(
        timeout=30_000
    )


class Harness:
    """The page's own modules, asked from Python."""

    def __init__(self, page: Page, name: str | None = None) -> None:
        """Open a network.

        Args:
            page: Open and ready.
            name: Default the page's own.
        """
        self._page = page
        page.evaluate(START, name)
        self.name: str = page.evaluate("window.harness.name")
        self.site: dict[str, Any] = page.evaluate("window.harness.site")

    def predict(self, data: bytes, crop: dict[str, float] | None = None) -> dict[str, Any]:
        """What the page predicts of a file, or {"problem": code, "values": ...}."""
        found: dict[str, Any] = self._page.evaluate(PREDICT, [base64.b64encode(data).decode(), crop or WHOLE])
        if "problem" not in found:
            found["heatmaps"] = np.array(found["heatmaps"]).reshape(found.pop("shape"))
        return found


def path_of(url: str) -> str:
    return Path(urlsplit(url).path).name
