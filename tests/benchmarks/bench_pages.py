"""How long a visitor waits, in Chromium: a server's start, first and repeat visit of each page, its main control.

Run by hand, with nothing else running: `python -m tests.benchmarks.bench_pages [PAGE...]`. On a new server somebody
opens Home and after 5 s goes on to the page by the navigation, the page's first visit there; then somebody else opens
the page by its address, with an empty browser cache. With --cold that is the server's first request, as Home's always
is. Repeat visits load the page again. A page is there when its script has ended, nothing on it is stale and every chart
and table is drawn. Visits by address are made without developer tools; what is to be pressed, Playwright presses. With
HAM10000_DIR the installed dataset is used. Prints one Markdown table, median and p95 in seconds, and how many times as
long a visit by address takes as one, right after it, of an empty Streamlit page with one Plotly chart.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
from playwright.sync_api import Browser, Locator, Page, sync_playwright
from websockets.sync.client import ClientConnection

from dashboard import navigation as pages
from tests.benchmarks.chromium import CHROMIUM, Line, launched, visiting
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.servers import start_server

THERE = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    if (!app || app.dataset.testScriptState !== 'notRunning') return false;
    if (document.querySelector('[data-stale=true], [data-testid=stSkeleton]')) return false;
    const charts = [...document.querySelectorAll('[data-testid=stPlotlyChart]')];
    const tables = [...document.querySelectorAll('[data-testid=stDataFrame]')];
    return charts.every(chart => chart.querySelector('.main-svg') || !chart.offsetParent)
        && [...document.querySelectorAll('.st-key-confusion [data-testid^=stBidiComponent]')].every(
            matrix => matrix.shadowRoot?.querySelector('button'))
        && tables.every(table => table.querySelector('canvas') || !table.offsetParent)
        && app.textContent.includes('not a medical device');
}"""
CHANGED = f"([before]) => document.querySelector('[data-testid=stMain]').innerText !== before && ({THERE})()"


READY = 5.0
"""Seconds after which a server that nobody visits has got ready: see `dashboard.server.middleware.warm_up`."""


class Browsers(NamedTuple):
    """Who visits: Chromium as a visitor has it, and as Playwright drives it where something is to be pressed."""

    plain: ClientConnection
    playwright: Browser


class Visited(NamedTuple):
    """A page, by its address, and its main control.

    Attributes:
        path: The address without the server.
        ready: Gives what a click makes the n-th change with; None where the page has no control.
    """

    path: str
    ready: Callable[[Page, int], Locator] | None

    def link(self) -> str | None:
        """What its link in the navigation says; None for a tab of a page."""
        page = self.path.partition("?source=")[0]
        return next((title for path, title, _ in pages.PAGES.values() if path == page), None)


def press(key: str) -> Callable[[Page, int], Locator]:
    """One after the other of the buttons of a keyed control, but never the chosen one."""

    def ready(page: Page, n: int) -> Locator:
        buttons = page.locator(f".st-key-{key}").locator(
            "[role=radio][aria-checked=false], [data-testid=stBaseButton-secondary]"
        )
        return buttons.nth(n % buttons.count())

    return ready


def choose(key: str) -> Callable[[Page, int], Locator]:
    """One after the other of the options of a keyed list, opened."""

    def ready(page: Page, n: int) -> Locator:
        page.locator(f".st-key-{key} input").click()
        options = page.get_by_role("option")
        options.first.wait_for()
        return options.nth(n % options.count())

    return ready


PAGES = {
    "Home": Visited("", None),
    "Lesson": Visited("lesson", None),
    "Class": Visited("class", None),
    "Metadata": Visited("metadata", press("unit")),
    "Splits and resampling": Visited("splits", press("grid-split-scheme")),
    "Lab": Visited("splits?show=Lab", choose("strategy")),
    "Leaderboard": Visited("leaderboard", press("point")),
    "Classify": Visited("classify?source=Synthetic+lesion", press("another")),
    "Grad-CAM gallery": Visited("gradcam", press("score")),
}


def watched_until_there(page: Page, url: str) -> float:
    """The same in Playwright, whose record of the page costs time: see `tests.benchmarks.chromium`."""
    begin = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_function(THERE, polling="raf", timeout=120_000)
    return time.perf_counter() - begin


def seconds_until_changed(page: Page, target: Locator) -> float:
    before = page.get_by_test_id("stMain").inner_text()
    begin = time.perf_counter()
    target.click()
    page.wait_for_function(CHANGED, arg=[before], polling="raf", timeout=120_000)
    return time.perf_counter() - begin


def served(log: Path) -> tuple[subprocess.Popen[bytes], str, float]:
    """A new server, its address, and the seconds from its start until it answered."""
    begin = time.perf_counter()
    server, url = start_server(log, dict(os.environ))
    return server, url, time.perf_counter() - begin


def first_visits(
    browsers: Browsers, visited: Visited, count: int, cold: bool, line: Line, floor: str
) -> tuple[list[float], list[float], list[float]]:
    """Seconds by a click on Home's navigation, the first on that server, by the address, and of the floor.

    The last two are with an empty cache.
    """
    clicks, times, floors = [], [], []
    for _ in range(count):
        with tempfile.TemporaryDirectory() as folder, visiting(browsers.plain, THERE, line) as visitor:
            server, url, _ = served(Path(folder) / "log")  # a visitor who is there before it gets nothing ready
            if visited.path and not cold:
                with browsers.playwright.new_context() as context:
                    page = context.new_page()
                    watched_until_there(page, url)
                    time.sleep(READY)
                    if link := visited.link():
                        there = page.get_by_role("link", name=link, exact=True).first
                        clicks.append(seconds_until_changed(page, there))
            times.append(visitor.seconds_until_there(f"{url}/{visited.path}"))
            server.terminate()
            server.wait()
        with visiting(browsers.plain, THERE, line) as visitor:
            floors.append(visitor.seconds_until_there(floor))
    return clicks, times, floors


