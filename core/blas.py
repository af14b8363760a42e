"""Limit linear algebra to one thread while any part of the program asks for it.

The number of BLAS threads is one for the whole process. Two limits of threadpoolctl that overlap in time would each
restore what they found: the first to end lifts the limit of the other, and the last restores that limit for good.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from threading import Lock
from typing import Any

_lock = Lock()
_limit = ExitStack()
_limited: set[bool] = set()
_inside = 0


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Work on one BLAS thread: several would wait for one another on busy cores.

    Example:
        >>> with one_blas_thread(), one_blas_thread():
        ...     pass
    """
    global _inside
    with _lock:
        _inside += 1
        if (with_scipy := "scipy.linalg" in sys.modules) not in _limited:
            _limited.add(with_scipy)
            _limit.enter_context(_controller(with_scipy).limit(limits=1, user_api="blas"))
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                _limit.close()
                _limited.clear()


@cache
def _controller(with_scipy: bool) -> Any:  # noqa: ARG001, SciPy brings a BLAS of its own, which a former controller lacks
    """Find the libraries that are loaded; that takes 5 ms, a fifth of a heatmap."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
