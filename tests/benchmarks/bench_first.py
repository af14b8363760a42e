"""First visits by address, here, in another checkout, and of an empty page with one chart, in turn on one machine.

Run by hand: `python -m tests.benchmarks.bench_first BEFORE [PAGE...]`, where BEFORE is the folder of another checkout.
Each server gets ready after a visit of Home. Then each page is opened by its address with an empty browser cache, as
`bench_pages` does it. On a busy machine, start it by `chrt --rr 2`, so that other programs wait. Without the dataset.
Prints one Markdown table in seconds: the page's first visit on its server, the median of the others, and how many times
as long they take as the empty page.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from websockets.sync.client import ClientConnection

from core.config import ROOT
from tests.benchmarks.bench_pages import CHART, FLOORS, PAGES, THERE, floor_served
from tests.benchmarks.chromium import launched, visiting
from tests.servers import start_server

ENV = {name: value for name, value in os.environ.items() if name != "HAM10000_DIR"}
READY = 12.0
"""Seconds after which a server that was visited once has got ready."""
PATHS = {name: page.path for name, page in PAGES.items()} | {"Classify, to upload": "classify"}


def visit(browser: ClientConnection, url: str) -> float:
    """Seconds until a visitor with an empty cache sees the page."""
    with visiting(browser, THERE) as visitor:
        return visitor.seconds_until_there(url)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a checkout's app."""
    with tempfile.TemporaryDirectory() as logs:
        server, url = start_server(Path(logs) / "log", ENV, cwd=folder)
        yield url
        end(server)


def end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    server.wait()


def time_new_servers(browser: ClientConnection, folders: list[Path], count: int) -> None:
    """Home as a new server's first page, from its answer on."""
    times: list[list[float]] = [[] for _ in folders]
    for _ in range(count):
        for folder, found in zip(folders, times, strict=True):
            with visiting(browser, THERE) as visitor, served(folder) as url:
                found.append(visitor.seconds_until_there(f"{url}/"))
    shown = [f"{statistics.median(each):.2f} ({min(each):.2f} to {max(each):.2f})" for each in times]
    print(f"Home on a new server: {shown[0]} s before, {shown[1]} s now", flush=True)


def time_pages(browser: ClientConnection, folders: list[Path], names: list[str], count: int) -> None:
    """Every page by its address."""
    with ExitStack() as stack:
        floor = stack.enter_context(
            floor_served(Path(stack.enter_context(tempfile.TemporaryDirectory())), FLOORS[CHART])
        )
        urls = [stack.enter_context(served(folder)) for folder in folders]
        for url in urls:
            visit(browser, f"{url}/")
        time.sleep(READY)
        print("| page | empty page | first before | before | ratio | first now | now | ratio |")
        print(f"| --- |{' --: |' * 7}")
        for name in names:
            rounds = [[visit(browser, each) for each in (floor, *(f"{url}/{PATHS[name]}" for url in urls))]
                      for _ in range(count + 1)]  # fmt: skip
            empty, *medians = (statistics.median(each) for each in zip(*rounds[1:], strict=True))
            cells = (f"{first:.2f} | {median:.2f} | {median / empty:.2f}"
                     for first, median in zip(rounds[0][1:], medians, strict=True))  # fmt: skip
            print(f"| {name} | {empty:.2f} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path, help="another checkout")
    parser.add_argument("pages", nargs="*", default=list(PATHS))
    parser.add_argument("--count", type=int, default=3, help="visits of each page after its first one")
    given = parser.parse_args()
    with launched() as chromium:
        time_new_servers(chromium, [given.before, ROOT], given.count)
        time_pages(chromium, [given.before, ROOT], given.pages, given.count)
