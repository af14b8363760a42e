"""How good the models are: all models with their intervals, and one model by diagnosis."""

from textwrap import wrap

import pandas as pd
import plotly.graph_objects as go

from core.evaluation.leaderboard import MAJORITY, OTHER
from core.evaluation.metrics import Metric
from core.labels import COLORS
from core.stats import Estimate
from dashboard.charts.style import ACCENT, CONTRAST, DX_LABELS, LINE, MARK, Chart, draw, interval_bars
from dashboard.text.format import figure, figures
from dashboard.text.leaderboard import MEASURES, elsewhere_sentence, forest_sentence, report_sentence
from dashboard.text.models import model_label


def name_label(name: str, width: int = 22) -> str:
    """Name a model for people, in lines of about `width` letters; one that has no such name breaks at underscores."""
    label = model_label(name)
    if label != name:
        return "<br>".join(wrap(label, width, break_long_words=False, break_on_hyphens=False))
    lines = [""]
    for part in name.split("_"):
        joined = f"{lines[-1]}_{part}".removeprefix("_")
        lines = [*lines[:-1], joined] if len(joined) <= width or not lines[-1] else [*lines, part]
    return "_<br>".join(lines)


def in_order(labels: list[str]) -> dict[str, object]:
    """Make an axis of models, from the bottom up.

    Plotly would put those without a value, which it meets last, on top.

    Args:
        labels: All of them.
    """
    return {
        "type": "category", "showgrid": False, "categoryorder": "array", "categoryarray": labels,
        "range": [-0.6, len(labels) - 0.4],
    }  # fmt: skip


def forest(rows: pd.DataFrame, metric: Metric, lead: Estimate | None = None, row: int = 42) -> Chart:
    """Draw the models' figures with their intervals, best on top, and the majority class as a line.

    Args:
        rows: As `core.evaluation.leaderboard.with_floor` returns them.
        metric: Which figure.
        lead: How far the best on validation is ahead of the second on the same lesions; None without a second.
        row: Pixels per model.
    """
    columns = [metric.name, f"{metric.name}_low", f"{metric.name}_high"]
    models = rows[rows["name"] != MAJORITY].sort_values(
        metric.name, ascending=metric.higher_is_better, na_position="first"
    )
    floor = rows.loc[rows["name"] == MAJORITY, metric.name].iloc[0]
    labels = [name_label(name) for name in models["name"]]
    marks = go.Scatter(
        x=models[metric.name], y=labels, mode="markers",
        marker={"color": ACCENT, "size": MARK, "symbol": _symbols(models)},
        error_x=interval_bars(models, metric.name), text=figures(models, metric.name),
        hovertemplate="%{y}: %{text}<extra></extra>", name="HAM10000",
    )  # fmt: skip
    label = {
        "text": f"most common class {floor:.3f}", "x": floor, "y": 1, "yref": "paper", "yanchor": "bottom",
        "showarrow": False, "xanchor": "left" if floor < models[metric.name].max() else "right",
    }  # fmt: skip
    line = {"type": "line", "x0": floor, "x1": floor, "y0": 0, "y1": 1, "yref": "paper"}
    elsewhere = _elsewhere(models, metric)
    fig = draw(
        [marks, *elsewhere], (150 if elsewhere else 110) + row * len(models), showlegend=bool(elsewhere),
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"}, margin={"t": 26},
        shapes=[line | {"line": {"color": LINE, "dash": "dash"}}], annotations=[label],
        xaxis={"title": {"text": _axis_title(metric)}, "rangemode": "tozero"},
        yaxis=in_order(labels),
    )  # fmt: skip
    hollow = " Hollow: a baseline that sees no image." if "circle-open" in _symbols(models) else ""
    sentence = forest_sentence(rows, metric, lead) + hollow
    if elsewhere:
        sentence = f"{sentence} {elsewhere_sentence(models, metric)}"
        columns += [f"{OTHER}{column}" for column in columns]
    return Chart(fig, rows[["name", *columns]], sentence)


def _elsewhere(models: pd.DataFrame, metric: Metric) -> list[go.Scatter]:
    """Draw the same figure on other clinics' images; nothing where no model is scored on them."""
    name = f"{OTHER}{metric.name}"
    if name not in models or models[name].isna().all():
        return []
    shown = models[models[name].notna()]
    return [
        go.Scatter(
            x=shown[name], y=[name_label(each) for each in shown["name"]], mode="markers",
            marker={"color": CONTRAST, "size": MARK, "symbol": "diamond"}, name="other clinics (MILK10k)",
            error_x=interval_bars(shown, name), text=figures(shown, name),
            hovertemplate="%{y}, other clinics: %{text}<extra></extra>",
        )
    ]  # fmt: skip


def _symbols(models: pd.DataFrame) -> list[str]:
    """Draw baselines, which any model must beat, hollow."""
    kinds = models["kind"] if "kind" in models else [None] * len(models)
    return ["circle-open" if kind == "baseline" else "circle" for kind in kinds]


def _axis_title(metric: Metric) -> str:
    return f"{metric.label}, {'higher' if metric.higher_is_better else 'lower'} is better"


def by_diagnosis(report: pd.DataFrame, measure: str) -> Chart:
    """Draw recall, precision or F1 of each diagnosis with its interval.

    Args:
        report: As `core.evaluation.bootstrap.report` returns it.
        measure: A key of MEASURES.
    """
    rows = report[::-1]
    marks = [
        go.Scatter(
            x=[row[measure]], y=[f"{DX_LABELS[row['dx']]}<br>n = {row['images']:,}"], mode="markers",
            marker={"color": COLORS[row["dx"]], "size": MARK}, error_x=interval_bars(pd.DataFrame([row]), measure),
            text=[figure(row[measure], row[f"{measure}_low"], row[f"{measure}_high"])],
            hovertemplate="%{y}<br>%{text}<extra></extra>",
        )
        for row in rows.to_dict("records")
    ]  # fmt: skip
    fig = draw(
        marks, 70 + 48 * len(rows), showlegend=False,
        xaxis={"title": {"text": MEASURES[measure]}, "range": [-0.02, 1.02]},
        yaxis={"type": "category", "showgrid": False},
    )  # fmt: skip
    return Chart(fig, report, report_sentence(report, measure))
