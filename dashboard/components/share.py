"""A page's own link with its controls as they stand, and the way back to how they stood at first."""

from collections.abc import Callable, Mapping
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


def share(page: str, start: Callable[[], Mapping[str, object]]) -> None:
    """Show the page's link and Reset.

    Args:
        page: The page's name; unique in the app.
        start: Returns where its controls stand at first, by their keys; asked when Reset is pressed.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        copy_link(page_address())
        st.button(
            "Reset", icon=":material/restart_alt:", key=f"{page}-reset", on_click=_reset, args=(start,),
            help="Set the controls of this page back to where they stood at first.",
        )  # fmt: skip


def _reset(start: Callable[[], Mapping[str, object]]) -> None:
    # A control that isn't on the page stands where it did at first when it comes; its key may be another page's too.
    st.session_state.update({key: value for key, value in start().items() if key in st.session_state})


def numbered(prefix: str, value: object) -> dict[str, object]:
    """Return where controls stand at first whose keys end in a model, a class or a number of pages.

    Args:
        prefix: Of their keys.
        value: Where each stands at first.
    """
    return {str(key): value for key in st.session_state if str(key).startswith(prefix)}
