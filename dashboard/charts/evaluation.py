"""How good the models are: intervals side by side, the report by diagnosis."""

import math

import pandas as pd
import plotly.graph_objects as go

from core.evaluation.leaderboard import MAJORITY
from core.evaluation.metrics import Metric
from core.labels import COLORS
from core.stats import Estimate
from dashboard.charts.style import ACCENT, DX_LABELS, LINE, Chart, draw
from dashboard.text.phrases import PLURALS, amount

MEASURES = {"recall": "Recall", "precision": "Precision", "f1": "F1"}


def figure(value: float, low: float, high: float) -> str:
    """A figure with its interval, in words: "0.544 [0.502, 0.593]"."""
    if math.isnan(value):
        return "undefined"
    return f"{value:.3f}" if math.isnan(low) else f"{value:.3f} [{low:.3f}, {high:.3f}]"


def figures(rows: pd.DataFrame, name: str) -> list[str]:
    """`figure` for each row of a table with columns NAME, NAME_low and NAME_high."""
    return [figure(*ends) for ends in rows[[name, f"{name}_low", f"{name}_high"]].itertuples(index=False)]


def name_label(name: str, width: int = 16) -> str:
    """A model's name broken at its underscores into lines of about `width` letters."""
    lines = [""]
    for part in name.split("_"):
        joined = f"{lines[-1]}_{part}".removeprefix("_")
        lines = [*lines[:-1], joined] if len(joined) <= width or not lines[-1] else [*lines, part]
    return "_<br>".join(lines)


