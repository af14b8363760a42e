"""What keeps visitors and their pictures safe and the server's memory flat: settings in effect, collector, heap."""

import ctypes
import gc
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import streamlit as st

from core.serving.decode import MAX_BYTES

MEGABYTES = MAX_BYTES // 2**20
SAFE: dict[str, tuple[Callable[[Any], bool], str]] = {
    "server.maxUploadSize": (lambda value: 0 < value <= MEGABYTES, f"at most {MEGABYTES}"),
    "server.enableXsrfProtection": (lambda value: value is True, "true"),
    "server.enableCORS": (lambda value: value is True, "true"),
    "client.showErrorDetails": (lambda value: str(value).lower() == "none", '"none"'),
    "global.developmentMode": (lambda value: value is False, "false"),
}
"""What a setting has to be, and that in words."""


USAGE = (
    "Whoever runs this server lets Streamlit collect usage statistics: which pages are opened and how fast they are, "
    "no picture and no answer."
)


def unsafe_settings(option: Callable[[str], Any] = st.get_option) -> list[str]:
    """What is wrong with the settings in effect: config file, environment and command line together.

    Args:
        option: Gives the value of a setting.
    """
    found = {name: option(name) for name in SAFE}
    return [
        f"{name} is {found[name]!r}, must be {words}" for name, (safe, words) in SAFE.items() if not safe(found[name])
    ]


def require_safe_settings() -> None:
    """Show nothing but the fault where the settings in effect are not safe.

    Streamlit Community Cloud overrides two of ours: error details, which a script may set back, and usage statistics,
    which it may not, so the visitor is told.
    """
    st.set_option("client.showErrorDetails", "none")
    if st.get_option("browser.gatherUsageStats"):
        st.caption(USAGE)
    if faults := unsafe_settings():
        st.error(
            f"This server is not set up safely, so it shows nothing: {'; '.join(faults)}. Start it in the repository's "
            "root, where .streamlit/config.toml says so, and leave these settings alone.",
            icon=":material/gpp_maybe:",
        )
        st.stop()


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
LARGE = 256 * 1024
"""Bytes from which on an array gets memory of its own."""
ARENAS = 2


def bound_heap() -> None:
    """Have glibc give memory back that is no longer used; elsewhere than on Linux nothing is done.

    By itself it raises the size from which on an array gets memory of its own to 32 MB, and keeps up to eight heaps a
    core for the threads of the visitors, each as large as its busiest moment and full of holes.
    """
    with suppress(OSError, AttributeError):
        heap = ctypes.CDLL("libc.so.6")
        heap.mallopt(M_MMAP_THRESHOLD, LARGE)
        heap.mallopt(M_ARENA_MAX, ARENAS)
