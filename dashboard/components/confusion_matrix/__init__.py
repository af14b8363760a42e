"""The confusion matrix as a table of buttons that works with mouse, touch and keyboard.

Streamlit's charts don't: Plotly's heatmaps can't be selected, and tapping a Plotly marker selects the one tapped
before; Vega's marks can't be reached from the keyboard and cost a first visit 0.1 to 0.2 s; in `st.dataframe`, each
press of Tab selects another cell.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import streamlit as st

from core.labels import DX
from dashboard.charts.style import CONTRAST, DARK_INK

FOLDER = Path(__file__).resolve().parent
PICKED = "picked"
"""The trigger's name; in the run after a pick it holds the cell's `dx` and `predicted` (the prediction)."""

_component = st.components.v2.component(
    "confusion_matrix",
    html="<table></table>",
    css=(FOLDER / "confusion_matrix.css").read_text(),
    js=(FOLDER / "confusion_matrix.js").read_text(),
)


def confusion_matrix(cells: pd.DataFrame, *, key: str, alt: str, on_pick: Callable[[], None], diverging: bool) -> None:
    """Show a matrix: true diagnoses in rows, predicted ones in columns.

    Args:
        cells: As `dashboard.charts.confusion.confusion_cells` or `difference_cells` returns them.
        key: Unique on the page; `st.session_state[key]` has `PICKED` while `on_pick` runs.
        alt: The table's caption for screen readers.
        on_pick: Called when a cell is picked, before the page runs again.
        diverging: Cells are also shaded orange, so the frame is black.
    """
    columns = ["dx", "predicted", "text", "tooltip", "background", "ink", "framed"]
    data = {"dx": list(DX), "cells": cells[columns].to_dict("records"), "alt": alt}
    frame = DARK_INK if diverging else CONTRAST
    _component(key=key, data=data | {"frame": frame}, on_picked_change=on_pick)
