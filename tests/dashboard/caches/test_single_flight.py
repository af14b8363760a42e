"""One run serves everybody who asks at the same time, whoever gives up and whatever goes wrong."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest

from core.errors import UserError
from dashboard.caches.single_flight import SingleFlight

CLASS = 40


class GaveUp(Exception):
    """A visitor pressed Stop."""


def all_at_once(ask: Callable[[int], Any]) -> list[Any]:
    """The answers that 40 threads get that start together."""
    gate = Barrier(CLASS)

    def one(i: int) -> Any:
        gate.wait()
        return ask(i)

    with ThreadPoolExecutor(CLASS) as pool:
        return list(pool.map(one, range(CLASS)))


def test_forty_requests_are_one_run_and_all_see_its_progress() -> None:
    runs: SingleFlight[str, str] = SingleFlight(4)
    started, go, seen = [], Event(), [set[str]() for _ in range(CLASS)]

    def work(report: Callable[[float, str], object]) -> str:
        started.append(1)
        report(0.5, "Training")
        go.wait(30)
        return "trained"

    def ask(i: int) -> str:
        def see(_: float, text: str) -> None:
            seen[i].add(text)
            if all("Training" in each for each in seen):
                go.set()

        return runs.get("smote", work, see)

    assert all_at_once(ask) == ["trained"] * CLASS
    assert len(started) == 1
    assert runs.ready("smote") == "trained"


def test_one_who_gives_up_leaves_the_run_to_the_others() -> None:
    runs: SingleFlight[str, str] = SingleFlight(4)
    left, both = Event(), Barrier(2)

    def work(report: Callable[[float, str], object]) -> str:
        left.wait(30)
        report(0.5, "Training")
        return "trained"

    def give_up(*_: object) -> None:
        both.wait(30)
        raise GaveUp

    def wait_for_it(*_: object) -> None:
        if not left.is_set():
            both.wait(30)

    with ThreadPoolExecutor(2) as pool:
        stays = pool.submit(runs.get, "smote", work, wait_for_it)
        leaves = pool.submit(runs.get, "smote", work, give_up)
        with pytest.raises(GaveUp):
            leaves.result(30)
        left.set()
        assert stays.result(30) == "trained"


def test_a_run_that_nobody_waits_for_stops_at_its_next_step() -> None:
    runs: SingleFlight[str, str] = SingleFlight(4)
    left, ended, steps = Event(), Event(), []

    def work(report: Callable[[float, str], object]) -> str:
        left.wait(30)
        try:
            report(0.5, "Training")
            steps.append("trained on")
        finally:
            ended.set()
        return "trained"

    def give_up(*_: object) -> None:
        raise GaveUp

    with pytest.raises(GaveUp):
        runs.get("smote", work, give_up)
    left.set()
    assert ended.wait(30) and not steps
    assert runs.ready("smote") is None
    assert runs.get("smote", lambda _: "again") == "again"


def test_a_fault_reaches_everybody_and_the_next_call_tries_again() -> None:
    runs: SingleFlight[str, str] = SingleFlight(4)

    def fail(_: object) -> str:
        raise UserError("Choose another classifier.")

    def ask(_: int) -> str:
        with pytest.raises(UserError, match="another classifier"):
            runs.get("smote", fail)
        return "refused"

    assert set(all_at_once(ask)) == {"refused"}
    assert runs.get("smote", lambda _: "trained") == "trained"


def test_only_the_latest_results_are_kept() -> None:
    runs: SingleFlight[int, str] = SingleFlight(2)
    for key in (1, 2):
        runs.get(key, lambda _: "found")
    assert runs.ready(1)  # used again, so 2 is now the oldest
    runs.get(3, lambda _: "found")
    assert runs.ready(1) and runs.ready(3) and not runs.ready(2)
