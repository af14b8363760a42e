"""Check the settings that protect visitors and their images."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.inference.decode import MAX_BYTES

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

    Streamlit Community Cloud overrides two of our settings: error details, which a script can set back, and usage
    statistics, which it can't; in that case visitors see a note.
    """
    st.set_option("client.showErrorDetails", "none")
    if st.get_option("browser.gatherUsageStats"):
        st.caption(USAGE)
    if faults := unsafe_settings():
        st.error(
            f"This server's settings are unsafe, so it shows nothing: {'; '.join(faults)}. Start it in the "
            "repository's root, so that it uses .streamlit/config.toml, and don't override these settings.",
            icon=":material/gpp_maybe:",
        )
        st.stop()
