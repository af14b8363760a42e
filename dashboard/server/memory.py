"""What keeps the server's memory flat: collector, heap, OpenCV. Imports little, for the server starts with it."""

import ctypes
import gc
import sys
import time
from contextlib import suppress

_spared = 0
"""How many modules were loaded when the collector was last spared them."""


def spare_collector() -> None:
    """Take what imports have made out of the garbage collector's sight.

    Streamlit collects garbage after every run of a page, which keeps memory flat, but looks each time at the many
    objects of the libraries that live as long as the server: most of a run's time. Called at a run's beginning, when
    the run before has just been collected.
    """
    global _spared
    if len(sys.modules) > _spared:
        _spared = len(sys.modules)
        gc.freeze()


M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
"""Names of glibc's malloc.h."""
LARGE = 64 * 1024
"""Bytes from which on an array gets memory of its own: less than an image as a model sees it."""
ARENAS = 2


def bound_heap() -> None:
    """Have glibc give memory back that is no longer used; elsewhere than on Linux nothing is done.

    By itself it raises the size from which on an array gets memory of its own to 32 MB, and keeps up to eight heaps a
    core for the threads of the visitors, each as large as its busiest moment and full of holes. Heaps that are there
    already stay in use, so this has to come before the threads.
    """
    with suppress(OSError, AttributeError):
        heap = ctypes.CDLL("libc.so.6")
        heap.mallopt(M_MMAP_THRESHOLD, LARGE)
        heap.mallopt(M_ARENA_MAX, ARENAS)


TRIM = 20.0
"""Seconds from one trim to the next; one takes a few milliseconds."""
_trimmed = -TRIM
"""When the heaps were last trimmed, on the monotonic clock."""


def trim_heap() -> None:
    """Have glibc give back the pages inside its heaps that nothing uses, now and then; elsewhere nothing is done.

    What many visitors need for a moment lies between what stays, so that the heaps end at their busiest moment though
    little of them is in use. Called at a run's beginning, when the run before has just been collected.
    """
    global _trimmed
    now = time.monotonic()
    if now - _trimmed < TRIM:
        return
    _trimmed = now
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def work_alone() -> None:
    """Have OpenCV work on the thread that asks it.

    Streamlit runs a page on a thread of its own each time, and of every thread that shares its work with others OpenCV
    keeps 880 bytes until the process ends (its issue 23912). Images of a page are too small to gain from sharing.
    """
    import cv2

    cv2.setNumThreads(1)
