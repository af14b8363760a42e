"""How many of what: the imbalance, lesions against images, how diagnoses were confirmed.

Every function takes the counts in view (`core.data.summary.count`, already filtered, at least one row) and the unit
to count in, a column of that table.
"""

import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from core.labels import COLORS, DX, NAMES
from dashboard.charts.style import ACCENT, CATEGORIES, CONTRAST, DX_LABELS, SHARES, WHOLE_WORDS, Chart, draw, written
from dashboard.text.phrases import CONFIRMED, PLURALS, amount, listed, percent

PLAIN = {"showgrid": False}


def by(view: pd.DataFrame, unit: str, column: str) -> pd.Series:
    """Counts by one column, without empty groups."""
    n = view.groupby(column, observed=True)[unit].sum()
    return n[n > 0]


def cross(view: pd.DataFrame, unit: str, rows: str, columns: str) -> pd.DataFrame:
    """Counts by two columns as a table without empty rows and columns."""
    table = view.pivot_table(index=rows, columns=columns, values=unit, aggfunc="sum", fill_value=0, observed=True)
    return table.loc[table.sum(axis=1) > 0, table.sum() > 0]


def count_axis(title: str, log: bool, most: float, room: float = 1.15) -> dict[str, Any]:
    """A count axis: from zero, or logarithmic from just below one, with room for figures beyond the longest bar."""
    if not log:
        return {"title": {"text": title, "standoff": 18}, "range": [0, most * room], "tickformat": ","}
    top = math.log10(max(most, 1)) * room + 0.1
    text = f"{title}, log scale" if title else "log scale"
    return {"title": {"text": text, "standoff": 18}, "type": "log", "range": [math.log10(0.7), top], "dtick": 1}


