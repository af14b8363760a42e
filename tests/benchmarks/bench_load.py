"""Many visitors at once: throughput, waiting time, memory and errors, as one table; or an hour's memory by the minute.

Starts the app itself, on this machine alone, a fresh server for each line, and stops by itself:

    python -m tests.benchmarks.bench_load             # browsing and classifying, 1, 10 and 50 sessions
    python -m tests.benchmarks.bench_load --only classify --sessions 10 --seconds 300
    python -m tests.benchmarks.bench_load --soak 20   # is memory flat?
    python -m tests.benchmarks.bench_load --soak 30 --class 40   # the same with a room open in which 40 sit

A browsing session opens the pages in turn and changes a control of each; a classifying one uploads image after
image. With think time a session waits between two runs as a person would, evenly between half and one and a half
times as long. A run counts from its request until the page is drawn and its images are fetched. With a class, phones
sit in a room meanwhile: see `tests.benchmarks.class_load`.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from core.classroom.settings import FILE
from core.inference.pool import BUSY
from tests.benchmarks.bench_serving import jpeg
from tests.benchmarks.class_load import Answers, lessons
from tests.servers import start_server
from tests.visitors import LostError, Visitor, each_page, visit_all

MOST_SESSIONS, MOST_SECONDS, MOST_MINUTES, MOST_PHONES = 100, 600, 120, 100
THINK = 5.0
"""Seconds that a visitor looks at a page before the next click."""
STAY = 60.0
"""Seconds that a visitor of the soak stays before another takes the place."""
WARM_UP = 0.4
"""Share of a soak that fills the caches and is left out of the slope."""
TOLERANCE = 0.5
"""MB a minute: memory that rises no faster is called flat."""
FORGET = 130
"""Seconds after which Streamlit lets go of a session whose visitor has left (server.disconnectedSessionTTL, 120)."""
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


async def one_visitor(
    url: str, kind: str, number: int, think: float, until: float, load: Load, model: str | None = None
) -> None:
    """Act as one visitor until the time is over or the connection is lost."""
    choice = random.Random(number)
    pages, turn = each_page(number), 0
    try:
        async with Visitor(url, seed=number) as visitor:
            if kind == "classify":
                await visitor.visit("classify")
                if model:
                    await visitor.choose("Model", model)
            while time.monotonic() < until:
                if think:
                    await asyncio.sleep(min(think * choice.uniform(0.5, 1.5), max(until - time.monotonic(), 0)))
                begin = time.perf_counter()
                if kind == "classify":
                    seen = await visitor.upload(IMAGES[(number + turn) % len(IMAGES)])
                else:
                    seen = await (visitor.change() if turn % 2 else visitor.visit(next(pages)))
                load.times.append(time.perf_counter() - begin)
                load.busy += BUSY in seen.alerts
                load.faults.update(seen.faults)
                turn += 1
    except LostError as error:
        load.faults[str(error)] += 1
    except TimeoutError:
        load.faults["no answer in time"] += 1


async def crowd(
    server: Server, kind: str, sessions: int, seconds: float, think: float, model: str | None = None
) -> Load:
    """So many visitors for so long."""
    load, begin, used = Load(), time.monotonic(), time.process_time()
    until = begin + seconds
    visits = [one_visitor(server.url, kind, number, think, until, load, model) for number in range(sessions)]
    going = asyncio.gather(*visits)
    while not going.done():
        load.peak = max(load.peak, server.memory)
        await asyncio.wait([going], timeout=0.5)
    await going
    load.client = (time.process_time() - used) / (time.monotonic() - begin)
    return load


def line(kind: str, sessions: int, seconds: float, think: float, model: str | None = None) -> str:
    """One line of the table, on a fresh server."""
    with fresh_server() as server:
        before = server.memory
        load = asyncio.run(crowd(server, kind, sessions, seconds, think, model))
        time.sleep(3)
        after = server.memory
    ordered = sorted(load.times) or [float("nan")]
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    errors = ", ".join(f"{count} x {name}" for name, count in load.faults.items()) or "none"
    return (
        f"| {kind} | {sessions} | {f'{think:g} s' if think else 'none'} | {len(load.times) / seconds:.1f} | "
        f"{statistics.median(ordered):.2f} | {p95:.2f} | {errors} | {load.busy} | {before:.0f} | {load.peak:.0f} | "
        f"{after:.0f} | {(load.peak - before) / sessions:.1f} | {100 * load.client:.0f} |"
    )


def table(kinds: list[str], sessions: list[int], seconds: float, thinks: list[float], model: str | None = None) -> None:
    print(
        "| what | sessions | think time | runs a second | median, s | p95, s | errors | busy | MB before | peak | "
        "after | MB a session | clients, % of a core |"
    )
    print("|" + " --- |" * 13, flush=True)
    for kind in kinds:
        for think in thinks:
            for number in sessions:
                print(line(kind, number, seconds, think, model), flush=True)


async def come_and_go(server: Server, number: int, until: float, load: Load) -> None:
    """One visitor after another in one place, each for a minute; every other place classifies."""
    kind, visit = ("browse", "classify")[number % 2], 0
    while time.monotonic() < until:
        leave = min(time.monotonic() + STAY * (0.5 + number / 10 % 1), until)
        await one_visitor(server.url, kind, number + 100 * visit, 1.0, leave, load)
        visit += 1


async def soak(server: Server, sessions: int, minutes: int, students: int = 0) -> None:
    """Mean memory of each minute under visitors who come and go, and memory after the last has left."""
    load, begin, noted, answers = Load(), time.monotonic(), [], Answers()
    until = begin + 60 * minutes
    visits = [come_and_go(server, number, until, load) for number in range(sessions)]
    taught = [lessons(server.url, server.database, students, until, answers)] if students else []
    going = asyncio.gather(*visits, *taught)
    for minute in range(1, minutes + 1):
        readings = []  # one each second: from one to the next they swing by ten megabytes
        while time.monotonic() < begin + 60 * minute:
            readings.append(server.memory)
            await asyncio.sleep(1)
        noted.append(statistics.fmean(readings))
        phones = f", {answers.shown} answers on phones" if students else ""
        print(f"minute {minute:3}: {noted[-1]:6.1f} MB, {len(load.times)} runs, {load.busy} busy{phones}", flush=True)
    await going
    await asyncio.sleep(FORGET)
    await server.warm_up()  # Streamlit lets go of expired sessions when another one comes
    await asyncio.sleep(2)
    load.faults.update(answers.faults)
    print_growth(noted, server.memory, load)


def print_growth(noted: list[float], left: float, load: Load) -> None:
    """Say whether memory was flat: the slope of the minutes after the warm-up, and what is left when all are gone."""
    skipped = int(WARM_UP * len(noted))
    memory = noted[skipped:]
    slope = float(np.polyfit(range(len(memory)), memory, 1)[0])
    flat = slope <= TOLERANCE and left <= memory[0] + TOLERANCE * len(memory)
    print(f"errors: {dict(load.faults) or 'none'}; {memory[0]:.0f} MB after warm-up, {left:.0f} MB when all had left")
    print(
        f"{'FLAT' if flat else 'GROWS'}: {slope:+.2f} MB a minute after the first {skipped} of {len(noted)} minutes "
        f"(flat is at most {TOLERANCE:g})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--only", choices=("browse", "classify"))
    parser.add_argument("--think", type=float, nargs="+", help=f"default: none, and {THINK:g} s for browsing")
    parser.add_argument("--model", help="with which images are classified; default the page's first")
    parser.add_argument("--soak", type=int, metavar="MINUTES")
    parser.add_argument("--class", dest="students", type=int, default=0, help="so many in a room, with --soak")
    given = parser.parse_args()
    if max(given.sessions) > MOST_SESSIONS or given.seconds > MOST_SECONDS:
        sys.exit(f"At most {MOST_SESSIONS} sessions and {MOST_SECONDS} s a line.")
    if given.soak is not None and not 3 <= given.soak <= MOST_MINUTES:
        sys.exit(f"A soak takes 3 to {MOST_MINUTES} minutes.")
    if not 0 <= given.students <= MOST_PHONES or (given.students and not given.soak):
        sys.exit(f"A class of at most {MOST_PHONES}, with --soak.")
    if given.soak:
        with fresh_server() as server:
            sessions = given.sessions[-1] if len(given.sessions) == 1 else 10
            asyncio.run(soak(server, sessions, given.soak, given.students))
        return
    for kind in [given.only] if given.only else ["browse", "classify"]:
        thinks = given.think or ([0, THINK] if kind == "browse" else [0])
        table([kind], given.sessions, given.seconds, thinks, given.model)


if __name__ == "__main__":
    main()
