"""What a visitor does: with the keyboard alone, and with files."""

import json
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from playwright.sync_api import FilePayload, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from core.synthetic.lesions import sample_lesion
from tests.browser.checks import AT_REST
from tests.browser.views import rerun, settle

COUNT_CLICKS = "e => { window.clicked = 0; e.addEventListener('click', () => { window.clicked += 1 }) }"
CLICKED = """() => ({
    clicks: window.clicked, state: document.querySelector('[data-testid=stApp]').dataset.testScriptState,
    buttons: [...document.querySelectorAll('[data-testid=stDownloadButton]')].map(e => e.innerText),
})"""
"""What to know when a download does not come: whether the click did, and what the buttons show instead."""
STOPS = 120
"""More tab stops than any page has before its main controls."""


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the focus is on the target, or in it."""
    expect(target.first).to_be_visible(timeout=30_000)
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        if target.first.evaluate("e => e.contains(document.activeElement)"):
            return
    raise AssertionError(f"not reached with {STOPS} presses of Tab: {target}")


def choose(page: Page, label: str, option: str) -> None:
    """Pick an option of a select box by its first letters, from the keyboard."""
    tab_to(page, page.get_by_role("combobox", name=label, exact=True).first)
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(option)
    expect(page.get_by_role("option", name=option).first).to_be_visible()
    with rerun(page):
        page.keyboard.press("Enter")


def step(page: Page, group: str, option: str) -> None:
    """Pick an option of a row of buttons, which is one tab stop: arrow keys move in it, the space bar picks."""
    row = page.get_by_role("radiogroup", name=group, exact=True).or_(page.get_by_role("toolbar", name=group)).first
    wanted = row.get_by_role("radio", name=option, exact=True).or_(row.get_by_role("button", name=option, exact=True))
    tab_to(page, row)
    for _ in range(row.get_by_role("radio").or_(row.get_by_role("button")).count()):
        if not wanted.evaluate("e => e === document.activeElement"):
            page.keyboard.press("ArrowRight")
    with rerun(page):
        page.keyboard.press("Space")
    expect(wanted.and_(page.locator("[aria-checked=true], [aria-pressed=true]"))).to_be_visible()


def download(page: Page, button: Locator) -> Path:
    """What a download button gives, once the page is drawn and nothing moves: press and release must hit the button."""
    settle(page)
    page.evaluate(AT_REST)
    button.click(trial=True)
    button.evaluate(COUNT_CLICKS)
    try:
        with page.expect_download() as got:
            button.click()
    except PlaywrightTimeout as error:
        raise AssertionError(f"nothing was downloaded: {page.evaluate(CLICKED)}") from error
    return Path(got.value.path()).rename(Path(got.value.path()).with_name(got.value.suggested_filename))


def csv(page: Page, name: str) -> pd.DataFrame:
    """The table that is offered as NAME.csv."""
    return pd.read_csv(download(page, page.locator(f".st-key-download-{name}").get_by_role("button")))


def assert_downloads_open(page: Page) -> None:
    """Every download button in sight gives a file that opens and holds something."""
    settle(page)
    buttons = page.get_by_test_id("stDownloadButton").get_by_role("button")
    expect(buttons.first).to_be_visible()
    for button in buttons.all():
        file = download(page, button)
        if file.suffix == ".csv":
            assert pd.read_csv(file).size, file.name
        elif file.suffix == ".json":
            assert json.loads(file.read_text()), file.name
        else:
            assert file.suffix == ".html", file.name
            assert file.read_text().startswith("<!doctype html>")


def lesion() -> FilePayload:
    """A drawn melanoma as a PNG to upload."""
    _, data = cv2.imencode(".png", np.ascontiguousarray(sample_lesion("mel", 1).image[..., ::-1]))
    return {"name": "lesion.png", "mimeType": "image/png", "buffer": BytesIO(data).getvalue()}
