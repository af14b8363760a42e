"""Class imbalance, lesions and images, how diagnoses were confirmed.

Every function takes the filtered counts (`core.data.summary.count`, at least one row) and the unit to count in, a
column of that table.
"""

import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from core.labels import COLORS, NAMES
from dashboard.charts.style import ACCENT, CATEGORIES, CONTRAST, DX_LABELS, SHARES, WHOLE_NAMES, Chart, draw, written
from dashboard.text.eda import (
    confirmed_sentence,
    images_per_lesion_sentence,
    imbalance_sentence,
    ratio_sentence,
    several_images_sentence,
)
from dashboard.text.phrases import CONFIRMED, PLURALS

PLAIN = {"showgrid": False}


def by(view: pd.DataFrame, unit: str, column: str) -> pd.Series:
    """Count by one column, without empty groups."""
    n = view.groupby(column, observed=True)[unit].sum()
    return n[n > 0]


def cross(view: pd.DataFrame, unit: str, rows: str, columns: str) -> pd.DataFrame:
    """Count by two columns, without empty rows and columns."""
    table = view.pivot_table(index=rows, columns=columns, values=unit, aggfunc="sum", fill_value=0, observed=True)
    return table.loc[table.sum(axis=1) > 0, table.sum() > 0]


def count_axis(title: str, log: bool, most: float, room: float = 1.15) -> dict[str, Any]:
    """Make a count axis: from zero, or logarithmic from just below one, with room beyond the longest bar."""
    if not log:
        return {"title": {"text": title, "standoff": 18}, "range": [0, most * room], "tickformat": ","}
    top = math.log10(max(most, 1)) * room + 0.1
    text = f"{title}, log scale" if title else "log scale"
    return {"title": {"text": text, "standoff": 18}, "type": "log", "range": [math.log10(0.7), top], "dtick": 1}


def bars(n: pd.Series, labels: list[str], colors: list[str], text: list[str]) -> go.Bar:
    """Make horizontal bars with their figures at the end; the last row of `n` on top."""
    return go.Bar(
        x=n.to_numpy(), y=labels, orientation="h", marker={"color": colors}, text=text, textposition="outside",
        cliponaxis=False, hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip


def dx_counts(view: pd.DataFrame, unit: str, log: bool = False, row: int = 42) -> Chart:
    """Draw the diagnoses as bars, largest on top; `row` pixels for each."""
    n = by(view, unit, "dx").sort_values()
    labels = [f"{DX_LABELS[dx]} ({dx})" for dx in n.index]
    trace = bars(n, labels, [COLORS[dx] for dx in n.index], [f"{v:,}" for v in n])
    fig = draw([trace], 90 + row * len(n), xaxis=count_axis(unit, log, n.max()), yaxis=PLAIN)
    table = n[::-1].rename(unit).reset_index()
    table = table.assign(share=table[unit] / n.sum(), largest_by_this=n.max() / table[unit])
    return Chart(fig, table, imbalance_sentence(n, unit))


def imbalance_ratio(view: pd.DataFrame, unit: str, log: bool = False) -> Chart:
    """Draw how many images of the most common diagnosis there are for each one of every other."""
    n = by(view, unit, "dx").sort_values(ascending=False)
    ratio = n.max() / n
    text = [f"{v:,.1f}" if v < 10 else f"{v:,.0f}" for v in ratio]
    trace = bars(ratio, [DX_LABELS[dx] for dx in n.index], [COLORS[dx] for dx in n.index], text)
    axis = count_axis(f"{unit} of {PLURALS[n.index[0]]} for each {unit[:-1]}", log, ratio.max())
    table = pd.DataFrame({"dx": n.index, unit: n.to_numpy(), "ratio": ratio.to_numpy()})
    return Chart(draw([trace], 90 + 36 * len(n), xaxis=axis, yaxis=PLAIN), table, ratio_sentence(n, unit))


def lesions_and_images(view: pd.DataFrame, unit: str, log: bool = False) -> Chart:  # noqa: ARG001, both units are shown
    """Draw images beside lesions for each diagnosis."""
    n = view.groupby("dx")[["images", "lesions"]].sum().sort_values("images")
    traces = [
        go.Bar(
            x=n[name], y=[DX_LABELS[dx] for dx in n.index], orientation="h", name=name, marker={"color": colour},
            hovertemplate="%{y}: %{x:,} " + name + "<extra></extra>",
        )
        for name, colour in (("lesions", CONTRAST), ("images", ACCENT))
    ]  # fmt: skip
    axis = count_axis("", log, n["images"].max(), room=1.05)
    fig = draw(traces, 110 + 42 * len(n), xaxis=axis, yaxis=PLAIN, legend={"traceorder": "reversed"})
    table = n[::-1].assign(images_per_lesion=n["images"] / n["lesions"].where(n["lesions"] > 0)).reset_index()
    known = table.dropna().sort_values("images_per_lesion")
    return Chart(fig, table, images_per_lesion_sentence(n, known))


def images_per_lesion(view: pd.DataFrame, unit: str, log: bool = False) -> Chart:
    """Draw how many lesions (or images) have one image, two, and so on, by diagnosis; stacked unless logarithmic."""
    table = cross(view, unit, "images_per_lesion", "dx")
    traces = [
        go.Bar(
            x=[str(k) for k in table.index], y=table[dx], **written(dx, COLORS[dx]),
            hovertemplate=f"{NAMES[dx]}, %{{x}} images per lesion: %{{y:,}} {unit}<extra></extra>",
        )
        for dx in table.columns[::-1]
    ]  # fmt: skip
    most = table.to_numpy().max() if log else table.sum(axis=1).max()
    fig = draw(
        traces, 340, barmode="group" if log else "stack", uniformtext=WHOLE_NAMES, legend={"traceorder": "reversed"},
        xaxis={"title": {"text": "images per lesion"}, "type": "category", **PLAIN},
        yaxis=count_axis(unit, log, most, room=1.05),
    )  # fmt: skip
    return Chart(fig, table.reset_index(), several_images_sentence(view))


def dx_by_dx_type(view: pd.DataFrame, unit: str, log: bool = False) -> Chart:  # noqa: ARG001, shares are not counts
    """Draw how each diagnosis was confirmed, as shares."""
    table = cross(view, unit, "dx", "dx_type")[::-1]
    share = table.div(table.sum(axis=1), axis=0)
    traces = [
        go.Bar(
            x=share[kind], y=[DX_LABELS[dx] for dx in table.index], orientation="h",
            **written(CONFIRMED[kind], colour), customdata=table[kind],
            hovertemplate=f"%{{y}}, {CONFIRMED[kind]}: %{{x:.1%}}, %{{customdata:,}} {unit}<extra></extra>",
        )
        for kind, colour in zip(CONFIRMED, CATEGORIES, strict=True)
        if kind in table
    ]  # fmt: skip
    fig = draw(
        traces, 130 + 32 * len(table), barmode="stack", barcornerradius=0, legend={"traceorder": "normal"},
        uniformtext=WHOLE_NAMES, xaxis=SHARES, yaxis=PLAIN,
    )  # fmt: skip
    return Chart(fig, table[::-1].reset_index(), confirmed_sentence(table, unit))
