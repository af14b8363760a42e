"""The page that classifies in the browser: from open to ready, time per image, bytes of a first and a second visit.

Run by hand: `python -m tests.benchmarks.bench_on_device [--images N] [--visits N]`. With `--crowd` it measures how long
the app's pages take while 500 others a minute open this page for the first time.
"""

import argparse
import asyncio
import gzip
import json
import os
import socket
import statistics
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import aiohttp
import cv2
import psutil
from playwright.sync_api import Browser, sync_playwright

from core.config import ON_DEVICE_PLACE
from core.labels import DX
from core.synthetic.lesions import sample_lesion
from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path
from tests.browser.on_device import Harness, open_page, until_kept
from tests.servers import start_server
from tests.visitors import Visitor, each_page

SIZE = (450, 600)
"""Of the images in pixels, HAM10000's own."""
THROTTLE = 4
VISITORS = 5
"""Of the app's other pages, who pause a second between two."""
GZIP = {"Accept-Encoding": "gzip"}


class Counter:
    """A port that passes everything on to another one and counts the bytes that come back.

    Attributes:
        port: Where it listens.
        received: Bytes sent to browsers so far, headers included.
    """

    def __init__(self, target: int) -> None:
        """Start passing on to a port of this machine."""
        self.received, self._target = 0, target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near, _ = self._listener.accept()
            far = socket.create_connection(("127.0.0.1", self._target))
            threading.Thread(target=self._pass_on, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(far, near, True), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, counts: bool) -> None:
        try:
            while data := source.recv(1 << 16):
                self.received += len(data) if counts else 0
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


@contextmanager
def served() -> Iterator[str]:
    """The app on a port of its own, with the page put together."""
    plain = {key: value for key, value in os.environ.items() if key != "HAM10000_DIR"}
    with tempfile.TemporaryDirectory() as logs:
        server, url = start_server(Path(logs) / "log", plain)
        try:
            urllib.request.urlopen(f"{url}/{ON_DEVICE_PLACE}/").read()
            yield f"{url}/{ON_DEVICE_PLACE}/"
        finally:
            server.terminate()
            server.wait(timeout=20)


def time_visits(browser: Browser, url: str, visits: int) -> None:
    """Print how long it takes from opening the page to being ready, with an empty cache and on a second visit."""
    first, second = [], []
    for _ in range(visits):
        context = browser.new_context()
        page = open_page(context, url)
        first.append(float(page.locator("html").get_attribute("data-ready") or "nan"))
        until_kept(page)
        page.reload()
        page.locator("html[data-ready]").wait_for(state="attached")
        second.append(float(page.locator("html").get_attribute("data-ready") or "nan"))
        context.close()
    for name, times in (("first", first), ("second", second)):
        print(
            f"{name} visit, from open to ready: median {statistics.median(times):,.0f} ms, worst {max(times):,.0f} ms"
        )


def count_bytes(browser: Browser, url: str) -> None:
    """Print the bytes of a first and a second visit."""
    counter = Counter(int(url.split(":")[2].split("/")[0]))
    context = browser.new_context()
    page = open_page(context, f"http://127.0.0.1:{counter.port}/{ON_DEVICE_PLACE}/")
    until_kept(page)
    time.sleep(1)
    first = counter.received
    page.reload()
    page.locator("html[data-ready]").wait_for(state="attached")
    time.sleep(1)
    print(f"bytes of a first visit {first:,}, of a second {counter.received - first:,}")
    context.close()


def time_images(browser: Browser, url: str, images: int) -> None:
    """Print the time per image: decoded, cropped, predicted, checked; then on a processor a quarter as fast.

    The modules run in the page itself: Chromium slows down the page's own thread, not that of its worker.
    """
    page = browser.new_context().new_page()
    session = page.context.new_cdp_session(page)
    page.goto(url)
    page.locator("html[data-ready]").wait_for(state="attached")
    harness = Harness(page)
    files = [jpeg(i) for i in range(images)]
    for rate in (1, THROTTLE):
        session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
        before = processor_seconds()
        times = [harness.predict(data)["milliseconds"] for data in files]
        busy = 1000 * (processor_seconds() - before) / len(files)
        worst = sorted(times)[int(0.95 * len(times))]
        print(
            f"one image, processor slowed {rate} times: median {statistics.median(times):.0f} ms, p95 {worst:.0f} ms; "
            f"processor time {busy:.0f} ms"
        )


def processor_seconds() -> float:
    """Processor time of the browser so far, all its processes together: what a busy machine doesn't change."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "chrom" in process.name():
                total += sum(process.cpu_times()[:2])
    return total


def jpeg(i: int) -> bytes:
    """A synthetic lesion at HAM10000's size."""
    image = cv2.resize(sample_lesion(DX[i % len(DX)], i).image, SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    return bytes(cv2.imencode(".jpg", image[..., ::-1])[1])


async def browse(url: str, seconds: float, times: list[float]) -> None:
    """Open one page of the app after the other, with pauses, and note how long each takes."""
    async with Visitor(url) as each:
        pages, end = each_page(), time.monotonic() + seconds
        while time.monotonic() < end:
            begin = time.perf_counter()
            await each.visit(next(pages))
            times.append(time.perf_counter() - begin)
            await asyncio.sleep(1)


async def crowd(url: str, seconds: float, a_minute: int) -> list[float]:
    """Browse with VISITORS visitors while others fetch all files of a first visit; return the pages' times."""
    times: list[float] = []
    async with aiohttp.ClientSession(auto_decompress=False) as session:

        async def first_visit() -> None:
            text = await (await session.get(f"{url}/{ON_DEVICE_PLACE}/sw.js", headers=GZIP)).read()
            head = gzip.decompress(text).decode().splitlines()[1]
            for path in json.loads(head.split(" = ")[1].rstrip(";")):
                await (await session.get(f"{url}/{ON_DEVICE_PLACE}/{path}", headers=GZIP)).read()

        async def others() -> list[asyncio.Task[None]]:
            begun = []
            for _ in range(round(seconds * a_minute / 60)):
                begun.append(asyncio.create_task(first_visit()))
                await asyncio.sleep(60 / a_minute)
            return begun

        jobs = [browse(url, seconds, times) for _ in range(VISITORS)]
        begun, *_ = await asyncio.gather(others(), *jobs)
        await asyncio.gather(*begun)
    return times


def time_crowd(url: str) -> None:
    """Print the app's page times without and with first visits of this page."""
    asyncio.run(crowd(url, 20, 0))  # fills the caches
    for a_minute in (0, 500):
        times = sorted(asyncio.run(crowd(url, 30, a_minute)))
        p95 = times[int(0.95 * len(times))]
        print(
            f"{a_minute} first visits a minute: {len(times)} pages, median {statistics.median(times):.2f} s, "
            f"p95 {p95:.2f} s"
        )


def main() -> None:
    """Measure everything against a server of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--crowd", action="store_true")
    given = parser.parse_args()
    if given.crowd:
        with served() as url:
            time_crowd(url.removesuffix(f"/{ON_DEVICE_PLACE}/"))
        return
    with served() as url, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium_path(play), args=CHROMIUM_FLAGS)
        time_visits(browser, url, given.visits)
        count_bytes(browser, url)
        time_images(browser, url, given.images)
        browser.close()


if __name__ == "__main__":
    main()
