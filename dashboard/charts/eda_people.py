"""Age and sex of the patients. Arguments as in `dashboard.charts.eda`."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

from core.labels import COLORS, DX, NAMES
from core.weighted import density, quantiles
from dashboard.charts.eda import PLAIN, by, count_axis, cross
from dashboard.charts.style import ACCENT, CONTRAST, DX_LABELS, LINE, Chart, draw, empty_figure
from dashboard.text.eda_people import (
    age_by_dx_sentence,
    ages_sentence,
    dx_by_age_sentence,
    dx_by_sex_sentence,
    no_ages_sentence,
    no_pyramid_sentence,
    pyramids_sentence,
    sexes_sentence,
)
from dashboard.text.format import percent

AGE_EDGES = (0, 20, 40, 60, 80, 100)
AGE_GROUPS = ("0-20", "21-40", "41-60", "61-80", "81-100")
"""The notebook's; the first includes both ends."""
STEP = 5
"""Years between the ages that HAM10000 records."""
SEX_COLORS = {"female": CONTRAST, "male": ACCENT, "unknown": LINE}


def age_group(age: pd.Series) -> pd.Series:
    """Return the notebook's age groups; ages above the last edge stay in the last group."""
    return pd.cut(age.clip(upper=AGE_EDGES[-1]), list(AGE_EDGES), labels=list(AGE_GROUPS), include_lowest=True)


def _no_ages(unit: str) -> Chart:
    return Chart(empty_figure("No known age"), pd.DataFrame(), no_ages_sentence(unit))


