"""The one clock of the classroom: UTC, and never set back or forward while the server runs."""

import time
from datetime import UTC, datetime, timedelta

from core.errors import UserError

EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock that shows less was never set, for example on a small computer without a battery."""


def elapsed() -> float:
    """Return seconds since the machine started, time asleep included; nobody can set this."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


_START, _AT = time.time(), elapsed()
"""What the wall clock showed when the server started, and when that was."""


def now() -> datetime:
    """Return the time in UTC: the wall clock at the server's start, plus what has elapsed since.

    If somebody sets the wall clock meanwhile, no room expires early and no time is stored out of order.

    Example:
        >>> now().tzinfo
        datetime.timezone.utc
    """
    return datetime.fromtimestamp(_START, UTC) + timedelta(seconds=elapsed() - _AT)


def require_set_clock() -> None:
    """Check that the clock was set, because rooms are deleted by their age.

    Raises:
        UserError: It shows a time before this app was made.
    """
    if now() < EARLIEST:
        raise UserError(f"This server's clock shows {now():%Y}, so it can't open a room; set the clock and restart it.")
