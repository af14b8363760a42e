"""The cells of the confusion matrix: text, shading, tooltip."""

import pandas as pd
from plotly.colors import sample_colorscale

from dashboard.charts.style import DARK_CELL, DARK_INK, DIVERGING, LIGHT_INK, SHADES
from dashboard.text.confusion import cell_text, difference_text
from dashboard.text.format import signed


def confusion_cells(table: pd.DataFrame, *, shares: bool, off_diagonal: bool, cell: tuple[str, str]) -> pd.DataFrame:
    """Make the cells; they are shaded by row share whether they show counts or shares.

    Args:
        table: As `core.evaluation.decisions.confusion_table` returns it.
        shares: Show percentages of each row instead of counts.
        off_diagonal: Leave out correct predictions, so that the mistakes use the whole colour scale.
        cell: True and predicted diagnosis of the cell to frame.

    Returns:
        One row per cell: the table's columns, text, background, ink, framed and tooltip.
    """
    shown = table[table["dx"] != table["predicted"]] if off_diagonal else table
    share = shown["share"].fillna(0)
    return shown.assign(
        share=share,
        text=[f"{100 * s:.0f}%" for s in share] if shares else [f"{n:,}" for n in shown["images"]],
        **_shading(share),
        framed=_framed(shown, cell),
        tooltip=[cell_text(row, s) for (_, row), s in zip(shown.iterrows(), share, strict=True)],
    )


def _framed(shown: pd.DataFrame, cell: tuple[str, str]) -> pd.Series:
    return (shown["dx"] == cell[0]) & (shown["predicted"] == cell[1])


def difference_cells(table: pd.DataFrame, *, off_diagonal: bool, cell: tuple[str, str]) -> pd.DataFrame:
    """Make the cells that compare two models: percentage points, coloured by which model is ahead.

    Args:
        table: As `core.evaluation.decisions.confusion_difference` returns it.
        off_diagonal: Leave out correct predictions.
        cell: True and predicted diagnosis of the cell to frame.

    Returns:
        As `confusion_cells`; share is the difference.
    """
    shown = table[table["dx"] != table["predicted"]] if off_diagonal else table
    points = shown["difference"].fillna(0)
    return shown.assign(
        share=points,
        text=[signed(100 * p, 0) for p in points],
        **_shading(points, diverging=True),
        framed=_framed(shown, cell),
        tooltip=[difference_text(row, p) for (_, row), p in zip(shown.iterrows(), points, strict=True)],
    )


def _shading(shares: pd.Series, *, diverging: bool = False) -> dict[str, list[str]]:
    """Return the cells' background and the ink that reads well on it; the highest share has the end of the scale."""
    at = shares / max(float(shares.abs().max()), 1e-9)
    dark = (-at if diverging else at) > DARK_CELL  # the orange end is light enough for dark ink
    return {
        "background": sample_colorscale(DIVERGING if diverging else SHADES, (1 + at) / 2 if diverging else at),
        "ink": [LIGHT_INK if each else DARK_INK for each in dark],
    }
