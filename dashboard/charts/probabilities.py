"""A model's prediction for one image, as bars."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.inference.class_mix import ClassMix
from core.labels import COLORS, NAMES
from dashboard.charts.style import DX_LABELS, INK, SHARES, STROKE, Chart, draw, error_bars
from dashboard.text.predicted_class import likely, prediction_sentence

HOLLOW = "rgba(0,0,0,0)"
SHORT = 0.1
"""Probability below which a bar is hardly seen."""
GAP = 2 * "\N{NO-BREAK SPACE}"
"""Between a whisker's end and the figure beside it."""


def probability_bars(table: pd.DataFrame, mix: ClassMix = "ham10000", kept: Collection[str] = ()) -> Chart:
    """Draw the seven probabilities, largest on top.

    Args:
        table: Columns dx and probability, one row a diagnosis; where it has low and high, whiskers show them.
        mix: Class mix that the probabilities assume.
        kept: Diagnoses on the shortlist: the others' bars are hollow. Empty: all are filled.
    """
    rows = table.sort_values("probability", ignore_index=True)
    labels, values = rows["dx"].tolist(), rows["probability"].tolist()
    ends, whiskers, measured = values, {}, {}
    if "low" in rows:
        measured = {name: rows[name].tolist() for name in ("low", "high")}
        ends, whiskers = measured["high"], {"error_x": _whiskers(values, **measured)}
    names = [DX_LABELS[dx] for dx in labels]
    bars = {
        "type": "bar", "x": values, "y": names, "orientation": "h", "marker": _marker(labels, kept),
        "customdata": _hover(labels, kept), "hovertemplate": "%{customdata}: %{x:.1%}<extra></extra>", **whiskers,
    }  # fmt: skip
    # Written at the end of the whisker, where it cannot lie across it.
    figures = {
        "type": "scatter", "x": ends, "y": names, "mode": "text", "hoverinfo": "skip",
        "text": _ends(labels, values, kept), "textposition": "middle right", "cliponaxis": False,
    }  # fmt: skip
    fig = draw(
        [bars, figures], 330, showlegend=False, margin={"r": 44},
        xaxis=SHARES | {"fixedrange": True}, yaxis={"showgrid": False, "fixedrange": True},
    )  # fmt: skip
    columns = {"dx": labels, "name": [NAMES[dx] for dx in labels], "probability": values, **measured}
    if kept:
        columns["on_shortlist"] = [dx in kept for dx in labels]
    return Chart(fig, pd.DataFrame(columns)[::-1], prediction_sentence(rows, mix))


def _whiskers(values: Sequence[float], low: Sequence[float], high: Sequence[float]) -> dict[str, Any]:
    bars = error_bars(low, values, high, INK)
    return {name: each.tolist() if isinstance(each, np.ndarray) else each for name, each in bars.items()}


def _marker(labels: Sequence[str], kept: Collection[str]) -> dict[str, object]:
    """Fill the bars of `kept`, of all if it is empty, and leave the others hollow, each in its colour."""
    colors = [COLORS[dx] for dx in labels]
    if not kept:
        return {"color": colors}
    fills = [color if dx in kept else HOLLOW for dx, color in zip(labels, colors, strict=True)]
    return {"color": fills, "line": {"color": colors, "width": STROKE}}


def _hover(labels: Sequence[str], kept: Collection[str]) -> list[str]:
    ends = {dx: "" if not kept else ", on the shortlist" if dx in kept else ", not on the shortlist" for dx in labels}
    return [NAMES[dx] + ends[dx] for dx in labels]


def _ends(labels: Sequence[str], values: Sequence[float], kept: Collection[str]) -> list[str]:
    """Write the probabilities, and beside bars too short to see a filling that they are on the shortlist."""
    notes = [", on the shortlist" if dx in kept and p < SHORT else "" for dx, p in zip(labels, values, strict=True)]
    return [f"{GAP}{likely(p)}{note}" for p, note in zip(values, notes, strict=True)]
