"""A model's prediction for one image, as bars."""

import pandas as pd
import plotly.graph_objects as go

from core.inference.class_mix import ClassMix
from core.labels import COLORS, NAMES
from dashboard.charts.style import DX_LABELS, INK, SHARES, Chart, draw
from dashboard.text.answer import answer_sentence, likely


def probability_bars(table: pd.DataFrame, mix: ClassMix = "ham10000") -> Chart:
    """Draw the seven probabilities, largest on top.

    Args:
        table: Columns dx and probability, one row a diagnosis; where it has low and high, whiskers show them.
        mix: Class mix that the probabilities assume.
    """
    rows = table.sort_values("probability", ignore_index=True)
    whiskers = {}
    if "low" in rows:
        ends = {"array": rows["high"] - rows["probability"], "arrayminus": rows["probability"] - rows["low"]}
        whiskers = {"error_x": ends | {"type": "data", "symmetric": False, "color": INK, "thickness": 2, "width": 5}}
    bars = go.Bar(
        x=rows["probability"], y=[DX_LABELS[dx] for dx in rows["dx"]], orientation="h",
        marker_color=[COLORS[dx] for dx in rows["dx"]], customdata=[NAMES[dx] for dx in rows["dx"]],
        hovertemplate="%{customdata}: %{x:.1%}<extra></extra>", **whiskers,
    )  # fmt: skip
    # Written at the end of the whisker, where it cannot lie across it.
    figures = go.Scatter(
        x=rows["high"] if "low" in rows else rows["probability"], y=bars.y, mode="text", hoverinfo="skip",
        text=[f" {likely(p)}" for p in rows["probability"]], textposition="middle right", cliponaxis=False,
    )  # fmt: skip
    fig = draw(
        [bars, figures], 330, showlegend=False, margin={"r": 44},
        xaxis=SHARES | {"fixedrange": True}, yaxis={"showgrid": False, "fixedrange": True},
    )  # fmt: skip
    measured = [name for name in ("low", "high") if name in rows]
    shown = rows[::-1].assign(name=rows["dx"].map(NAMES))[["dx", "name", "probability", *measured]]
    return Chart(fig, shown, answer_sentence(rows, mix))
