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
import statistics
import sys
import time

import numpy as np

from tests.benchmarks.class_load import Answers, lessons
from tests.benchmarks.crowd import Load, Picks, Server, begin, crowd, fresh_server, go_on, noted, replicas
from tests.visitors import Visitor

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


def line(kind: str, sessions: int, seconds: float, think: float, picks: Picks, two: bool = False) -> str:
    """One line of the table, on a fresh server, or on two behind nginx."""
    with replicas() if two else fresh_server() as server:
        before = server.memory
        load = asyncio.run(crowd(server, kind, sessions, seconds, think, picks))
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


def table(kinds: list[str], sessions: list[int], seconds: float, thinks: list[float], picks: Picks, two: bool) -> None:
    print(
        "| what | sessions | think time | runs a second | median, s | p95, s | errors | busy | MB before | peak | "
        "after | MB a session | clients, % of a core |"
    )
    print("|" + " --- |" * 13, flush=True)
    for kind in kinds:
        for think in thinks:
            for number in sessions:
                print(line(kind, number, seconds, think, picks, two), flush=True)


async def come_and_go(server: Server, number: int, until: float, load: Load) -> None:
    """One visitor after another in one place, each for a minute; every other place classifies."""
    kind, visit = ("browse", "classify")[number % 2], 0
    while time.monotonic() < until:
        leave = min(time.monotonic() + STAY * (0.5 + number / 10 % 1), until)
        async with noted(load), Visitor(server.url, seed=number + 100 * visit) as visitor:
            await begin(visitor, kind, number, {})
            await go_on(visitor, kind, number + 100 * visit, 1.0, leave, load)
        visit += 1


async def soak(server: Server, sessions: int, minutes: int, students: int = 0) -> None:
    """Mean memory of each minute under visitors who come and go, and memory after the last has left."""
    load, start, minutely, answers = Load(), time.monotonic(), [], Answers()
    until = start + 60 * minutes
    visits = [come_and_go(server, number, until, load) for number in range(sessions)]
    taught = [lessons(server.url, server.database, students, until, answers)] if students else []
    going = asyncio.gather(*visits, *taught)
    for minute in range(1, minutes + 1):
        readings = []  # one each second: from one to the next they swing by ten megabytes
        while time.monotonic() < start + 60 * minute:
            readings.append(server.memory)
            await asyncio.sleep(1)
        minutely.append(statistics.fmean(readings))
        phones = f", {answers.shown} answers on phones" if students else ""
        print(
            f"minute {minute:3}: {minutely[-1]:6.1f} MB, {len(load.times)} runs, {load.busy} busy{phones}", flush=True
        )
    await going
    await asyncio.sleep(FORGET)
    await server.warm_up()  # Streamlit lets go of expired sessions when another one comes
    await asyncio.sleep(2)
    load.faults.update(answers.faults)
    print_growth(minutely, server.memory, load)


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
    parser.add_argument("--heatmap", help="how images are explained; default the page's first")
    parser.add_argument("--replicas", action="store_true", help="two servers behind nginx, as README describes")
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
        picks = {label: option for label, option in (("Model", given.model), ("Heatmap", given.heatmap)) if option}
        table([kind], given.sessions, given.seconds, thinks, picks, given.replicas)


if __name__ == "__main__":
    main()
