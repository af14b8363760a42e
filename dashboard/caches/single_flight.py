"""One run for everybody who asks for the same thing at the same time; all of them see its progress."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
Report = Callable[[float, str], object]
EVERY = 0.2
"""Seconds between two reports to somebody who waits."""


class _Deserted(Exception):
    """Nobody waits for the run any more."""


@dataclass
class _Flight(Generic[V]):
    """A run that others may join.

    Attributes:
        waiting: Number of callers that wait for it.
        progress: Share done and a description.
        value: The result, once it is there.
        error: What went wrong instead.
        landed: Whether it has ended.
    """

    waiting: int = 0
    progress: tuple[float, str] = (0.0, "Starting")
    value: V | None = None
    error: BaseException | None = None
    landed: bool = False


@dataclass
class SingleFlight(Generic[K, V]):
    """Results by key, computed once however many ask.

    The work runs in a thread of its own, so that a caller who gives up doesn't stop it for the others; when the last
    one gives up, it stops at its next step.

    Attributes:
        kept: Number of results that are kept, the latest used last.
    """

    kept: int
    _found: OrderedDict[K, V] = field(default_factory=OrderedDict)
    _flights: dict[K, _Flight[V]] = field(default_factory=dict)
    _changed: Condition = field(default_factory=Condition)

    def ready(self, key: K) -> V | None:
        """Return the result of a key if it is there."""
        with self._changed:
            if key in self._found:
                self._found.move_to_end(key)
            return self._found.get(key)

    def get(self, key: K, work: Callable[[Report], V], on_step: Report = lambda share, text: None) -> V:  # noqa: ARG005
        """Return the result of a key; run `work` if nobody else is running it.

        Args:
            key: What is asked for.
            work: Computes it; takes a report to be called before each step with the share done and a description.
            on_step: Runs while waiting; an exception in it ends the waiting, not the run of the others.

        Raises:
            Exception: What `work` raised; every caller gets it, and the next call tries again.
        """
        with self._changed:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
            flight = self._flights.get(key) or self._start(key, work)
            flight.waiting += 1
        try:
            self._wait(flight, on_step)
        finally:
            with self._changed:
                flight.waiting -= 1
                if not flight.waiting and not flight.landed and self._flights.get(key) is flight:
                    del self._flights[key]  # the next caller starts another run, because this one is about to stop
        if flight.error:
            raise flight.error
        assert flight.value is not None
        return flight.value

    def _start(self, key: K, work: Callable[[Report], V]) -> _Flight[V]:
        flight = self._flights[key] = _Flight()
        Thread(target=self._fly, args=(key, flight, work), daemon=True).start()
        return flight

    def _fly(self, key: K, flight: _Flight[V], work: Callable[[Report], V]) -> None:
        def report(share: float, text: str) -> None:
            with self._changed:
                if self._flights.get(key) is not flight:
                    raise _Deserted
                flight.progress = share, text
                self._changed.notify_all()

        try:
            flight.value = work(report)
        except BaseException as error:
            flight.error = error
        with self._changed:
            if flight.error is None and flight.value is not None:
                self._found[key] = flight.value
                while len(self._found) > self.kept:
                    self._found.popitem(last=False)
            flight.landed = True
            if self._flights.get(key) is flight:
                del self._flights[key]
            self._changed.notify_all()

    def _wait(self, flight: _Flight[V], on_step: Report) -> None:
        while True:
            with self._changed:
                if flight.landed:
                    return
                progress = flight.progress
            on_step(*progress)  # outside the lock, because it draws on a page
            with self._changed:
                if not flight.landed and flight.progress == progress:
                    self._changed.wait(EVERY)
