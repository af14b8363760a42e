"""Rate limits."""

import pytest

from core.classroom import limits
from core.classroom.limits import RateLimit
from core.errors import UserError


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_what_is_above_the_limit_must_wait_and_does_not_count() -> None:
    clock = Clock()
    limit = RateLimit(2, 10, "Too fast.", clock)
    limit.count("a")
    clock.seconds = 4
    limit.count("a")
    for clock.seconds in (5, 9.9):
        with pytest.raises(UserError, match="Too fast"):
            limit.count("a")
    limit.count("b")
    clock.seconds = 10
    limit.count("a")
    assert limit.is_full("a")
    with pytest.raises(UserError, match="Too fast"):
        limit.require_free("a")
    clock.seconds = 14
    limit.require_free("a")


def test_made_up_keys_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KEYS", 10)
    limit = RateLimit(1, 10, "Too fast.", Clock())
    for key in range(100):
        limit.count(str(key))
    assert len(limit._events) <= 11