def repeat_visits(browsers: Browsers, url: str, visited: Visited, count: int) -> tuple[list[float], list[float]]:
    address = f"{url}/{visited.path}"
    with visiting(browsers.plain, THERE) as visitor:
        visits = [visitor.seconds_until_there(address) for _ in range(count + 1)][1:]
    if not visited.ready:
        return visits, []
    with browsers.playwright.new_context() as context:
        page = context.new_page()
        watched_until_there(page, address)
        return visits, [seconds_until_changed(page, visited.ready(page, n)) for n in range(count)]


def spread(times: list[float]) -> str:
    if not times:
        return "|"
    return f"{statistics.median(times):.2f} | {sorted(times)[round(0.95 * (len(times) - 1))]:.2f}"


def time_pages(browsers: Browsers, names: list[str], first: int, repeats: int, cold: bool, line: Line) -> None:
    print("| page | from Home | p95 | by its address | p95 | of the floor | repeat visit | p95 | main control | p95 |")
    print(f"| --- |{' --: |' * 9}")
    with tempfile.TemporaryDirectory() as folder, floor_served(Path(folder), FLOORS[CHART]) as floor:
        server, url, _ = served(Path(folder) / "log")
        for name in names:
            clicks, firsts, floors = first_visits(browsers, PAGES[name], first, cold, line, floor)
            visits, changes = repeat_visits(browsers, url, PAGES[name], repeats)
            ratio = f"{statistics.median(firsts) / statistics.median(floors):.2f}" if firsts else ""
            shown = " | ".join(map(spread, (clicks, firsts))), " | ".join(map(spread, (visits, changes)))
            print(f"| {name} | {shown[0]} | {ratio} | {shown[1]} |", flush=True)
        memory = psutil.Process(server.pid).memory_info().rss / 2**20
        server.terminate()
        server.wait()
    print(f"\nserver after all of these: {memory:.0f} MB")


CHART = "the same with one Plotly chart"
FLOORS = {
    "an empty Streamlit page": "",
    CHART: "st.plotly_chart({'data': [{'type': 'bar', 'x': [1, 2], 'y': [3, 4]}]})",
}


@contextmanager
def floor_served(folder: Path, line: str) -> Iterator[str]:
    """The address of a server of an empty page with one line, once it has imported what that needs."""
    script = folder / "floor.py"
    script.write_text(f"import streamlit as st\n{line}\nst.write('not a medical device')\n")
    server, url = start_server(folder / "floor-log", dict(os.environ), script=str(script))
    with launched() as plain, visiting(plain, THERE) as visitor:
        visitor.seconds_until_there(url)
    yield url
    server.terminate()
    server.wait()


def time_floors(browsers: Browsers, count: int) -> None:
    """What no page can be faster than, by its address: Streamlit's own scripts, and Plotly's."""
    for what, line in FLOORS.items():
        with tempfile.TemporaryDirectory() as folder, floor_served(Path(folder), line) as url:
            times, watched = [], []
            for _ in range(count + 1):  # the first one waits for the server's imports
                with visiting(browsers.plain, THERE) as visitor:
                    times.append(visitor.seconds_until_there(url))
                with browsers.playwright.new_context() as context:
                    watched.append(watched_until_there(context.new_page(), url))
            print(f"{what}: {spread(times[1:])} s; in Playwright {spread(watched[1:])} s")


def time_starts(browsers: Browsers, count: int) -> None:
    """From `streamlit run` to its answer, and from there to the whole Home page; memory before any visit."""
    starts, homes, memory = [], [], []
    for _ in range(count):
        with tempfile.TemporaryDirectory() as folder, visiting(browsers.plain, THERE) as visitor:
            server, url, seconds = served(Path(folder) / "log")
            starts.append(seconds)
            memory.append(psutil.Process(server.pid).memory_info().rss / 2**20)
            homes.append(visitor.seconds_until_there(url))
            memory.append(psutil.Process(server.pid).memory_info().rss / 2**20)
            server.terminate()
            server.wait()
    print(f"streamlit run to its address: {spread(starts)} s (median | p95); from there to Home: {spread(homes)} s")
    print(f"memory: {max(memory[::2]):.0f} MB before a visit, {max(memory[1::2]):.0f} MB after Home")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", default=list(PAGES))
    parser.add_argument("--first", type=int, default=3, help="servers started for each page")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--cold", action="store_true", help="first visits without one of Home before")
    parser.add_argument("--mbit", type=float, default=0, help="visits by address over a line of that speed, and 40 ms")
    parser.add_argument("--plain", action="store_true", help="over that line without compression")
    given = parser.parse_args()
    with sync_playwright() as play, launched() as plain:
        chromiums = Browsers(plain, play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS))
        if given.first:
            time_floors(chromiums, given.first)
            time_starts(chromiums, given.first)
        time_pages(chromiums, given.pages, given.first, given.repeats, given.cold, Line(given.mbit, given.plain))
