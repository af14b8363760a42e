"""Check the settings that protect visitors and their images."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.config import MAX_BYTES

MEGABYTES = MAX_BYTES // 2**20
SAFE: dict[str, tuple[Callable[[Any], bool], str]] = {
    "server.maxUploadSize": (lambda value: 0 < value <= MEGABYTES, f"at most {MEGABYTES}"),
    "server.enableXsrfProtection": (lambda value: value is True, "true"),
    "server.enableCORS": (lambda value: value is True, "true"),
    "client.showErrorDetails": (lambda value: str(value).lower() == "none", '"none"'),
    "global.developmentMode": (lambda value: value is False, "false"),
}
"""For each setting: a check of its value, and the required value as text."""


USAGE = (
    "This server lets Streamlit collect usage statistics: which pages are opened and how fast they are, but no images "
    "and no predictions."
)


def unsafe_settings(option: Callable[[str], Any] = st.get_option) -> list[str]:
    """List unsafe settings, from config file, environment and command line together.

    Args:
        option: Returns the value of a setting.
    """
    found = {name: option(name) for name in SAFE}
    return [
        f"{name} is {found[name]!r}, must be {required}"
        for name, (safe, required) in SAFE.items()
        if not safe(found[name])
    ]


def require_safe_settings() -> None:
    """Stop with an error message if a setting is unsafe.

    Streamlit Community Cloud switches usage statistics on, which a script can't undo; visitors then see a note.
    """
    fault = settings_fault()
    if st.get_option("browser.gatherUsageStats"):
        st.caption(USAGE)
    if fault:
        st.error(fault, icon=":material/gpp_maybe:")
        st.stop()


def settings_fault() -> str | None:
    """Say which settings are unsafe and what to do, for the browser and the terminal; None if all are safe.

    Error details, which Streamlit Community Cloud switches on, are switched off first: a script can do that.
    """
    st.set_option("client.showErrorDetails", "none")
    if not (faults := unsafe_settings()):
        return None
    return (
        f"This server's settings are unsafe, so it shows nothing: {'; '.join(faults)}. Start it in the "
        "repository's root, so that it uses .streamlit/config.toml, and don't override these settings."
    )
