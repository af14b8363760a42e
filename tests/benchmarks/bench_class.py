"""A class on this machine: joining, Reveal to the last phone, one lab for all, killed writers and a killed server.

Run by hand, on a machine that does little else: `python -m tests.benchmarks.bench_class [--phones 40] [--reveals 10]`.
Starts and stops everything itself. Phones are visitors without a browser: like `watch.js` they ask for the room's
version once a second, from a random moment on, and run their part of the page when it has changed. The time of a reveal
counts from its commit until a phone has got the page with the answer.
"""

import argparse
import asyncio
import logging
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from playwright.sync_api import sync_playwright

from core.classroom.answers import guesses, save_guess
from core.classroom.contracts import StepPhase
from core.classroom.database import Classroom
from core.classroom.limits import Limits, RateLimit
from core.classroom.people import join
from core.classroom.rooms import Opened, advance, go_to_step, open_room
from core.classroom.settings import FILE
from core.config import ROOT
from core.lab.experiment import run_setting
from core.lab.setting import Setting
from core.lessons.steps import STEPS
from core.resampling.spec import ResamplingSpec
from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path
from tests.phones import EVERY, Phone
from tests.servers import free_port, start_server
from tests.visitors import run_apart

KEYS = [step.key for step in STEPS]
ARRIVALS = 0.25
"""Seconds between two students who join."""
ANSWER = "The answer is"
KILLS = 3


async def play(server: psutil.Process, url: str, classroom: Classroom, phones: int, reveals: int) -> None:
    """Have a class join, guess and wait for each reveal; print how long each took."""
    opened = open_room(classroom, KEYS)
    async with AsyncExitStack() as stack:
        class_phones = [Phone(url, f"room={opened.room.code}") for _ in range(phones)]

        async def arrive(number: int, phone: Phone) -> float:
            await asyncio.sleep(number * ARRIVALS)
            await stack.enter_async_context(phone)
            return await phone.join()

        joined = await asyncio.gather(*(arrive(i, phone) for i, phone in enumerate(class_phones)))
        print_row(f"{phones} students join, one every {ARRIVALS} s: click to seat", joined)
        last, each, busy = list[float](), list[float](), list[float]()
        for number in range(reveals):
            times, worked = await reveal(server, classroom, opened, class_phones, KEYS[number % len(KEYS)])
            busy.append(worked)
            last.append(max(times))
            each += times
            if number % len(KEYS) == len(KEYS) - 1:
                opened = await move(classroom, class_phones)
    print_row(f"Reveal to each of {phones} phones", each)
    print_row(f"Reveal to the last of {phones} phones, {reveals} reveals", last)
    print_row("processor time of the server, from Reveal to the last phone", busy)


async def move(classroom: Classroom, phones: list[Phone]) -> Opened:
    """Take everybody to a new room, where no step was revealed."""
    opened = open_room(classroom, KEYS)
    for phone in phones:
        phone.query = f"room={opened.room.code}"
        await phone.join()
    return opened


async def reveal(
    server: psutil.Process, classroom: Classroom, opened: Opened, phones: list[Phone], step: str
) -> tuple[list[float], float]:
    """Take the class to a step, have everybody guess twice, reveal; returns each phone's seconds and the server's."""
    go_to_step(classroom, opened.teacher, step)
    title = next(each.title for each in STEPS if each.key == step)
    await asyncio.gather(*(phone.wait_for(title) for phone in phones))
    tokens = [phone.data["room_token"]["token"] for phone in phones]
    guess = next(each.guess for each in STEPS if each.key == step)
    value = str(guess.start if hasattr(guess, "start") else guess.options[0].key)
    for phase in (StepPhase.FIRST, StepPhase.SECOND):
        advance(classroom, opened.teacher, step, phase)
        for token in tokens:
            save_guess(classroom, token, step, value, 2)
    seen = [asyncio.create_task(phone.wait_for(ANSWER)) for phone in phones]
    await asyncio.sleep(2 * EVERY)  # everybody has seen the second vote and asks again and again
    advance(classroom, opened.teacher, step, StepPhase.REVEAL)
    begin, before = time.time(), sum(server.cpu_times()[:2])
    times = [at - begin for at in await asyncio.gather(*seen)]
    return times, sum(server.cpu_times()[:2]) - before


WRITERS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from core.classroom.answers import save_guess
from core.classroom.rooms import go_to_step
from core.classroom.database import Classroom
from core.classroom.limits import Limits, RateLimit
url, teacher, steps, *tokens = sys.argv[1:]
classroom = Classroom(url, Limits(*(RateLimit(10**9, 60, "Too fast.") for _ in range(4))))
def write(token, step):
    save_guess(classroom, token, step, 50, 2)
    sys.stdout.write(f"{token} {step}\\n")
    sys.stdout.flush()
with ThreadPoolExecutor(len(tokens)) as threads:
    for step in steps.split(","):
        go_to_step(classroom, teacher, step)
        list(threads.map(lambda token: write(token, step), tokens))
print("end", flush=True)
"""


def unlimited(url: str) -> Classroom:
    """A class database whose rate limits don't matter here."""
    many = [RateLimit(10**9, 60, "Too fast.") for _ in range(4)]
    return Classroom(url, Limits(*many))


