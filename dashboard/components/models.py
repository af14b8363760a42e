"""Picking a model by its name for people."""

from collections.abc import Sequence

import streamlit as st

from dashboard.text.models import MODEL_HELP, model_label

WIDTH = 300
"""Pixels, so that most names are not cut."""


def pick_model(label: str, names: Sequence[str], key: str, none: str | None = None) -> str | None:
    """Let the visitor pick a model; the list shows names for people, and the address may hold a model's key too.

    Args:
        label: Of the control.
        names: The models' keys.
        key: Of the control, and its name in the address.
        none: First option, which picks no model; None for no such option.

    Returns:
        The picked model's key, or None.
    """
    options = list(names) if none is None else [none, *names]
    given = st.query_params.get(key)
    if given in options and model_label(given) != given:  # Streamlit itself takes, and keeps, what the list shows
        st.query_params[key] = model_label(given)
        st.rerun()
    picked = st.selectbox(
        label,
        options,
        format_func=model_label,
        key=key,
        bind="query-params",
        width=WIDTH,
        help=MODEL_HELP if none is None else None,
    )
    return None if picked is None or picked == none else str(picked)
