"""How good the models are: intervals side by side, the report by diagnosis."""

import math

import pandas as pd
import plotly.graph_objects as go

from core.evaluation.bootstrap import Estimate
from core.evaluation.leaderboard import MAJORITY
from core.evaluation.metrics import Metric
from core.labels import COLORS
from dashboard.charts.style import ACCENT, DX_LABELS, LINE, Chart, draw
from dashboard.charts.words import PLURALS, amount

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


def forest(rows: pd.DataFrame, metric: Metric, lead: Estimate | None = None) -> Chart:
    """The models' figures with their intervals, best on top, and the majority class as a line.

    Args:
        rows: As `core.evaluation.leaderboard.with_floor` returns them.
        metric: What to show.
        lead: How far the best is ahead of the second on the same lesions, for the sentence; None if there is one.
    """
    columns = [metric.name, f"{metric.name}_low", f"{metric.name}_high"]
    models = rows[rows["name"] != MAJORITY].sort_values(
        metric.name, ascending=metric.higher_is_better, na_position="first"
    )
    floor = rows.loc[rows["name"] == MAJORITY, metric.name].iloc[0]
    marks = go.Scatter(
        x=models[metric.name], y=[name_label(name) for name in models["name"]], mode="markers", marker_color=ACCENT,
        marker_size=12, error_x=_bars(models, metric.name), text=figures(models, metric.name),
        hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip
    label = {
        "text": f"majority class {floor:.3f}", "x": floor, "y": 1, "yref": "paper", "yanchor": "bottom",
        "showarrow": False, "xanchor": "left" if floor < models[metric.name].max() else "right",
    }  # fmt: skip
    line = {"type": "line", "x0": floor, "x1": floor, "y0": 0, "y1": 1, "yref": "paper"}
    fig = draw(
        [marks], 110 + 44 * len(models), showlegend=False, margin={"t": 26},
        shapes=[line | {"line": {"color": LINE, "dash": "dash"}}], annotations=[label],
        xaxis={"title": {"text": _axis_title(metric)}, "rangemode": "tozero"},
        yaxis={"type": "category", "showgrid": False, "range": [-0.6, len(models) - 0.4]},
    )  # fmt: skip
    return Chart(fig, rows[["name", *columns]], _forest_sentence(models[::-1], rows, metric, lead))


def _axis_title(metric: Metric) -> str:
    return f"{metric.label}, {'higher' if metric.higher_is_better else 'lower'} is better"


def _bars(rows: pd.DataFrame, name: str) -> dict[str, object]:
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
            marker={"color": COLORS[row["dx"]], "size": 13}, error_x=_bars(pd.DataFrame([row]), measure),
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
