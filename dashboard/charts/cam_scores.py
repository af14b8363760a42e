"""How well heatmaps fit the lesions: all models, and one model by diagnosis, right against wrong."""

import pandas as pd
import plotly.graph_objects as go

from core.explain.study.summary import ALL
from core.labels import COLORS, DX
from dashboard.charts.leaderboard import in_order, name_label
from dashboard.charts.style import ACCENT, CONTRAST, DX_LABELS, LINE, MARK, SHARES, STROKE, Chart, draw, interval_bars
from dashboard.text.cam_scores import best_first, diagnoses_sentence, fits_sentence, right_wrong_sentence
from dashboard.text.format import figures

AXES = {
    "energy": "Share of the heatmap inside the lesion",
    "pointing": "Hottest point inside the lesion",
    "iou": "Overlap with the lesion",
}
"""Axis titles by score."""
DIFFERENCE = "Heatmap minus another image's"
KEYS = ["model", "target", "dx", "outcome", "score"]


def _rows(table: pd.DataFrame, score: str, target: str) -> pd.DataFrame:
    return table[(table["score"] == score) & (table["target"] == target)]


def fits(table: pd.DataFrame, score: str, target: str = "predicted") -> Chart:
    """Draw every model's heatmaps beside another image's, a central spot and a uniform map; best first, empty last.

    Args:
        table: As `core.explain.study.summary.summarize` returns it.
        score: A key of AXES.
        target: "predicted" or "true".
    """
    rows = _rows(table, score, target)
    models = best_first(rows[(rows["dx"] == ALL) & (rows["outcome"] == ALL)])[::-1]
    labels = [name_label(name) for name in models["model"]]
    traces = [
        _marks(models, labels, "heatmap", "heatmap", {"color": ACCENT, "size": MARK}),
        _marks(models, labels, "other", "another image's", {"color": ACCENT, "size": MARK, "symbol": "circle-open"}),
        _marks(models, labels, "center", "fixed central spot", {"color": CONTRAST, "size": MARK, "symbol": "diamond"}),
        go.Scatter(
            x=models["uniform"], y=labels, name="uniform map", mode="markers",
            marker={"color": LINE, "size": MARK, "symbol": "line-ns", "line": {"width": STROKE, "color": LINE}},
            hovertemplate="%{y}, uniform map: %{x:.3f}<extra></extra>",
        ),
    ]  # fmt: skip
    fig = draw(
        traces, 120 + 54 * len(models), margin={"t": 40, "r": 28},
        xaxis={"title": {"text": AXES[score]}, "fixedrange": True, **SHARES},
        yaxis=in_order(labels) | {"fixedrange": True},
    )  # fmt: skip
    return Chart(fig, models[::-1].drop(columns=["outcome", "dx"]), fits_sentence(table, score, target))


def _marks(
    rows: pd.DataFrame, labels: list[str], value: str, name: str, marker: dict[str, object], bars: str | None = None
) -> go.Scatter:
    return go.Scatter(
        x=rows[value], y=labels, name=name, mode="markers", marker=marker, text=figures(rows, value),
        error_x=interval_bars(rows, value, bars), hovertemplate="%{y}, " + name + ": %{text}<extra></extra>",
    )  # fmt: skip


def by_diagnosis(table: pd.DataFrame, model: str, score: str, target: str, against: bool) -> Chart:
    """Draw one model's heatmaps of each diagnosis, where it is right (filled) and where it is wrong (hollow).

    Args:
        table: As `core.explain.study.summary.summarize` returns it.
        model: Its name.
        score: A key of AXES.
        target: "predicted" or "true".
        against: Show the difference to other images' heatmaps on the same lesions, not the score itself.
    """
    rows = _rows(table, score, target)
    rows = rows[(rows["model"] == model) & (rows["outcome"] != ALL)]
    value = "gain" if against else "heatmap"
    traces = []
    for side, symbol in (("right", "circle"), ("wrong", "circle-open")):
        here = rows[(rows["outcome"] == side) & (rows["dx"] != ALL)][::-1]
        labels = [DX_LABELS[dx] for dx in here["dx"]]
        marker = {"color": [COLORS[dx] for dx in here["dx"]], "size": MARK, "symbol": symbol, "line": {"width": STROKE}}
        trace = _marks(here, labels, value, side, marker, LINE)
        trace.text = [f"{text}, n = {n:,}" for text, n in zip(trace.text, here["images"], strict=True)]
        traces.append(trace)
    title = f"{AXES[score]}: {DIFFERENCE.lower()}" if against else AXES[score]
    fig = draw(
        traces, 110 + 52 * len(DX), margin={"t": 40}, scattermode="group", scattergap=0.5,
        xaxis={"title": {"text": title.replace(": ", ":<br>")}, "tickformat": "+.0%" if against else ".0%",
               "zeroline": against, "zerolinecolor": LINE, "fixedrange": True},
        yaxis={"type": "category", "showgrid": False, "fixedrange": True},
    )  # fmt: skip
    sentences = [f(table, model, score, target) for f in (right_wrong_sentence, diagnoses_sentence)]
    return Chart(fig, rows[[*KEYS, *rows.columns.difference(KEYS, sort=False)]], " ".join(sentences))