def kill_writers(url: str, writers: int) -> None:
    """Kill a process of so many writing threads in the middle; print how many acknowledged guesses are missing."""
    classroom, acknowledged, missing, before = unlimited(url), 0, 0, time.perf_counter()
    for _ in range(KILLS):
        steps = [f"step{i}" for i in range(100)]
        opened = open_room(classroom, steps)
        tokens = {(joined := join(classroom, opened.room.code)).token: joined.participant.id for _ in range(writers)}
        command = [sys.executable, "-c", WRITERS, url, opened.teacher, ",".join(steps), *tokens]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert process.stdout
            lines = [process.stdout.readline()]
            wait = random.uniform(0.3, 1.5)
            time.sleep(wait)
            process.kill()
            lines += process.stdout.read().splitlines()
        pairs = [line.split() for line in lines if len(line.split()) == 2 and line.split()[1] in steps]
        saved = {(each.participant_id, each.step) for each in guesses(classroom, opened.room)}
        acknowledged += len(pairs)
        missing += sum((tokens[token], step) not in saved for token, step in pairs)
    print(
        f"{writers} writers, killed {KILLS} times: {acknowledged} guesses acknowledged, {missing} of them missing "
        f"({time.perf_counter() - before:.0f} s)"
    )


def rejoin(folder: Path, start: Callable[[int], Any], times: int) -> None:
    """Kill the server, start it again, and print when a browser shows what was revealed meanwhile."""
    classroom, port = unlimited(f"sqlite:///{folder / FILE}"), free_port()
    found, wholes = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(playwright), args=CHROMIUM_FLAGS)
        for _ in range(times):
            opened = open_room(classroom, KEYS)
            go_to_step(classroom, opened.teacher, KEYS[0])
            server = start(port)
            context = browser.new_context(viewport={"width": 390, "height": 844})
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{port}/class?room={opened.room.code}")
            page.get_by_role("button", name="Join").click()
            page.get_by_role("slider").wait_for()
            page.wait_for_function("document.cookie.includes('class-')")
            server.kill()
            server.wait()
            killed = time.perf_counter()
            advance(classroom, opened.teacher, KEYS[0], StepPhase.REVEAL)
            server = start(port)
            ready = time.perf_counter()
            page.get_by_text(ANSWER).wait_for(timeout=60_000)
            found.append(time.perf_counter() - ready)
            wholes.append(time.perf_counter() - killed)
            context.close()
            server.terminate()
            server.wait()
        browser.close()
    print_row("the server is killed and started: from its first answer to the phone's page", found)
    print_row("the same, from the kill", wholes)


def share_training(requests: int) -> None:
    """Ask for one setting of the lab, alone and from so many threads at once; print the trainings and the times."""
    from dashboard.caches import lab

    logging.disable(logging.WARNING)  # of Streamlit, which misses its server here
    trained: list[Setting] = []

    def counted(setting: Setting, *arguments: Any) -> Any:
        trained.append(setting)
        return run_setting(setting, *arguments)

    lab.run_setting = counted  # type: ignore[assignment]
    lab.embeddings()

    def ask(setting: Setting) -> float:
        begin = time.perf_counter()
        lab.result(setting)
        return time.perf_counter() - begin

    ask(Setting(ResamplingSpec("smote", seed=1)))  # imports what training needs
    alone = ask(Setting(ResamplingSpec("smote", seed=2)))
    trained.clear()
    with ThreadPoolExecutor(requests) as threads:
        times = list(threads.map(ask, [Setting(ResamplingSpec("smote", seed=3))] * requests))
    print(
        f"one cold setting of the lab: {alone:.2f} s alone; {requests} requests at once: {len(trained)} training, the "
        f"last has it after {max(times):.2f} s"
    )


def print_row(name: str, seconds: list[float]) -> None:
    """Print median, 95th percentile and maximum."""
    ends = np.percentile(seconds, [50, 95])
    print(f"{name}: median {ends[0]:.2f} s, 95th percentile {ends[1]:.2f} s, at most {max(seconds):.2f} s", flush=True)


PARTS = ("class", "lab", "writers", "restarts")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--phones", type=int, default=40, choices=range(1, 101), metavar="1-100")
    parser.add_argument("--reveals", type=int, default=10, choices=range(1, 51), metavar="1-50")
    parser.add_argument("--restarts", type=int, default=3, choices=range(1, 11), metavar="1-10")
    arguments = parser.parse_args()
    parts = arguments.parts or PARTS
    print(f"{psutil.cpu_count()} cores; other programs used {psutil.cpu_percent(3):.0f}% of them before the start")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = {key: value for key, value in os.environ.items() if key != "HAM10000_DIR"}
        env = plain | {"HAM10000_STATE": name}
        if "class" in parts:
            measure_class(folder, env, arguments.phones, arguments.reveals)
        if "lab" in parts:
            share_training(arguments.phones)
        if "writers" in parts:
            kill_writers(f"sqlite:///{folder / 'writers.sqlite'}", arguments.phones)
        if "restarts" in parts:
            started: list[subprocess.Popen[bytes]] = []

            def start(port: int) -> subprocess.Popen[bytes]:
                started.append(start_server(folder / "again.log", env, port=port)[0])
                return started[-1]

            try:
                rejoin(folder, start, arguments.restarts)
            finally:
                for server in started:
                    server.kill()


def measure_class(folder: Path, env: dict[str, str], phones: int, reveals: int) -> None:
    """Start a server and have a class play on it."""
    server, url = start_server(folder / "server.log", env)
    try:
        classroom = unlimited(f"sqlite:///{folder / FILE}")
        run_apart(play(psutil.Process(server.pid), url, classroom, phones, reveals))
    except AssertionError:
        print((folder / "server.log").read_text()[-3000:])
        raise
    finally:
        server.terminate()
        server.wait(timeout=20)


if __name__ == "__main__":
    main()
