"""Take the README's screenshots without a dataset: `python -m tests.browser.screenshots [PAGE...]`."""

import argparse
import os
import random
import tempfile
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Browser, Page, expect, sync_playwright

from core.classroom.answers import save_guess
from core.classroom.contracts import StepPhase
from core.classroom.database import Classroom
from core.classroom.people import join
from core.classroom.rooms import advance, go_to_step, open_room
from core.classroom.settings import FILE
from core.config import ROOT
from core.lessons.steps import STEPS
from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path
from tests.browser.views import settle, visit
from tests.servers import start_server

FOLDER = ROOT / "dashboard" / "screenshots"
LARGEST = 150_000
"""Bytes of a file, so that cloning and reading the README stay quick."""
SIZE = {"width": 1280, "height": 860}
ADDRESSES = {
    "home": "",
    "lesson": "lesson?step=reliability",
    "metadata": "metadata?show=Age%20and%20sex",
    "splits": "splits",
    "leaderboard": "leaderboard?model=efficientnet_lite0",
    "classify": "classify?source=Synthetic%20lesion",
    "gradcam": "gradcam?model=efficientnet_lite0",
    "class": "class?teach=",
}
STUDENTS = 24
TILES = ROOT / "dashboard" / "tiles"
TILE = (480, 270)
"""(width, height) of a tile on the home page."""
THEMES = ("light", "dark")
TILE_OF = {
    "lesson": ("lesson?step=reliability", ".stPlotlyChart"),
    "metadata_eda": ("metadata?show=Body%20site", ".stPlotlyChart"),
    "split_resampling": ("splits?show=Split", ".stPlotlyChart"),
    "leaderboard": ("leaderboard?model=efficientnet_lite0", ".stPlotlyChart"),
    "classify": ("classify?source=Synthetic%20lesion", "[data-testid=stImage] img:visible"),
    "gradcam_gallery": ("gradcam?model=efficientnet_lite0", "[data-testid=stImage]:visible"),
    "classroom": ("class", ".stPlotlyChart"),
}
"""By a page's file: where its best image is, and what to show of it."""
QUALITIES = (85, 75, 65, 50)


def main() -> None:
    """Start a server, visit each page, save what it shows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", help="default: all")
    pages = parser.parse_args().pages or [*ADDRESSES, *(f"tile-{name}" for name in TILE_OF)]
    plain = {key: value for key, value in os.environ.items() if key != "HAM10000_DIR"}
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as logs, sync_playwright() as playwright:
        addresses = ADDRESSES | {"class": ADDRESSES["class"] + play_lesson(Path(logs))}
        server, url = start_server(Path(logs) / "server.log", plain | {"HAM10000_STATE": logs})
        browser = playwright.chromium.launch(executable_path=chromium_path(playwright), args=CHROMIUM_FLAGS)
        try:
            for name in pages:
                if name in addresses:
                    size = take(browser, f"{url}/{addresses[name]}", FOLDER / f"{name}.jpg")
                    print(f"{name}: {size:,} bytes")
                    continue
                for theme in THEMES:
                    size = take_tile(browser, url, name.removeprefix("tile-"), addresses, theme)
                    print(f"{name}, {theme}: {size:,} bytes")
        finally:
            browser.close()
            server.terminate()
            server.wait(timeout=20)


def play_lesson(state: Path) -> str:
    """Have made-up students guess twice at the first step, the second time nearer; returns the secret link's token."""
    classroom, step, draw = Classroom(f"sqlite:///{state / FILE}"), STEPS[0].key, random.Random(0)
    opened = open_room(classroom, [each.key for each in STEPS])
    students = [join(classroom, opened.room.code) for _ in range(STUDENTS)]
    go_to_step(classroom, opened.teacher, step)
    for phase, mean in ((StepPhase.FIRST, 85), (StepPhase.SECOND, 70)):
        advance(classroom, opened.teacher, step, phase)
        for student in students:
            save_guess(classroom, student.token, step, min(max(round(draw.gauss(mean, 9)), 0), 100), 2)
    advance(classroom, opened.teacher, step, StepPhase.REVEAL)
    classroom.dispose()
    return opened.teacher


def take(browser: Browser, address: str, path: Path) -> int:
    """Save what a visitor sees first of a page; returns the size in bytes."""
    with visit(browser, address, SIZE) as page:
        reveal(page)
        wait_for_charts(page)
        for quality in QUALITIES:
            data = page.screenshot(type="jpeg", quality=quality, animations="disabled")
            if len(data) < LARGEST:
                break
    path.write_bytes(data)
    return len(data)


def take_tile(browser: Browser, url: str, name: str, addresses: Mapping[str, str], theme: str) -> int:
    """Save the middle of a page's best image in this theme for its tile on the home page; returns the size in bytes."""
    address, selector = TILE_OF[name]
    with visit(browser, f"{url}/{addresses.get(address, address)}", SIZE, theme) as page:
        reveal(page)
        place = page.locator(selector).first
        place.scroll_into_view_if_needed()
        wait_for_charts(page)
        pixels = cv2.imdecode(np.frombuffer(place.screenshot(animations="disabled"), np.uint8), cv2.IMREAD_COLOR)
    height, width = pixels.shape[:2]
    scale = max(TILE[0] / width, TILE[1] / height)
    large = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    left, top = (large.shape[1] - TILE[0]) // 2, (large.shape[0] - TILE[1]) // 2
    path = TILES / theme / f"{name}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), large[top : top + TILE[1], left : left + TILE[0]], [cv2.IMWRITE_JPEG_QUALITY, 80])
    return path.stat().st_size


def reveal(page: Page) -> None:
    """Lock in a guess, if the page asks for one, so that the result is shown, too."""
    lock = page.get_by_role("button", name="Lock in and run")
    if lock.count():
        lock.click()
        expect(page.get_by_role("button", name="Next")).to_be_visible(timeout=60_000)


def wait_for_charts(page: Page) -> None:
    """Wait until what is in sight has been drawn and has come to rest."""
    settle(page)
    page.wait_for_timeout(1500)


if __name__ == "__main__":
    main()
