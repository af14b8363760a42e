"""How long a visitor waits, in Chromium: a server's start, first and repeat visit of each page, its main control.

Run by hand, with nothing else running: `python -m tests.benchmarks.bench_pages [PAGE...]`. Each first visit is the
page's first on a new server that has shown Home to somebody else, 5 s after that, with an empty browser cache; with
--cold it is the server's first request, as Home's always is. Repeat visits load the page again. A page is there when
its script has ended, nothing on it is stale and every chart is drawn. With HAM10000_DIR the installed dataset is used.
Prints one Markdown table, median and p95 in seconds.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psutil
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from tests.browser.conftest import CHROMIUM_FLAGS
from tests.servers import start_server

THERE = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    if (!app || app.dataset.testScriptState !== 'notRunning') return false;
    if (document.querySelector('[data-stale=true], [data-testid=stSkeleton]')) return false;
    const charts = [...document.querySelectorAll('[data-testid=stPlotlyChart]')];
    return charts.every(chart => chart.querySelector('.main-svg') || !chart.offsetParent)
        && app.textContent.includes('not a medical device');
}"""
CHANGED = f"([before]) => document.querySelector('[data-testid=stMain]').innerText !== before && ({THERE})()"


READY = 5.0
"""Seconds after which a server that nobody visits has got ready: see `dashboard.server.warm_up`."""


class Visited(NamedTuple):
    """A page, by its address, and its main control.

    Attributes:
        path: The address without the server.
        ready: Gives what a click makes the n-th change with; None where the page has no control.
    """

    path: str
    ready: Callable[[Page, int], Locator] | None


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
    "Metadata": Visited("metadata", press("unit")),
    "Splits and resampling": Visited("splits", None),
    "Lab": Visited("splits?show=Lab", choose("strategy")),
    "Leaderboard": Visited("leaderboard", press("point")),
    "Classify": Visited("classify?source=Synthetic+lesion", press("another")),
    "Grad-CAM gallery": Visited("gradcam", press("score")),
}


def seconds_until_there(page: Page, url: str) -> float:
    begin = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_function(THERE, polling="raf", timeout=120_000)
    return time.perf_counter() - begin


def seconds_until_changed(page: Page, ready: Callable[[Page, int], Locator], n: int) -> float:
    before = page.get_by_test_id("stMain").inner_text()
    target = ready(page, n)
    begin = time.perf_counter()
    target.click()
    page.wait_for_function(CHANGED, arg=[before], polling="raf", timeout=120_000)
    return time.perf_counter() - begin


def served(log: Path) -> tuple[subprocess.Popen[bytes], str, float]:
    """A new server, its address, and the seconds from its start until it answered."""
    begin = time.perf_counter()
    server, url = start_server(log, dict(os.environ))
    return server, url, time.perf_counter() - begin


def first_visits(browser: Browser, visited: Visited, count: int, cold: bool, mbit: float) -> list[float]:
    times = []
    for _ in range(count):
        with tempfile.TemporaryDirectory() as folder:
            server, url, _ = served(Path(folder) / "log")
            for path in [visited.path] if cold or not visited.path else ["", visited.path]:
                if path:
                    time.sleep(READY)
                context = browser.new_context()
                seconds = seconds_until_there(far_page(context, mbit), f"{url}/{path}")
                context.close()
            times.append(seconds)
            server.terminate()
            server.wait()
    return times


def far_page(context: BrowserContext, mbit: float) -> Page:
    """A page over a line of that many Mbit/s and 40 ms; over none where it is 0."""
    page = context.new_page()
    if mbit:
        context.set_extra_http_headers({"X-Forwarded-For": "192.0.2.1"})  # the server sends its neighbours plain files
        line = {"offline": False, "latency": 40, "downloadThroughput": mbit * 125_000, "uploadThroughput": 125_000}
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", line)
    return page


def repeat_visits(context: BrowserContext, url: str, visited: Visited, count: int) -> tuple[list[float], list[float]]:
    page = context.new_page()
    address = f"{url}/{visited.path}"
    seconds_until_there(page, address)
    visits = [seconds_until_there(page, address) for _ in range(count)]
    changes = [seconds_until_changed(page, visited.ready, n) for n in range(count)] if visited.ready else []
    page.close()
    return visits, changes


def told(times: list[float]) -> str:
    if not times:
        return "|"
    return f"{statistics.median(times):.2f} | {sorted(times)[round(0.95 * (len(times) - 1))]:.2f}"


def time_pages(browser: Browser, names: list[str], first: int, repeats: int, cold: bool, mbit: float) -> None:
    print("| page | first visit | p95 | repeat visit | p95 | main control | p95 |")
    print("| --- | --: | --: | --: | --: | --: | --: |")
    with tempfile.TemporaryDirectory() as folder:
        server, url, _ = served(Path(folder) / "log")
        context = browser.new_context()
        for name in names:
            firsts = first_visits(browser, PAGES[name], first, cold, mbit)
            visits, changes = repeat_visits(context, url, PAGES[name], repeats)
            print(f"| {name} | {told(firsts)} | {told(visits)} | {told(changes)} |", flush=True)
        memory = psutil.Process(server.pid).memory_info().rss / 2**20
        server.terminate()
    print(f"\nserver after all of these: {memory:.0f} MB")


def time_starts(browser: Browser, count: int) -> None:
    """From `streamlit run` to its answer, and from there to the whole Home page; memory before any visit."""
    starts, pages, memory = [], [], []
    for _ in range(count):
        with tempfile.TemporaryDirectory() as folder:
            server, url, seconds = served(Path(folder) / "log")
            starts.append(seconds)
            memory.append(psutil.Process(server.pid).memory_info().rss / 2**20)
            context = browser.new_context()
            pages.append(seconds_until_there(context.new_page(), url))
            memory.append(psutil.Process(server.pid).memory_info().rss / 2**20)
            context.close()
            server.terminate()
            server.wait()
    print(f"streamlit run to its address: {told(starts)} s (median | p95); from there to Home: {told(pages)} s")
    print(f"memory: {max(memory[::2]):.0f} MB before a visit, {max(memory[1::2]):.0f} MB after Home")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", default=list(PAGES))
    parser.add_argument("--first", type=int, default=3, help="servers started for each page")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--cold", action="store_true", help="first visits without one of Home before")
    parser.add_argument("--mbit", type=float, default=0, help="first visits over a line of that speed, and 40 ms")
    given = parser.parse_args()
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        if given.first:
            time_starts(chromium, given.first)
        time_pages(chromium, given.pages, given.first, given.repeats, given.cold, given.mbit)
