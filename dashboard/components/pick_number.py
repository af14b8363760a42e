"""Picking one of many by its number, which stands in the address, with a button for the next one."""

import streamlit as st

MOST = 999
"""Largest number; whoever counts further begins again."""


def pick_number(label: str, another: str, key: str, button: str) -> int:
    """Let the visitor pick a number from 1 on.

    Args:
        label: Of the number.
        another: Label of the button that picks the next one.
        key: Of the number, and its name in the address.
        button: Key of the button.
    """
    number = st.number_input(label, 1, MOST, 1, key=key, bind="query-params", width=120)
    st.button(another, icon=":material/shuffle:", key=button, on_click=_next, args=(key,))
    return int(number)


def _next(key: str) -> None:
    st.session_state[key] = st.session_state[key] % MOST + 1
