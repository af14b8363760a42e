"""Rate limits, counted in this process; they stop scripts and never a busy class."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from core.errors import UserError

KEYS = 20_000
"""Keys that are remembered; beyond that, all are forgotten."""


class RateLimit:
    """Allows a number of events per key within a time.

    Example:
        >>> limit = RateLimit(2, 60.0, "Too fast.")
        >>> limit.count("a"); limit.count("a"); limit.is_full("a")
        True
        >>> limit.count("a")
        Traceback (most recent call last):
        core.errors.UserError: Too fast.
    """

    def __init__(self, most: int, seconds: float, message: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing counted.

        Args:
            most: Events allowed per key.
            seconds: Within this time.
            message: One sentence for a visitor who is above it.
            clock: Seconds from a clock that nobody can set.
        """
        self._most, self._seconds, self._message, self._clock = most, seconds, message, clock
        self._events: dict[str, deque[float]] = {}
        self._lock = Lock()

    def is_full(self, key: str) -> bool:
        """Tell whether another event would be above the limit."""
        with self._lock:
            return len(self._recent(key)) >= self._most

    def require_free(self, key: str) -> None:
        """Check that another event is allowed, without counting one.

        Raises:
            UserError: Another event would be above the limit.
        """
        if self.is_full(key):
            raise UserError(self._message)

    def count(self, key: str) -> None:
        """Count an event.

        Raises:
            UserError: It is above the limit; it then doesn't count.
        """
        with self._lock:
            recent = self._recent(key)
            if len(recent) >= self._most:
                raise UserError(self._message)
            recent.append(self._clock())

    def _recent(self, key: str) -> deque[float]:
        if len(self._events) > KEYS:
            self._events.clear()
        recent = self._events.setdefault(key, deque())
        while recent and recent[0] <= self._clock() - self._seconds:
            recent.popleft()
        return recent


def _limit(most: int, seconds: float, message: str) -> Callable[[], RateLimit]:
    return lambda: RateLimit(most, seconds, message)


@dataclass(frozen=True)
class Limits:
    """All limits of one process.

    Attributes:
        token: Writes per student.
        room: Writes per room, the teacher's not included.
        opened: Rooms opened on this server.
        wrong: Wrong codes and links on this server, whoever sent them, so that codes can't be found by trying.
        code: How often the same wrong code counts: a class that opens an old link at once is no search for codes.
    """

    token: RateLimit = field(default_factory=_limit(30, 60, "That was too fast; wait a minute, then go on."))
    room: RateLimit = field(default_factory=_limit(1200, 60, "This room is very busy; wait a minute, then go on."))
    opened: RateLimit = field(
        default_factory=_limit(30, 3600, "Many rooms were opened here within an hour; try again later.")
    )
    wrong: RateLimit = field(
        default_factory=_limit(60, 60, "Many wrong codes were entered on this server; wait a minute and try again.")
    )
    code: RateLimit = field(default_factory=_limit(1, 60, "This wrong code has just been counted."))