def age_histogram(view: pd.DataFrame, unit: str) -> Chart:
    """Draw ages in steps of five years with a kernel density estimate, in counts."""
    n = by(view, unit, "age")
    if n.empty:
        return _no_ages(unit)
    bins = n.groupby((n.index // STEP) * STEP).sum()
    ages, weights = n.index.to_series(index=n.index), n
    line = np.linspace(max(n.index.min() - 10, 0), n.index.max() + 10, 121)
    curve = density(ages, weights, line) * n.sum() * STEP
    traces = [
        go.Bar(
            x=bins.index, y=bins, marker={"color": ACCENT}, name=unit, hovertemplate="%{x} years: %{y:,}<extra></extra>"
        ),
        go.Scatter(
            x=line, y=curve, mode="lines", line={"color": CONTRAST, "width": 3}, name="density", hoverinfo="skip"
        ),
    ]
    fig = draw(
        traces, 340, bargap=0.08, xaxis={"title": {"text": "age in years"}, "dtick": 10, **PLAIN},
        yaxis={"title": {"text": unit, "standoff": 18}, "tickformat": ","},
    )  # fmt: skip
    return Chart(fig, n.rename(unit).reset_index(), ages_sentence(n, view[unit].sum(), unit))


def sex_counts(view: pd.DataFrame, unit: str) -> Chart:
    """Draw the sexes as bars."""
    n = by(view, unit, "sex").sort_values(ascending=False)
    trace = go.Bar(
        x=n.index, y=n, marker={"color": [SEX_COLORS[s] for s in n.index]}, width=0.6, cliponaxis=False,
        text=[f"{v:,}<br>{percent(v, n.sum())}" for v in n], textposition="outside",
        hovertemplate="%{x}: %{y:,}<extra></extra>",
    )  # fmt: skip
    fig = draw([trace], 340, xaxis=PLAIN, yaxis=count_axis(unit, False, n.max(), room=1.2))
    return Chart(fig, n.rename(unit).reset_index(), sexes_sentence(n, unit))


def _grouped(table: pd.DataFrame, unit: str, log: bool, shares: bool) -> go.Figure:
    """Draw bars side by side: groups are the rows, colours the diagnoses in the columns."""
    if shares:
        return _shares(table, unit)
    traces = [
        go.Bar(
            x=table.index.astype(str), y=table[dx].where(table[dx] > 0), name=dx, marker={"color": COLORS[dx]},
            hovertemplate=f"{NAMES[dx]}, %{{x}}: %{{y:,}} {unit}<extra></extra>",
        )
        for dx in table.columns
    ]  # fmt: skip
    axis = count_axis(unit, log, table.to_numpy().max(), room=1.05)
    return draw(traces, 380, bargap=0.15, bargroupgap=0.05, xaxis={"type": "category", **PLAIN}, yaxis=axis)


def _shares(table: pd.DataFrame, unit: str) -> go.Figure:
    """Draw what share of each group has each diagnosis."""
    parts = table.div(table.sum(axis=1), axis=0)
    traces = [
        go.Bar(
            x=table.index.astype(str), y=parts[dx].where(table[dx] > 0), name=dx, marker={"color": COLORS[dx]},
            customdata=table[dx],
            hovertemplate=f"{NAMES[dx]}, %{{x}}: %{{y:.1%}}, %{{customdata:,}} {unit}<extra></extra>",
        )
        for dx in table.columns
    ]  # fmt: skip
    axis = {
        "title": {"text": f"share of the group's {unit}", "standoff": 18},
        "tickformat": ".0%",
        "rangemode": "tozero",
    }
    return draw(traces, 380, bargap=0.15, bargroupgap=0.05, xaxis={"type": "category", **PLAIN}, yaxis=axis)


def dx_by_sex(view: pd.DataFrame, unit: str, log: bool = False, shares: bool = False) -> Chart:
    """Draw the diagnoses within each sex, as counts or, with `shares`, as shares of that sex."""
    table = cross(view, unit, "sex", "dx")
    return Chart(_grouped(table, unit, log, shares), table.reset_index(), dx_by_sex_sentence(table, unit))


def dx_by_age_group(view: pd.DataFrame, unit: str, log: bool = False, shares: bool = False) -> Chart:
    """Draw the diagnoses within each of the notebook's age groups, as counts or, with `shares`, as shares of it."""
    known = view[view["age"].notna()]
    if known[unit].sum() == 0:
        return _no_ages(unit)
    table = cross(known.assign(age_group=age_group(known["age"])), unit, "age_group", "dx")
    rows = table.reset_index().astype({"age_group": str})
    return Chart(_grouped(table, unit, log, shares), rows, dx_by_age_sentence(table, unit))


def age_quartiles(view: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Compute the box-plot figures of each diagnosis with a known age.

    Returns:
        Columns dx, n, q1, median, q3, low, high (the furthest ages within 1.5 interquartile ranges of the box).
    """
    rows = []
    for dx in DX:
        part = view[(view["dx"] == dx) & view["age"].notna() & (view[unit] > 0)]
        if part.empty:
            continue
        q1, middle, q3 = quantiles(part["age"], part[unit], 0.25, 0.5, 0.75)
        inside = part["age"][part["age"].between(q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1))]
        rows.append((dx, part[unit].sum(), q1, middle, q3, inside.min(), inside.max()))
    return pd.DataFrame(rows, columns=["dx", "n", "q1", "median", "q3", "low", "high"])


def age_by_dx(view: pd.DataFrame, unit: str) -> Chart:
    """Draw a box plot of age for each diagnosis; dots are ages beyond the whiskers."""
    boxes = age_quartiles(view, unit)
    if boxes.empty:
        return _no_ages(unit)
    traces = [
        go.Box(
            y=[DX_LABELS[str(box.dx)]], q1=[box.q1], median=[box.median], q3=[box.q3], lowerfence=[box.low],
            upperfence=[box.high], orientation="h", marker={"color": COLORS[str(box.dx)]}, width=0.6,
            name=NAMES[str(box.dx)],
        )
        for box in boxes[::-1].itertuples()
    ]  # fmt: skip
    traces.append(_outliers(view, unit, boxes))
    axis = {"title": {"text": "age in years"}, "dtick": 20, "rangemode": "tozero"}
    fig = draw(traces, 70 + 44 * len(boxes), showlegend=False, xaxis=axis, yaxis=PLAIN)
    return Chart(fig, boxes, age_by_dx_sentence(boxes))


def _outliers(view: pd.DataFrame, unit: str, boxes: pd.DataFrame) -> go.Scatter:
    known = view[view["age"].notna()].merge(boxes[["dx", "low", "high"]], on="dx")
    beyond = known[(known["age"] < known["low"]) | (known["age"] > known["high"])]
    n = beyond.groupby(["dx", "age"], as_index=False)[unit].sum()
    return go.Scatter(
        x=n["age"], y=n["dx"].map(DX_LABELS), mode="markers", marker={"color": n["dx"].map(COLORS), "size": 6},
        customdata=n[unit], hovertemplate="%{x} years: %{customdata:,}<extra></extra>",
    )  # fmt: skip


def age_sex_pyramids(view: pd.DataFrame, unit: str) -> Chart:
    """Draw an age-sex pyramid for each diagnosis: women left, men right, as shares of that diagnosis."""
    known = view[view["age"].notna() & (view["sex"] != "unknown") & (view[unit] > 0)]
    if known.empty:
        return Chart(empty_figure("No known age and sex"), pd.DataFrame(), no_pyramid_sentence(unit))
    decade = (known["age"] // 10 * 10).astype(int)
    table = known.assign(decade=decade).groupby(["dx", "sex", "decade"], as_index=False)[[unit]].sum()
    table["share"] = table[unit] / table.groupby("dx")[unit].transform("sum")
    shown = [dx for dx in DX if dx in set(table["dx"])]
    traces = [trace for i, dx in enumerate(shown) for trace in _pyramid(table[table["dx"] == dx], unit, i)]
    fig = draw(
        traces, 60 + 150 * -(-len(shown) // 2), barmode="overlay", bargap=0.1, showlegend=False, margin={"t": 24},
        **_panels(shown, table["share"].max() * 1.1, table["decade"].max() + 10),
    )  # fmt: skip
    return Chart(fig, table, pyramids_sentence(known, unit))


def _pyramid(part: pd.DataFrame, unit: str, panel: int) -> list[BaseTraceType]:
    traces = []
    for sex, sign in (("female", -1), ("male", 1)):
        side = part[part["sex"] == sex]
        traces.append(
            go.Bar(
                x=sign * side["share"], y=side["decade"] + 5, orientation="h", width=9,
                xaxis=f"x{panel + 1}", yaxis=f"y{panel + 1}",
                marker={"color": COLORS[part["dx"].iloc[0]], "opacity": 0.6 if sex == "female" else 1.0},
                customdata=side[[unit, "decade"]],
                hovertemplate=f"{sex}, from %{{customdata[1]}} years: %{{customdata[0]:,}} {unit}<extra></extra>",
            )
        )  # fmt: skip
    return traces


def _panels(shown: list[str], edge: float, oldest: int) -> dict[str, Any]:
    """Lay panels out in two columns (plotly's make_subplots takes longer than all the rest)."""
    rows = -(-len(shown) // 2)
    ticks = [t for t in (-0.5, -0.2, -0.1, 0, 0.1, 0.2, 0.5) if abs(t) <= edge]
    layout: dict[str, Any] = {"annotations": []}
    for i, dx in enumerate(shown):
        row, column, name = i // 2, i % 2, str(i + 1) if i else ""
        left, top = 0.54 * column, 1 - row / rows
        layout[f"xaxis{name}"] = {
            "domain": [left, left + 0.46], "anchor": f"y{name}", "range": [-edge, edge], "tickvals": ticks,
            "ticktext": [f"{abs(t):.0%}" for t in ticks], "showticklabels": i >= len(shown) - 2,
        }  # fmt: skip
        layout[f"yaxis{name}"] = {
            "domain": [top - 0.8 / rows, top],
            "anchor": f"x{name}",
            "range": [0, oldest],
            "dtick": 20,
            **PLAIN,
        }
        layout["annotations"].append(
            {"text": f"<b>{NAMES[dx]}</b>", "x": left + 0.23, "y": top, "xref": "paper", "yref": "paper",
             "xanchor": "center", "yanchor": "bottom", "showarrow": False, "font": {"size": 12}}
        )  # fmt: skip
    return layout