def bars(n: pd.Series, labels: list[str], colors: list[str], text: list[str]) -> go.Bar:
    """Horizontal bars with their figures at the end; the last row of `n` on top."""
    return go.Bar(
        x=n.to_numpy(), y=labels, orientation="h", marker={"color": colors}, text=text, textposition="outside",
        cliponaxis=False, hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip


def dx_counts(view: pd.DataFrame, unit: str, log: bool = False, row: int = 42) -> Chart:
    """Bars of the diagnoses, largest on top; `row` pixels for each."""
    n = by(view, unit, "dx").sort_values()
    labels = [f"{DX_LABELS[dx]} ({dx})" for dx in n.index]
    trace = bars(n, labels, [COLORS[dx] for dx in n.index], [f"{v:,}" for v in n])
    fig = draw([trace], 90 + row * len(n), xaxis=count_axis(unit, log, n.max()), yaxis=PLAIN)
    table = n[::-1].rename(unit).reset_index()
    table = table.assign(share=table[unit] / n.sum(), largest_by_this=n.max() / table[unit])
    return Chart(fig, table, _imbalance(n, unit))


def _imbalance(n: pd.Series, unit: str) -> str:
    most, least = n.index[-1], n.index[0]
    if len(n) == 1:
        return f"Everything in view is of one diagnosis: {amount(n.iloc[0], unit)} of {PLURALS[most]}."
    if n.iloc[-1] == n.iloc[0]:
        return f"No imbalance in view: each of {len(n)} diagnoses has {amount(n.iloc[0], unit)}."
    ratio = n.iloc[-1] / n.iloc[0]
    return (
        f"**{ratio:,.{1 if ratio < 10 else 0}f} {unit} of {PLURALS[most]} for each one of {PLURALS[least]}**: "
        f"{PLURALS[most]} are {percent(n.iloc[-1], n.sum())} of the {amount(n.sum(), unit)} in view, "
        f"{PLURALS[least]} {percent(n.iloc[0], n.sum())}."
    )


def imbalance_ratio(view: pd.DataFrame, unit: str, log: bool = False) -> Chart:
    """For each diagnosis, how many of the largest one come on one of it."""
    n = by(view, unit, "dx").sort_values(ascending=False)
    ratio = n.max() / n
    text = [f"{v:,.1f}" if v < 10 else f"{v:,.0f}" for v in ratio]
    trace = bars(ratio, [DX_LABELS[dx] for dx in n.index], [COLORS[dx] for dx in n.index], text)
    axis = count_axis(f"{unit} of {PLURALS[n.index[0]]} for each one", log, ratio.max())
    table = pd.DataFrame({"dx": n.index, unit: n.to_numpy(), "ratio": ratio.to_numpy()})
    largest = NAMES[n.index[0]].lower()
    sentence = (
        f"Who always answers “{largest}” is right for {percent(n.max(), n.sum())} of the {unit} in view "
        f"and finds one diagnosis of {len(n)}: why accuracy alone says little here."
    )
    return Chart(draw([trace], 90 + 36 * len(n), xaxis=axis, yaxis=PLAIN), table, sentence)


def lesions_and_images(view: pd.DataFrame, unit: str, log: bool = False) -> Chart:  # noqa: ARG001, both units are shown
    """Images beside lesions for each diagnosis."""
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
    sentence = f"The {amount(n['images'].sum())} in view show {amount(n['lesions'].sum(), 'lesions')}"
    if len(known) > 1:
        low, high = known.iloc[0], known.iloc[-1]
        sentence += (
            f": {high['images_per_lesion']:.2f} images a lesion for {PLURALS[high['dx']]}, "
            f"{low['images_per_lesion']:.2f} for {PLURALS[low['dx']]}"
        )
    return Chart(fig, table, sentence + ".")


def images_per_lesion(view: pd.DataFrame, unit: str, log: bool = False) -> Chart:
    """How many lesions (or images) have one picture, two, and so on, by diagnosis; stacked unless logarithmic."""
    table = cross(view, unit, "images_per_lesion", "dx")
    traces = [
        go.Bar(
            x=[str(k) for k in table.index], y=table[dx], **written(dx, COLORS[dx]),
            hovertemplate=f"{NAMES[dx]}, %{{x}} images a lesion: %{{y:,}} {unit}<extra></extra>",
        )
        for dx in table.columns[::-1]
    ]  # fmt: skip
    most = table.to_numpy().max() if log else table.sum(axis=1).max()
    fig = draw(
        traces, 340, barmode="group" if log else "stack", uniformtext=WHOLE_WORDS, legend={"traceorder": "reversed"},
        xaxis={"title": {"text": "images of one lesion"}, "type": "category", **PLAIN},
        yaxis=count_axis(unit, log, most, room=1.05),
    )  # fmt: skip
    many = view[view["images_per_lesion"] > 1]
    sentence = (
        f"{amount(many['lesions'].sum(), 'lesions')} of {view['lesions'].sum():,} have several images, and these hold "
        f"{many['images'].sum():,} of the {amount(view['images'].sum())} in view: split by image, "
        "pictures of one lesion end up on both sides."
    )
    return Chart(fig, table.reset_index(), sentence)


def dx_by_dx_type(view: pd.DataFrame, unit: str, log: bool = False) -> Chart:  # noqa: ARG001, shares are not counts
    """How each diagnosis was confirmed, as shares."""
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
        uniformtext=WHOLE_WORDS, xaxis=SHARES, yaxis=PLAIN,
    )  # fmt: skip
    return Chart(fig, table[::-1].reset_index(), _confirmed(table, unit))


def _confirmed(table: pd.DataFrame, unit: str) -> str:
    histo = table.get("histo", pd.Series(0, index=table.index))
    proven = [PLURALS[dx] for dx in DX if dx in table.index and histo[dx] == table.loc[dx].sum()]
    sentence = f"Histopathology confirms {percent(histo.sum(), table.to_numpy().sum())} of the {unit} in view"
    if 0 < len(proven) < len(table):
        sentence += f", among them all of the {listed(proven)}"
    alone = [kind for kind in table if kind != "histo" and (table[kind] > 0).sum() == 1 and len(table) > 1]
    if not alone:
        return sentence + "."
    only = listed([f"{CONFIRMED[kind]} stands behind {PLURALS[table[kind].idxmax()]} alone" for kind in alone])
    return f"{sentence}; {only}: how a diagnosis was confirmed can give it away."
