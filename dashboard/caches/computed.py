"""The cache of what is computed from tables: charts, counts, sentences; made for one visitor, kept for all.

It is keyed by the values themselves, so nothing in it can be out of date.
"""

import hashlib
import pickle
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import streamlit as st

KEPT = 256
"""Results, 1 to 100 KB each: a chart as JSON with its table and its sentence, or a small table."""
P = ParamSpec("P")
T = TypeVar("T")


def fingerprint(*parts: object) -> str:
    """Return a text that is the same only for the same values: tables, dataclasses, functions by their names.

    It takes 0.2 ms for the largest table behind a chart; drawing takes 3 to 50.
    """
    return hashlib.sha256(pickle.dumps(parts, protocol=pickle.HIGHEST_PROTOCOL)).hexdigest()


def once(key: str, compute: Callable[[], T]) -> T:
    """Return what `compute` returns; it is called only if nothing is kept under this key.

    Args:
        key: From `fingerprint`, of everything that the result depends on.
        compute: Makes it; all sessions share the result, so nobody may change it.
    """
    return cast(T, _once(key, compute))


@st.cache_resource(max_entries=KEPT, show_spinner=False)
def _once(key: str, _compute: Callable[[], Any]) -> Any:  # noqa: ARG001, the cache's key
    return _compute()


def computed(function: Callable[P, T], *parts: P.args, **options: P.kwargs) -> T:
    """Call a function that depends on nothing but its arguments, or return what it returned for the same ones before.

    Not for a visitor's own data, which must not outlive the session.

    Args:
        function: One of a module, or a `functools.partial` of one.
        parts: Its arguments.
        options: Its arguments by name.

    Example:
        >>> computed(max, 2, 3)
        3
    """
    return once(fingerprint(function, parts, options), lambda: function(*parts, **options))


def direct(function: Callable[P, T], *parts: P.args, **options: P.kwargs) -> T:
    """Call a function; in place of `computed` for a visitor's own data."""
    return function(*parts, **options)
