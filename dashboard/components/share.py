"""A page's own link with its controls as they stand, and the way back to how they stood at first."""

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st


def copy_link(address: str) -> None:
    """Offer an address to copy."""
    with st.popover("Copy link", icon=":material/link:"):
        st.code(address, language=None)


def page_address() -> str:
    """Write the address of the page that is open, with every control that stands in it."""
    query = [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]
    page = (st.context.url or "").split("?")[0]
    return f"{page}?{urlencode(query)}" if query else page


def share(page: str, start: Mapping[str, object]) -> None:
    """Show the page's link and Reset.

    Args:
        page: The page's name; unique in the app.
        start: Where its controls stand at first, by their keys.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        copy_link(page_address())
        st.button(
            "Reset", icon=":material/restart_alt:", key=f"{page}-reset", on_click=_reset, args=(dict(start),),
            help="Set all controls of this page back to their defaults.",
        )  # fmt: skip


def _reset(start: dict[str, object]) -> None:
    st.session_state.update(start)
