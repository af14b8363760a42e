"""Chromium as a visitor has it, without developer tools: in Playwright or Selenium everything takes longer.

Their drivers keep a record of what a page throws and logs (`Runtime.enable`). For that, V8 reads Plotly's scripts a
second time, 0.3 to 0.4 s of each first visit. Here Chromium is driven over the same protocol without
the record; `bench_pages` prints the difference.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from websockets.sync.client import ClientConnection, connect

from tests.browser.conftest import CHROMIUM_FLAGS

CHROMIUM = "/usr/bin/chromium"
SETTLING = 1.5
"""Seconds after which a new window has loaded its own parts; a visitor's is up already. They cost a visit 0.15 s."""
SIZE = {"width": 1280, "height": 720, "deviceScaleFactor": 1, "mobile": False}
"""Of the window, in pixels: Playwright's."""


class Line(NamedTuple):
    """How a first visitor by address is connected.

    Attributes:
        mbit: Megabits a second, and 40 ms; 0 for the server's own machine.
        plain: The server sends without compression.
    """

    mbit: float = 0
    plain: bool = False


NEAR = Line()


class Visitor:
    """One tab with a cache of its own."""

    def __init__(self, browser: ClientConnection) -> None:
        """Open the tab.

        Args:
            browser: The connection to the browser.
        """
        self._browser = browser
        self._numbers = count(1)
        self._tab: str | None = None
        self._context = self.tell("Target.createBrowserContext")["browserContextId"]
        target = self.tell("Target.createTarget", url="about:blank", browserContextId=self._context)["targetId"]
        self._tab = self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.tell("Page.enable")
        self.tell("Emulation.setDeviceMetricsOverride", **SIZE)
        time.sleep(SETTLING)

    def tell(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command of the DevTools protocol and return its answer."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        self._browser.send(json.dumps(message | ({"sessionId": self._tab} if self._tab else {})))
        while (answer := json.loads(self._browser.recv(timeout=60))).get("id") != number:
            pass  # an event
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def watch(self, there: str) -> None:
        """Have each page note when a condition is first met.

        Args:
            there: JavaScript, a function that says whether it is.
        """
        look = f"const look = () => ({there})() ? window.there = performance.now() : requestAnimationFrame(look);"
        self.tell("Page.addScriptToEvaluateOnNewDocument", source=f"{{{look} look();}}")

    def connect(self, line: Line) -> None:
        """Put the tab on a slower line."""
        speed = {"downloadThroughput": line.mbit * 125_000, "uploadThroughput": 125_000}
        self.tell("Network.enable")
        self.tell("Network.emulateNetworkConditions", offline=False, latency=40, **speed)
        if not line.plain:  # as from another machine
            self.tell("Network.setExtraHTTPHeaders", headers={"X-Forwarded-For": "192.0.2.1"})

    def seconds_until_there(self, url: str) -> float:
        """Go to an address; the seconds from there until the watched condition, as the page itself counts them.

        Raises:
            TimeoutError: Two minutes were not enough.
        """
        self.tell("Runtime.evaluate", expression="window.there = 0")  # of the page before
        self.tell("Page.navigate", url=url)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            time.sleep(0.1)
            if milliseconds := self.tell("Runtime.evaluate", expression="window.there || 0")["result"]["value"]:
                return float(milliseconds) / 1000
        raise TimeoutError(url)

    def leave(self) -> None:
        """Close the tab and forget its cache."""
        self._tab = None
        self.tell("Target.disposeBrowserContext", browserContextId=self._context)


@contextmanager
def visiting(browser: ClientConnection, there: str, line: Line = NEAR) -> Iterator[Visitor]:
    """A visitor with an empty cache, who waits until a condition is met: see `Visitor.watch`."""
    visitor = Visitor(browser)
    visitor.watch(there)
    if line.mbit:
        visitor.connect(line)
    yield visitor
    visitor.leave()


@contextmanager
def launched() -> Iterator[ClientConnection]:
    """A connection to a new headless Chromium, which ends with it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        flags = ["--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}", *CHROMIUM_FLAGS]
        process = subprocess.Popen([CHROMIUM, *flags, "about:blank"], stderr=subprocess.DEVNULL)
        try:
            port_file = Path(folder) / "DevToolsActivePort"
            while process.poll() is None and not (port_file.exists() and port_file.read_text().count("\n")):
                time.sleep(0.1)
            port, path = port_file.read_text().split()
            with connect(f"ws://127.0.0.1:{port}{path}", max_size=None) as browser:
                yield browser
        finally:
            process.terminate()
            process.wait()
