"""The confusion matrix as a table of buttons, which answers a click, a tap and the keyboard alike.

Streamlit's charts do not: Plotly's heatmaps cannot be selected, and a Plotly marker that is tapped selects the one
tapped before; Vega's marks are not reached from the keyboard, and it costs a first visit 0.1 to 0.2 s; in
`st.dataframe`, each press of Tab picks another cell.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import streamlit as st

from core.labels import DX
from dashboard.charts.style import CONTRAST, DARK_INK

FOLDER = Path(__file__).resolve().parent
PICKED = "picked"
"""The trigger's name: holds dx and said of the cell that was picked, in the run that the pick starts."""

_component = st.components.v2.component(
    "confusion_matrix",
    html="<table></table>",
    css=(FOLDER / "matrix.css").read_text(),
    js=(FOLDER / "matrix.js").read_text(),
)


def confusion_matrix(cells: pd.DataFrame, *, key: str, alt: str, on_pick: Callable[[], None], diverging: bool) -> None:
    """Show a matrix: true diagnoses down, said ones across.

    Args:
        cells: As `dashboard.charts.confusion.confusion_cells` or `difference_cells` returns them.
        key: Unique on the page; `st.session_state[key]` has `PICKED` while `on_pick` runs.
        alt: The table's caption for screen readers.
        on_pick: Called when a cell is picked, before the page runs again.
        diverging: Orange shades cells: the frame is black then.
    """
    columns = ["dx", "said", "text", "words", "background", "ink", "framed"]
    data = {"dx": list(DX), "cells": cells[columns].to_dict("records"), "alt": alt}
    frame = DARK_INK if diverging else CONTRAST
    _component(key=key, data=data | {"frame": frame}, on_picked_change=on_pick)
