"""What is computed once is kept by its values."""

from functools import partial

import pandas as pd
import pytest

from dashboard.caches import computed as module
from dashboard.caches.computed import computed, direct, fingerprint, once

CALLS: list[object] = []


@pytest.fixture(autouse=True)
def _empty() -> None:
    module._once.clear()
    CALLS.clear()


def total(table: pd.DataFrame, column: str, plus: int = 0) -> int:
    """Count a call, and add a column up."""
    CALLS.append(column)
    return int(table[column].sum()) + plus


def test_the_same_values_are_computed_once() -> None:
    for _ in range(3):
        assert computed(total, pd.DataFrame({"a": [1, 2], "b": [3, 4]}), "a") == 3
    assert CALLS == ["a"]


@pytest.mark.parametrize(
    ("table", "options"),
    [({"a": [1, 3]}, {}), ({"a": [1, 2], "b": [0, 0]}, {}), ({"a": [1, 2]}, {"plus": 1})],
)
def test_other_values_are_computed_anew(table: dict[str, list[int]], options: dict[str, int]) -> None:
    computed(total, pd.DataFrame({"a": [1, 2]}), "a")
    assert computed(total, pd.DataFrame(table), "a", **options) == direct(total, pd.DataFrame(table), "a", **options)
    assert len(CALLS) == 3


def test_a_function_with_other_bound_arguments_is_another_function() -> None:
    found = [fingerprint(each) for each in (total, partial(total, plus=1), partial(total, plus=2), len)]
    assert len(set(found)) == len(found)


def test_an_error_is_not_kept() -> None:
    with pytest.raises(ZeroDivisionError):
        once("key", lambda: 1 // 0)
    assert once("key", lambda: 2) == 2


def test_what_is_kept_is_bounded() -> None:
    for number in range(module.KEPT + 1):
        once(str(number), lambda number=number: number)
    assert once("0", lambda: -1) == -1, "the oldest is dropped"
    assert once(str(module.KEPT), lambda: -1) == module.KEPT


def test_direct_keeps_nothing() -> None:
    for _ in range(2):
        direct(total, pd.DataFrame({"a": [1]}), "a")
    assert len(CALLS) == 2
