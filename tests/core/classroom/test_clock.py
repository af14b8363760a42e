"""The clock: UTC, and the wall clock can't move it while the server runs."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from core.classroom import clock
from core.errors import UserError


def test_it_shows_the_wall_clock_in_utc() -> None:
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=5)


@pytest.mark.parametrize("jump", [-1e9, 1e9])
def test_a_wall_clock_that_jumps_moves_nothing(monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
    before, wall = clock.now(), time.time()
    monkeypatch.setattr(time, "time", lambda: wall + jump)
    assert timedelta(0) <= clock.now() - before < timedelta(hours=1)


def test_a_clock_that_was_never_set_opens_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    clock.require_set_clock()
    monkeypatch.setattr(clock, "now", lambda: datetime(1970, 1, 1, tzinfo=UTC))
    with pytest.raises(UserError, match="clock shows 1970"):
        clock.require_set_clock()
