"""Taps on the places of a Plotly chart, with finger and mouse; the buttons beside the chart are for everybody else.

Plotly's own selection picks the marker that was tapped before: on touch screens a tap is also the first it hears of a
place.
"""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

TAPPED = "tapped"
"""The trigger's name; while `on_tap` runs it holds the tapped marker's `customdata`."""
REACH = 28
"""Pixels around a marker in which a tap counts as one on it."""

_component = st.components.v2.component("place_tap", js=(Path(__file__).resolve().parent / "tap.js").read_text())


def watch_taps(chart: str, trace: str, on_tap: Callable[[str], None]) -> None:
    """Report taps on the markers of a chart.

    Args:
        chart: Its key on the page.
        trace: Name of the trace whose markers can be tapped; each has its own text as `customdata`.
        on_tap: Called with that text before the page runs again.
    """
    key = f"tap-{chart}"
    _component(
        key=key, data={"chart": f"st-key-{chart}", "trace": trace, "reach": REACH}, height=1,
        on_tapped_change=lambda: on_tap(str(st.session_state[key][TAPPED])),
    )  # fmt: skip
