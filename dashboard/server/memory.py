"""Keep the server's memory constant: garbage collector, heap, OpenCV. Imported at the start, so it imports little."""

import ctypes
import gc
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_spared = 0
"""Number of loaded modules at the last `gc.freeze()`."""
COLLECT = 1.0
"""Seconds between collections of all garbage, of which a busy server makes some 20 MB in that time."""
FIRST = 6.0
"""Seconds after the start in which the first visitor's page comes before any collection."""
_collected = time.monotonic() + FIRST
"""Time of the last collection, by the monotonic clock. It begins in the future, and until then there is none."""


def collect_garbage() -> None:
    """Collect garbage, at most every COLLECT seconds, and exclude objects created by imports from later collections.

    Streamlit would collect after every run of a page, which takes a tenth of a busy server's time;
    .streamlit/config.toml switches that off (`runner.postScriptGC`). Each would also scan the libraries' many permanent
    objects, which takes longer than a run. Call this at the beginning of a run.
    """
    global _spared, _collected
    now, grown = time.monotonic(), len(sys.modules) > _spared
    if now < _collected or (not grown and now - _collected < COLLECT):
        return
    _collected = now
    gc.collect()
    if grown:
        _spared = len(sys.modules)
        gc.freeze()


@contextmanager
def importing() -> Iterator[None]:
    """Collect no garbage meanwhile: each collection would scan all that has been imported so far."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
"""Constants from glibc's malloc.h."""
LARGE = 256 * 1024
"""Bytes from which an array gets its own memory mapping; less than a model's input image. From 64 KB on, the kernel
would take longer to hand out the mappings for one heatmap than its arithmetic takes."""
ARENAS = 2


def bound_heap() -> None:
    """Make glibc return unused memory; does nothing on other systems.

    By default, glibc raises the size from which an array gets its own memory mapping to up to 32 MB, and keeps up to
    eight fragmented heaps per core for the visitors' threads. Existing heaps stay in use, so call this before threads
    start.
    """
    with suppress(OSError, AttributeError):
        heap = ctypes.CDLL("libc.so.6")
        heap.mallopt(M_MMAP_THRESHOLD, LARGE)
        heap.mallopt(M_ARENA_MAX, ARENAS)


TRIM, FORGET = 5.0, 1.0
"""Seconds between trims, of which one takes a few milliseconds, and between the times at which models' files go."""
_trimmed, _forgotten = -TRIM, -FORGET
"""Times of the last ones, by the monotonic clock."""


def trim_heap() -> None:
    """Make glibc return unused pages inside its heaps, at most every TRIM seconds; does nothing on other systems.

    Short-lived memory lies between long-lived memory, so without trimming the heaps would stay at their peak size. What
    was read of open models' files goes too, at most every FORGET seconds. Call this at the beginning of a run, right
    after `collect_garbage`.
    """
    global _trimmed, _forgotten
    now = time.monotonic()
    if now - _trimmed >= TRIM:
        _trimmed = now
        with suppress(OSError, AttributeError):
            ctypes.CDLL("libc.so.6").malloc_trim(0)
    # There is none before a model was opened, nor while another thread is still importing it.
    forget_graphs = getattr(sys.modules.get("core.inference.pool"), "forget_graphs", None)
    if forget_graphs and now - _forgotten >= FORGET:
        _forgotten = now
        forget_graphs()


def work_alone() -> None:
    """Make linear algebra and OpenCV use only the calling thread, from their import on: Home does without them.

    While several visitors' scripts share the cores, threads of one matrix product wait for one another in busy loops:
    on two busy cores a product took 70 times the processor time that it takes on one thread.

    Streamlit runs each page in a new thread, and OpenCV leaks 880 bytes for every thread that uses its thread pool
    (OpenCV issue 23912). The images here are too small to gain from several threads anyway.
    """
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"}
    if "cv2" in sys.modules:
        import cv2

        cv2.setNumThreads(1)
