"""What keeps visitors and their images safe: the settings in effect."""

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
"""What a setting has to be, and that in words."""


USAGE = (
    "Whoever runs this server lets Streamlit collect usage statistics: which pages are opened and how fast they are, "
    "no image and no answer."
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
