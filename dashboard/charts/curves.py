"""ROC and precision-recall curves of one diagnosis against all others, and the reliability diagram."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.labels import COLORS, NAMES
from core.stats import Estimate
from dashboard.charts.style import ACCENT, LINE, MARK, Chart, draw, interval_bars
from dashboard.text.curves import precision_recall_sentence, reliability_sentence, roc_sentence

FAINT, THICK = 0.3, 3
DIAGONAL = {"type": "line", "x0": 0, "y0": 0, "x1": 1, "y1": 1, "line": {"color": LINE, "dash": "dash"}}
RANGE = [-0.02, 1.02]


def roc(points: pd.DataFrame, areas: pd.DataFrame, dx: str) -> Chart:
    """Draw the ROC curves of all diagnoses, one of them in front.

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
    return Chart(fig, points[["dx", "threshold", "false_positive_rate", "recall"]], roc_sentence(areas, dx))


def precision_recall(points: pd.DataFrame, areas: pd.DataFrame, dx: str) -> Chart:
    """Draw the precision-recall curves of all diagnoses, one of them in front, and the level of guessing.

    Args:
        points: As for `roc`.
        areas: As for `roc`.
        dx: The diagnosis in front.
    """
    rate = float(areas.set_index("dx")["base_rate"][dx])
    guess = {"type": "line", "x0": 0, "x1": 1, "y0": rate, "y1": rate, "line": {"color": LINE, "dash": "dash"}}
    note = {
        "text": f"base rate {rate:.3f}", "x": 0, "y": rate, "showarrow": False, "xanchor": "left",
        "yanchor": "bottom" if rate < 0.5 else "top",
    }  # fmt: skip
    fig = draw(
        _lines(points, dx, "recall", "precision"), 340, showlegend=False, shapes=[guess], annotations=[note],
        xaxis={"title": {"text": "Recall"}, "range": RANGE}, yaxis={"title": {"text": "Precision"}, "range": RANGE},
    )  # fmt: skip
    return Chart(fig, points[["dx", "threshold", "recall", "precision"]], precision_recall_sentence(areas, dx))


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


def reliability_diagram(bins: pd.DataFrame, error: Estimate) -> Chart:
    """Draw accuracy against confidence; each bin holds equally many images.

    Args:
        bins: As `core.evaluation.reliability.reliability` returns it.
        error: Calibration error with its interval.
    """
    shown = bins[bins["images"] > 0]
    marks = go.Scatter(
        x=shown["confidence"], y=shown["right"], mode="markers+lines", marker={"color": ACCENT, "size": MARK},
        line={"color": ACCENT, "width": 1}, error_y=interval_bars(shown, "right"),
        customdata=shown[["images", "lesions"]],
        hovertemplate="confidence %{x:.3f}, accuracy %{y:.3f}<br>%{customdata[0]:,} images of "
        "%{customdata[1]:,} lesions<extra></extra>",
    )  # fmt: skip
    fig = draw(
        [marks], 340, showlegend=False, shapes=[DIAGONAL],
        xaxis={"title": {"text": "Confidence: probability of the predicted class"}, "range": RANGE},
        yaxis={"title": {"text": "Accuracy"}, "range": [-0.03, 1.05]},
    )  # fmt: skip
    return Chart(fig, bins, reliability_sentence(shown, error))
