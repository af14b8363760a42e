"""A model's prediction for one image, as bars."""

from collections.abc import Collection

import pandas as pd
import plotly.graph_objects as go

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
        kept: Diagnoses that the model doesn't rule out: the others' bars are hollow. Empty: all are filled.
    """
    rows = table.sort_values("probability", ignore_index=True)
    whiskers = {}
    if "low" in rows:
        whiskers = {"error_x": error_bars(rows["low"], rows["probability"], rows["high"], INK)}
    bars = go.Bar(
        x=rows["probability"], y=[DX_LABELS[dx] for dx in rows["dx"]], orientation="h",
        marker=_marker(rows["dx"], kept), customdata=_hover(rows["dx"], kept),
        hovertemplate="%{customdata}: %{x:.1%}<extra></extra>", **whiskers,
    )  # fmt: skip
    # Written at the end of the whisker, where it cannot lie across it.
    figures = go.Scatter(
        x=rows["high"] if "low" in rows else rows["probability"], y=bars.y, mode="text", hoverinfo="skip",
        text=_ends(rows, kept), textposition="middle right", cliponaxis=False,
    )  # fmt: skip
    fig = draw(
        [bars, figures], 330, showlegend=False, margin={"r": 44},
        xaxis=SHARES | {"fixedrange": True}, yaxis={"showgrid": False, "fixedrange": True},
    )  # fmt: skip
    measured = [name for name in ("low", "high") if name in rows]
    if kept:
        rows = rows.assign(not_ruled_out=rows["dx"].isin(kept))
        measured.append("not_ruled_out")
    shown = rows[::-1].assign(name=rows["dx"].map(NAMES))[["dx", "name", "probability", *measured]]
    return Chart(fig, shown, prediction_sentence(rows, mix))


def _marker(labels: pd.Series, kept: Collection[str]) -> dict[str, object]:
    """Fill the bars of `kept`, of all if it is empty, and leave the others hollow, each in its colour."""
    colors = [COLORS[dx] for dx in labels]
    if not kept:
        return {"color": colors}
    fills = [color if dx in kept else HOLLOW for dx, color in zip(labels, colors, strict=True)]
    return {"color": fills, "line": {"color": colors, "width": STROKE}}


def _hover(labels: pd.Series, kept: Collection[str]) -> list[str]:
    ends = {dx: "" if not kept else ", not ruled out" if dx in kept else ", ruled out" for dx in labels}
    return [NAMES[dx] + ends[dx] for dx in labels]


def _ends(rows: pd.DataFrame, kept: Collection[str]) -> list[str]:
    """Write the probabilities, and beside bars too short to see a filling that they are not ruled out."""
    notes = [", not ruled out" if dx in kept and p < SHORT else "" for dx, p in rows[["dx", "probability"]].to_numpy()]
    return [f"{GAP}{likely(p)}{note}" for p, note in zip(rows["probability"], notes, strict=True)]
