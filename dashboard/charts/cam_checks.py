"""What heatmaps and answers rest on: insertion and deletion, spoilt weights, covered lesions."""

import pandas as pd
import plotly.graph_objects as go

from core.explain.faithfulness import COVERS
from core.explain.study.checks import COVER_METRICS, COVERED, OTHER, RANDOMISATION, WHOLE
from dashboard.charts.evaluation import figure, figures, interval_bars
from dashboard.charts.style import ACCENT, CONTRAST, LINE, Chart, draw

ORDERS = {"heatmap": "by the heatmap", "center": "from the middle out", "random": "in random order"}
STYLES = {
    "heatmap": {"color": ACCENT, "width": 3},
    "center": {"color": CONTRAST, "width": 2, "dash": "dash"},
    "random": {"color": LINE, "width": 2, "dash": "dot"},
}
COVER_NAMES = {WHOLE: "Whole picture", **{cover: cover.capitalize() for cover in COVERS}}
METRIC_NAMES = {"accuracy": "Accuracy", "balanced_accuracy": "Balanced accuracy"}


def curves(table: pd.DataFrame, check: str) -> Chart:
    """How the probability of the answer changes as sharp pixels are added or taken away.

    Args:
        table: As `core.explain.study.checks.read_checks` returns it.
        check: "insertion" or "deletion".
    """
    rows = table[table["check"] == check]
    points = rows[rows["measure"] == "probability"]
    traces = []
    for order, name in ORDERS.items():
        here = points[points["series"] == order]
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
        yaxis={"title": {"text": "Probability of the answer"}, "rangemode": "tozero", "fixedrange": True},
    )  # fmt: skip
    return Chart(fig, rows, _curve_sentence(rows, check))


def _curve_sentence(rows: pd.DataFrame, check: str) -> str:
    areas = rows[rows["measure"] == "auc"].set_index("series")
    better = 1 if check == "insertion" else -1
    parts = []
    for order in ("random", "center"):
        row = areas.loc[f"heatmap minus {order}"]
        sign = better * (int(row["low"] > 0) - int(row["high"] < 0))
        word = {1: "better than", -1: "worse than", 0: "no different from"}[sign]
        ends = f"{row['value']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]"
        parts.append(f"{word} {ORDERS[order]} ({ends})")
    area = figure(*areas.loc["heatmap", ["value", "low", "high"]])
    way = "higher is better" if check == "insertion" else "lower is better"
    return f"By the heatmap the area under the curve is {area} ({way}): {parts[0]}, and {parts[1]}."


def randomisation(table: pd.DataFrame) -> Chart:
    """How alike the heatmaps stay while the network's weights are spoilt, layer by layer from the answer down."""
    rows = table[table["check"] == RANDOMISATION]
    steps, other = rows[rows["series"] != OTHER], rows[rows["series"] == OTHER].iloc[0]
    shown = steps.rename(columns={"low": "value_low", "high": "value_high"})
    line = go.Scatter(
        x=steps["series"], y=steps["value"], mode="lines+markers", marker={"color": ACCENT, "size": 10},
        line={"color": ACCENT}, error_y=interval_bars(shown, "value"), text=figures(shown, "value"),
        hovertemplate="down to %{x}: %{text}<extra></extra>",
    )  # fmt: skip
    label = {
        "text": f"another picture {other['value']:.2f}", "x": 1, "xref": "paper", "xanchor": "right",
        "y": other["value"], "yanchor": "bottom", "showarrow": False,
    }  # fmt: skip
    level = {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": other["value"], "y1": other["value"]}
    fig = draw(
        [line], 360, showlegend=False, shapes=[level | {"line": {"color": LINE, "dash": "dash"}}], annotations=[label],
        xaxis={"type": "category", "title": {"text": "Spoilt from the answer down to"}, "fixedrange": True},
        yaxis={"title": {"text": "Rank correlation"}, "range": [-0.5, 1.02], "fixedrange": True},
    )  # fmt: skip
    return Chart(fig, rows, _randomisation_sentence(steps, other))


def _randomisation_sentence(steps: pd.DataFrame, other: pd.Series) -> str:
    first, last = steps.iloc[0], steps.iloc[-1]
    ends = [figure(*row[["value", "low", "high"]]) for row in (first, last)]
    level = figure(*other[["value", "low", "high"]])
    if last["low"] > other["high"]:
        verdict = "so a part of what they show does not come from what was learned"
    elif last["high"] < other["low"] or last["value"] <= other["value"]:
        verdict = "so what they show comes from what was learned"
    else:
        verdict = "too close to tell apart"
    return (
        f"With **{first['series']}** spoilt the heatmaps' rank correlation with the trained model's is {ends[0]}, with "
        f"everything spoilt {ends[1]}; heatmaps of two different pictures have {level}: {verdict}."
    )


def covers(table: pd.DataFrame) -> Chart:
    """How good the model is on pictures with a part painted over."""
    rows = table[table["check"] == COVERED].rename(columns={"low": "value_low", "high": "value_high"})
    traces = []
    for metric, color, symbol in zip(COVER_METRICS, (ACCENT, CONTRAST), ("circle", "diamond"), strict=True):
        here = rows[rows["measure"] == metric][::-1]
        labels = [COVER_NAMES[series].replace(" covered", "<br>covered") for series in here["series"]]
        traces.append(
            go.Scatter(
                x=here["value"], y=labels, name=METRIC_NAMES[metric], mode="markers",
                marker={"color": color, "size": 12, "symbol": symbol},
                error_x=interval_bars(here, "value"), text=figures(here, "value"),
                hovertemplate="%{y}: %{text}<extra></extra>",
            )
        )  # fmt: skip
    fig = draw(
        traces, 330, margin={"t": 44}, scattermode="group", scattergap=0.6,
        xaxis={"range": [0, 1], "fixedrange": True},
        yaxis={"type": "category", "showgrid": False, "fixedrange": True},
    )  # fmt: skip
    return Chart(fig, rows, _cover_sentence(rows))


def _cover_sentence(rows: pd.DataFrame) -> str:
    balanced = rows[rows["measure"] == "balanced_accuracy"].set_index("series")
    words = {series: figure(*balanced.loc[series, ["value", "value_low", "value_high"]]) for series in balanced.index}
    chance = 1 / 7
    box = balanced.loc[COVERS[1]]
    verdict = (
        "still above guessing, so something outside the lesion gives the diagnosis away"
        if box["value_low"] > chance
        else "no better than guessing, so next to nothing outside the lesion gives the diagnosis away"
    )
    return (
        f"Balanced accuracy is {words[WHOLE]} on the whole picture and {words[COVERS[2]]} where only the lesion is "
        f"seen; with the lesion covered it is {words[COVERS[0]]}, and with its whole box covered {words[COVERS[1]]}: "
        f"{verdict} ({chance:.3f})."
    )