def forest(rows: pd.DataFrame, metric: Metric, lead: Estimate | None = None, row: int = 44) -> Chart:
    """The models' figures with their intervals, best on top, and the majority class as a line.

    Args:
        rows: As `core.evaluation.leaderboard.with_floor` returns them.
        metric: What to show.
        lead: How far the best is ahead of the second on the same lesions, for the sentence; None if there is one.
        row: Pixels for each model.
    """
    columns = [metric.name, f"{metric.name}_low", f"{metric.name}_high"]
    models = rows[rows["name"] != MAJORITY].sort_values(
        metric.name, ascending=metric.higher_is_better, na_position="first"
    )
    floor = rows.loc[rows["name"] == MAJORITY, metric.name].iloc[0]
    marks = go.Scatter(
        x=models[metric.name], y=[name_label(name) for name in models["name"]], mode="markers",
        marker={"color": ACCENT, "size": 12, "symbol": _symbols(models)},
        error_x=interval_bars(models, metric.name), text=figures(models, metric.name),
        hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip
    label = {
        "text": f"majority class {floor:.3f}", "x": floor, "y": 1, "yref": "paper", "yanchor": "bottom",
        "showarrow": False, "xanchor": "left" if floor < models[metric.name].max() else "right",
    }  # fmt: skip
    line = {"type": "line", "x0": floor, "x1": floor, "y0": 0, "y1": 1, "yref": "paper"}
    fig = draw(
        [marks], 110 + row * len(models), showlegend=False, margin={"t": 26},
        shapes=[line | {"line": {"color": LINE, "dash": "dash"}}], annotations=[label],
        xaxis={"title": {"text": _axis_title(metric)}, "rangemode": "tozero"},
        yaxis={"type": "category", "showgrid": False, "range": [-0.6, len(models) - 0.4]},
    )  # fmt: skip
    hollow = " Hollow marks are baselines." if "circle-open" in _symbols(models) else ""
    return Chart(fig, rows[["name", *columns]], _forest_sentence(models[::-1], rows, metric, lead) + hollow)


def _symbols(models: pd.DataFrame) -> list[str]:
    """Baselines, which any model must beat, are hollow."""
    kinds = models["kind"] if "kind" in models else [None] * len(models)
    return ["circle-open" if kind == "baseline" else "circle" for kind in kinds]


def _axis_title(metric: Metric) -> str:
    return f"{metric.label}, {'higher' if metric.higher_is_better else 'lower'} is better"


def interval_bars(rows: pd.DataFrame, name: str) -> dict[str, object]:
    """Plotly's error bars from the columns NAME, NAME_low and NAME_high."""
    return {
        "type": "data", "array": rows[f"{name}_high"] - rows[name], "arrayminus": rows[name] - rows[f"{name}_low"],
        "thickness": 2, "width": 5,
    }  # fmt: skip


def _forest_sentence(best_first: pd.DataFrame, rows: pd.DataFrame, metric: Metric, lead: Estimate | None) -> str:
    best, floor = figures(best_first, metric.name)[0], figures(rows[rows["name"] == MAJORITY], metric.name)[0]
    name = best_first["name"].iloc[0]
    if best == "undefined":
        return f"{metric.label} is undefined for these models: the test pictures lack a diagnosis."
    text = f"{metric.label}: **{name} is best with {best}**; "
    text += f"the majority class, which never looks at a picture, has {floor}."
    if lead is None:
        return text
    second = best_first["name"].iloc[1]
    if math.isnan(lead.low):
        return f"{text} {second} is {abs(lead.value):.3f} behind."
    apart = "" if lead.low > 0 or lead.high < 0 else ": too close to call"
    ends = sorted((lead.low, lead.high) if metric.higher_is_better else (-lead.high, -lead.low))
    return f"{text} {second} is {abs(lead.value):.3f} behind on the same lesions [{ends[0]:.3f}, {ends[1]:.3f}]{apart}."


def by_diagnosis(report: pd.DataFrame, measure: str) -> Chart:
    """Recall, precision or F1 of each diagnosis with its interval.

    Args:
        report: As `core.evaluation.bootstrap.report` returns it.
        measure: A key of MEASURES.
    """
    rows = report[::-1]
    marks = [
        go.Scatter(
            x=[row[measure]], y=[f"{DX_LABELS[row['dx']]}<br>n = {row['pictures']:,}"], mode="markers",
            marker={"color": COLORS[row["dx"]], "size": 13}, error_x=interval_bars(pd.DataFrame([row]), measure),
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
    return Chart(fig, report, _report_sentence(report, measure))


def _report_sentence(report: pd.DataFrame, measure: str) -> str:
    defined = report.dropna(subset=[measure]).sort_values(measure, ascending=False, kind="stable")
    if defined.empty:
        return f"{MEASURES[measure]} is undefined for every diagnosis."
    words = figures(defined, measure)
    best, worst = defined.iloc[0], defined.iloc[-1]
    text = f"**{MEASURES[measure]} is best for {PLURALS[best['dx']]}, {words[0]}, "
    text += f"and worst for {PLURALS[worst['dx']]}, {words[-1]}**"
    widest = (defined[f"{measure}_high"] - defined[f"{measure}_low"]).fillna(0).idxmax()
    few = defined.loc[widest]
    shown = f"{amount(few['pictures'], 'pictures')} of {amount(few['lesions'], 'lesions')}"
    return f"{text}; {PLURALS[few['dx']]} have the widest interval, with {shown}."


def reported_sentence(table: pd.DataFrame) -> str:
    """The best reported accuracy with lesions on both sides of the split, and with lesions kept apart.

    Args:
        table: As `core.evaluation.reported.reported` returns it.
    """
    best = table.dropna(subset=["accuracy"]).sort_values("accuracy", ascending=False).groupby("lesions_apart").first()
    leaking, apart = best.loc["no"], best.loc["yes"]
    return (
        f"The highest accuracy reported with one lesion's pictures on both sides of the split is "
        f"**{leaking['accuracy']:.3f}** ({leaking['name']}); with lesions kept apart it is "
        f"**{apart['accuracy']:.3f}** ({apart['name']}, {apart['source']})."
    )


def latency_sentence(latencies: pd.DataFrame) -> str | None:
    """The fastest and the slowest model here; None where none is served.

    Args:
        latencies: Columns name and latency (milliseconds a picture, NaN where not served).
    """
    known = latencies.dropna(subset=["latency"]).sort_values("latency")
    if known.empty:
        return None
    words = [f"{ms:,.1f} ms ({name})" for name, ms in known[["name", "latency"]].itertuples(index=False)]
    return f"Here one picture takes **{' to '.join([words[0], *words[1:][-1:]])}**."


def not_trained_sentence(table: pd.DataFrame) -> str:
    """How many models have no weights here, and the best figure reported of them.

    Args:
        table: As `core.evaluation.reported.not_reproduced` returns it, not empty.
    """
    text = f"**{amount(len(table), 'models')} without trained weights here**"
    told = table.dropna(subset=["accuracy"]).sort_values("accuracy", ascending=False)
    if len(told):
        text += f"; the highest accuracy reported of them is {told['accuracy'].iloc[0]:.3f} ({told['name'].iloc[0]})"
    if table["command"].str.contains("DIR").any():
        text += ". DIR is a folder with Keras' ImageNet weight files"
    return f"{text}."
