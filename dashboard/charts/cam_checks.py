"""What predictions and heatmaps rest on: insertion and deletion, randomized weights, covered lesions."""

import pandas as pd
import plotly.graph_objects as go

from core.explain.faithfulness import COVERS
from core.explain.study.check_rows import RANDOMISATION
from core.explain.study.checks import COVER_METRICS, COVERED, WHOLE
from core.explain.study.randomized import OTHER
from core.inference.heatmaps import HeatmapMethod
from dashboard.charts.style import ACCENT, CONTRAST, LINE, MARK, STROKE, Chart, draw, interval_bars
from dashboard.text.cam_checks import ORDERS, covers_sentence, curve_sentence, randomized_sentence
from dashboard.text.format import figures

STYLES = {
    "heatmap": {"color": ACCENT, "width": 3},
    "other": {"color": ACCENT, "width": STROKE, "dash": "dashdot"},
    "center": {"color": CONTRAST, "width": STROKE, "dash": "dash"},
    "random": {"color": LINE, "width": STROKE, "dash": "dot"},
}
COVER_NAMES = {WHOLE: "Whole image", **{cover: cover.capitalize() for cover in COVERS}}
METRIC_NAMES = {"accuracy": "Accuracy", "balanced_accuracy": "Balanced accuracy"}


def curves(table: pd.DataFrame, check: str) -> Chart:
    """Draw how the predicted class's probability changes as sharp pixels are added or taken away.

    Args:
        table: As `core.explain.study.checks.read_checks` returns it.
        check: "insertion" or "deletion".
    """
    rows = table[table["check"] == check]
    points = rows[rows["measure"] == "probability"]
    traces = []
    for order, name in ORDERS.items():
        here = points[points["series"] == order]
        if here.empty:
            continue  # a table from before the order was added
        traces.append(
            go.Scatter(
                x=here["step"], y=here["value"], name=name, mode="lines", line=STYLES[order],
                text=figures(here.rename(columns={"low": "value_low", "high": "value_high"}), "value"),
                hovertemplate="%{x:.0%} of the pixels, " + name + ": %{text}<extra></extra>",
            )
        )  # fmt: skip
    sharp = "sharp" if check == "insertion" else "blurred"
    fig = draw(
        traces, 330, margin={"t": 44},
        xaxis={"title": {"text": f"Share of the pixels that are {sharp}"}, "tickformat": ".0%", "fixedrange": True},
        yaxis={"title": {"text": "Probability of the predicted class"}, "rangemode": "tozero", "fixedrange": True},
    )  # fmt: skip
    return Chart(fig, rows, curve_sentence(rows, check))


def randomized(table: pd.DataFrame, method: HeatmapMethod = "Grad-CAM") -> Chart:
    """Draw how similar the heatmaps stay while the weights are randomized, layer by layer from the output down.

    Args:
        table: As `core.explain.study.checks.read_checks` returns it.
        method: Whose heatmaps.
    """
    rows = table[table["check"] == RANDOMISATION]
    correlations, empty = (rows[rows["measure"] == each] for each in ("rank correlation", "empty"))
    steps, other = correlations[correlations["series"] != OTHER], correlations[correlations["series"] == OTHER].iloc[0]
    shown = steps.rename(columns={"low": "value_low", "high": "value_high"})
    line = go.Scatter(
        x=steps["step"], y=steps["value"], mode="lines+markers", marker={"color": ACCENT, "size": MARK},
        line={"color": ACCENT}, error_y=interval_bars(shown, "value"), text=figures(shown, "value"),
        customdata=steps[["series", "undefined"]],
        hovertemplate="down to %{customdata[0]}: %{text}, %{customdata[1]} undefined<extra></extra>",
    )  # fmt: skip
    label = {
        "text": f"another image {other['value']:.2f}", "x": 1, "xref": "paper", "xanchor": "right",
        "y": other["value"], "yanchor": "bottom", "showarrow": False,
    }  # fmt: skip
    level = {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": other["value"], "y1": other["value"]}
    fig = draw(
        [line], 360, showlegend=False, shapes=[level | {"line": {"color": LINE, "dash": "dash"}}], annotations=[label],
        xaxis={"title": {"text": "Steps of randomization, from the output to the input"}, "fixedrange": True},
        yaxis={"title": {"text": "Rank correlation"}, "range": [-1.02, 1.02], "fixedrange": True},
    )  # fmt: skip
    return Chart(fig, rows, randomized_sentence(steps, other, None if empty.empty else empty.iloc[-1], method))


def covers(table: pd.DataFrame) -> Chart:
    """Draw how good the model is on images with a part painted over."""
    rows = table[table["check"] == COVERED].rename(columns={"low": "value_low", "high": "value_high"})
    traces = []
    for metric, color, symbol in zip(COVER_METRICS, (ACCENT, CONTRAST), ("circle", "diamond"), strict=True):
        here = rows[rows["measure"] == metric][::-1]
        labels = [COVER_NAMES[series].replace(" covered", "<br>covered") for series in here["series"]]
        traces.append(
            go.Scatter(
                x=here["value"], y=labels, name=METRIC_NAMES[metric], mode="markers",
                marker={"color": color, "size": MARK, "symbol": symbol},
                error_x=interval_bars(here, "value"), text=figures(here, "value"),
                hovertemplate="%{y}: %{text}<extra></extra>",
            )
        )  # fmt: skip
    fig = draw(
        traces, 330, margin={"t": 44}, scattermode="group", scattergap=0.6,
        xaxis={"range": [0, 1], "fixedrange": True},
        yaxis={"type": "category", "showgrid": False, "fixedrange": True},
    )  # fmt: skip
    return Chart(fig, rows, covers_sentence(rows))
