"""One diagnosis against the rest, and whether probabilities mean what they say."""

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.labels import COLORS, NAMES
from core.stats import Estimate
from dashboard.charts.evaluation import figure
from dashboard.charts.style import ACCENT, LINE, Chart, draw
from dashboard.text.phrases import PLURALS, amount, listed

FAINT, THICK = 0.3, 3
DIAGONAL = {"type": "line", "x0": 0, "y0": 0, "x1": 1, "y1": 1, "line": {"color": LINE, "dash": "dash"}}
RANGE = [-0.02, 1.02]


def roc(points: pd.DataFrame, areas: pd.DataFrame, dx: str) -> Chart:
    """The ROC curves of all diagnoses, one of them in front.

    Args:
        points: Columns dx, false_positive_rate, recall, precision, threshold.
        areas: As `core.evaluation.curves.areas` returns it.
        dx: The diagnosis in front.
    """
    fig = draw(
        _lines(points, dx, "false_positive_rate", "recall"), 340, showlegend=False, shapes=[DIAGONAL],
        xaxis={"title": {"text": "False positive rate"}, "range": RANGE},
        yaxis={"title": {"text": "Recall"}, "range": RANGE},
    )  # fmt: skip
    return Chart(fig, points[["dx", "threshold", "false_positive_rate", "recall"]], _roc_sentence(areas, dx))


def precision_recall(points: pd.DataFrame, areas: pd.DataFrame, dx: str) -> Chart:
    """The precision-recall curves of all diagnoses, one in front with the line that guessing would reach.

    Args:
        points: As for `roc`.
        areas: As for `roc`.
        dx: The diagnosis in front.
    """
    rate = float(areas.set_index("dx").loc[dx, "base_rate"])
    guess = {"type": "line", "x0": 0, "x1": 1, "y0": rate, "y1": rate, "line": {"color": LINE, "dash": "dash"}}
    note = {
        "text": f"base rate {rate:.3f}", "x": 0, "y": rate, "showarrow": False, "xanchor": "left",
        "yanchor": "bottom" if rate < 0.5 else "top",
    }  # fmt: skip
    fig = draw(
        _lines(points, dx, "recall", "precision"), 340, showlegend=False, shapes=[guess], annotations=[note],
        xaxis={"title": {"text": "Recall"}, "range": RANGE}, yaxis={"title": {"text": "Precision"}, "range": RANGE},
    )  # fmt: skip
    return Chart(fig, points[["dx", "threshold", "recall", "precision"]], _ap_sentence(areas, dx))


def _lines(points: pd.DataFrame, front: str, x: str, y: str) -> list[go.Scatter]:
    order = [*(dx for dx in COLORS if dx != front), front]
    return [
        go.Scatter(
            x=rows[x], y=rows[y], mode="lines", name=NAMES[dx], opacity=1 if dx == front else FAINT,
            line={"color": COLORS[dx], "width": THICK if dx == front else 1.5},
            customdata=rows["threshold"].replace(np.inf, 1),
            hovertemplate=NAMES[dx] + "<br>threshold %{customdata:.3f}: %{x:.3f}, %{y:.3f}<extra></extra>",
        )
        for dx in order
        if len(rows := points[points["dx"] == dx])
    ]  # fmt: skip


def _area(areas: pd.DataFrame, dx: str, name: str) -> str:
    row = areas.set_index("dx").loc[dx]
    return figure(row[name], row[f"{name}_low"], row[f"{name}_high"])


def _roc_sentence(areas: pd.DataFrame, dx: str) -> str:
    defined = areas.dropna(subset=["auc"]).sort_values("auc")
    if dx not in set(defined["dx"]):
        return f"The test split holds no {PLURALS[dx]}: no curve."
    text = f"**AUC {_area(areas, dx, 'auc')} for {PLURALS[dx]}** against the rest"
    others = defined[defined["dx"] != dx]["dx"].tolist()
    if not others:
        return f"{text}; guessing gives 0.5 (dashed)."
    low, high = (f"{PLURALS[other]} ({_area(areas, other, 'auc').split()[0]})" for other in (others[0], others[-1]))
    return f"{text}; of the others from {low} to {high}. Guessing gives 0.5 (dashed)."


def _ap_sentence(areas: pd.DataFrame, dx: str) -> str:
    row = areas.set_index("dx").loc[dx]
    if math.isnan(row["ap"]):
        return f"The test split holds no {PLURALS[dx]}: no curve."
    return (
        f"**Average precision {_area(areas, dx, 'ap')} for {PLURALS[dx]}**, {row['ap'] / row['base_rate']:.0f} times "
        f"what guessing gives: {row['base_rate']:.3f}, their share of the test pictures (dashed)."
    )


def reliability_diagram(bins: pd.DataFrame, error: Estimate) -> Chart:
    """Share of right answers against confidence, with the pictures of each bin below.

    Args:
        bins: As `core.evaluation.reliability.reliability` returns it.
        error: Expected calibration error with its interval.
    """
    shown = bins[bins["pictures"] > 0]
    bars = {
        "type": "data", "thickness": 1.5, "width": 3,
        "array": shown["right_high"] - shown["right"], "arrayminus": shown["right"] - shown["right_low"],
    }  # fmt: skip
    marks = go.Scatter(
        x=shown["confidence"], y=shown["right"], mode="markers+lines", marker={"color": ACCENT, "size": 9},
        line={"color": ACCENT, "width": 1}, error_y=bars, customdata=shown[["pictures", "lesions"]],
        hovertemplate="confidence %{x:.3f}, right %{y:.3f}<br>%{customdata[0]:,} pictures of %{customdata[1]:,} lesions"
        "<extra></extra>",
    )  # fmt: skip
    counts = go.Bar(
        x=(shown["start"] + shown["end"]) / 2, y=shown["pictures"], width=0.9 * (shown["end"] - shown["start"]),
        marker_color=LINE, yaxis="y2", text=[f"{n:,}" for n in shown["pictures"]], textposition="outside",
        cliponaxis=False, hovertemplate="%{y:,} pictures<extra></extra>", textfont={"size": 10},
    )  # fmt: skip
    fig = draw(
        [marks, counts], 440, showlegend=False, shapes=[DIAGONAL],
        xaxis={"title": {"text": "Confidence: probability of the answer"}, "range": RANGE, "anchor": "y2"},
        yaxis={"title": {"text": "Share right"}, "range": [-0.03, 1.05], "domain": [0.36, 1]},
        yaxis2={"title": {"text": "Pictures"}, "domain": [0, 0.26], "showgrid": False, "nticks": 3},
    )  # fmt: skip
    return Chart(fig, bins, _reliability_sentence(shown, error))


def _reliability_sentence(shown: pd.DataFrame, error: Estimate) -> str:
    gap = shown["right"] - shown["confidence"]
    over = float(-(gap * shown["pictures"]).sum() / shown["pictures"].sum())
    lean = "too sure of itself" if over > 0 else "too modest"
    apart = shown[(shown["right_high"] < shown["confidence"]) | (shown["right_low"] > shown["confidence"])]
    mean = f"on average {abs(100 * over):.1f} points {lean}" if abs(over) >= 0.0005 else "right on average"
    shown_error = figure(error.value, error.low, error.high)
    text = f"**Expected calibration error {shown_error}**: {mean} (below the dashed line it promises too much)."
    if apart.empty:
        return f"{text} In every bin the interval holds the confidence."
    ranges = [f"{row.start:.2f}-{row.end:.2f}" for row in apart.itertuples()]
    return f"{text} Beyond chance in {amount(len(apart), 'bins')}: {listed(ranges)}."
