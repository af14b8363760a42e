"""A crowd of visitors at a fresh server, and what they met."""

import asyncio
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import psutil

from core.classroom.settings import FILE
from core.inference.pool import BUSY
from tests.benchmarks.bench_serving import jpeg
from tests.servers import Replicas, start_server
from tests.visitors import LostError, Visitor, each_page, visit_all

Picks = Mapping[str, str]
"""Which option of which control, by its label, those who classify choose first."""
IMAGES = [jpeg(seed) for seed in range(8)]


@dataclass
class Load:
    """What a crowd met.

    Attributes:
        times: Seconds of each run.
        faults: Lost connections and exceptions on a page, by name.
        busy: How often the server answered that it is busy.
        peak: Most memory of the server meanwhile, MB.
        client: Share of one core that the visitors themselves took.
    """

    times: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    busy: int = 0
    peak: float = 0.0
    client: float = 0.0


class Server:
    """A fresh app on this machine."""

    def __init__(self, folder: Path) -> None:
        env = {key: value for key, value in os.environ.items() if key != "HAM10000_DIR"}
        self.process, self.url = start_server(folder / "server.log", env | {"HAM10000_STATE": str(folder)})
        self.database = f"sqlite:///{folder / FILE}"
        self._measured = psutil.Process(self.process.pid)

    @property
    def memory(self) -> float:
        """Resident, MB."""
        return float(self._measured.memory_info().rss / 2**20)

    async def warm_up(self) -> None:
        await visit_all(self.url, IMAGES[0])


@contextmanager
def fresh_server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            asyncio.run(server.warm_up())
            yield server
        finally:
            server.process.terminate()
            server.process.wait(timeout=20)


class Pair:
    """Two fresh apps behind nginx."""

    def __init__(self, folder: Path) -> None:
        self.apps = Replicas(folder, {"HAM10000_STATE": str(folder)})
        self.url = self.apps.url
        self._measured = [psutil.Process(process.pid) for process in self.apps.apps.values()]

    @property
    def memory(self) -> float:
        """Resident, MB, of both apps."""
        return float(sum(process.memory_info().rss for process in self._measured) / 2**20)


@contextmanager
def replicas() -> Iterator[Pair]:
    with tempfile.TemporaryDirectory() as folder:
        pair = Pair(Path(folder))
        try:
            for name in pair.apps.apps:
                asyncio.run(visit_all(pair.apps.address(name), IMAGES[0]))
            yield pair
        finally:
            pair.apps.close()


@asynccontextmanager
async def noted(load: Load) -> AsyncIterator[None]:
    """Note a lost connection as a fault instead of raising it."""
    try:
        yield
    except LostError as error:
        load.faults[str(error)] += 1
    except TimeoutError:
        load.faults["no answer in time"] += 1


async def begin(visitor: Visitor, kind: str, number: int, picks: Picks) -> None:
    """Go to the page to classify on, and choose there."""
    if kind == "classify":
        await visitor.visit("classify")
        if picks:
            await visitor.upload(IMAGES[number % len(IMAGES)])  # there is no heatmap to choose before
        for label, option in picks.items():
            await visitor.choose(label, option)


async def go_on(visitor: Visitor, kind: str, number: int, think: float, until: float, load: Load) -> None:
    """Act as a visitor until the time is over."""
    choice = random.Random(number)
    pages, turn = each_page(number), 0
    while time.monotonic() < until:
        if think:
            await asyncio.sleep(min(think * choice.uniform(0.5, 1.5), max(until - time.monotonic(), 0)))
        if time.monotonic() >= until:  # who still thinks then leaves, or all would click at one moment
            return
        start = time.perf_counter()
        if kind == "classify":
            seen = await visitor.upload(IMAGES[(number + turn) % len(IMAGES)])
        else:
            seen = await (visitor.change() if turn % 2 else visitor.visit(next(pages)))
        load.times.append(time.perf_counter() - start)
        load.busy += BUSY in seen.alerts
        load.faults.update(seen.faults)
        turn += 1


async def crowd(
    server: Server | Pair, kind: str, sessions: int, seconds: float, think: float, picks: Picks = MappingProxyType({})
) -> Load:
    """So many visitors for so long, counted from when the last of them has begun."""
    load, ready, until = Load(), asyncio.Event(), 0.0

    async def one(number: int, begun: asyncio.Event) -> None:
        try:
            async with noted(load), Visitor(server.url, seed=number) as visitor:
                await begin(visitor, kind, number, picks)
                begun.set()
                await ready.wait()
                await go_on(visitor, kind, number, think, until, load)
        finally:
            begun.set()

    all_begun = [asyncio.Event() for _ in range(sessions)]
    going = asyncio.gather(*(one(number, begun) for number, begun in enumerate(all_begun)))
    for begun in all_begun:
        await begun.wait()
    start, used = time.monotonic(), time.process_time()
    until = start + seconds
    ready.set()
    while not going.done():
        load.peak = max(load.peak, server.memory)
        await asyncio.wait([going], timeout=0.5)
    await going
    load.client = (time.process_time() - used) / (time.monotonic() - start)
    return load
