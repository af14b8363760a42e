"""Class counts before and after resampling, the notebook's included."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

from core.labels import COLORS
from core.resampling.notebook import expect_mismatched, summarise_mismatch
from core.resampling.strategies import get_strategy, resampled_counts
from dashboard.charts.splits import end_figures
from dashboard.charts.style import DX_LABELS, LINE, Chart, draw
from dashboard.charts.words import PLURALS, percent

NEUTRAL = "#888888"
FAINT, FAINT_NEUTRAL = 0.35, "rgba(136,136,136,0.35)"
"""Opacity, and what it makes of NEUTRAL in a legend, where plotly shows no opacity."""
HATCH = {"shape": "/", "fillmode": "replace", "size": 7, "solidity": 0.35}
DOTS = {"shape": ".", "fillmode": "replace", "size": 6, "solidity": 0.45}
LEGENDS = {
    "none": ("used as it is", "", ""),
    "copy": ("pictures", "copies of them", ""),
    "synthetic": ("real rows", "synthetic rows", ""),
    "drop": ("pictures kept", "", "thrown away"),
    "weight": ("weight", "weight added", "weight taken away"),
}
"""What the kept, added and dropped part of a bar stand for, by a strategy's kind."""


def _part(x: pd.Series, colors: list[str], hover: str, **marker: Any) -> go.Bar:
    """One part of stacked horizontal bars, without a legend entry (see `_key`)."""
    look = {"color": colors, "line": {"width": 0}} | marker
    return go.Bar(
        x=x.to_numpy(), y=[DX_LABELS[str(dx)] for dx in x.index], orientation="h", marker=look, showlegend=False,
        hovertemplate=f"%{{y}}: %{{x:,.0f}} {hover}<extra></extra>",
    )  # fmt: skip


def _key(name: str, **marker: Any) -> go.Bar:
    """A legend entry in grey, for the bars' own colours say the diagnosis."""
    look = {"color": NEUTRAL, "line": {"width": 0}} | marker
    return go.Bar(x=[None], y=[None], orientation="h", name=name, marker=look)


def _hatched(colors: list[str] | str, shape: dict[str, Any]) -> dict[str, Any]:
    return {"color": colors, "pattern": shape | {"fgcolor": colors}, "line": {"width": 1, "color": colors}}


def _stack(traces: Sequence[BaseTraceType], rows: int, title: str, most: float, room: float = 1.02) -> go.Figure:
    return draw(
        traces, 110 + 38 * rows, barmode="stack", barcornerradius=0, legend={"traceorder": "normal"},
        xaxis={"title": {"text": title}, "range": [0, most * room], "nticks": 6}, yaxis={"showgrid": False},
    )  # fmt: skip


def notebook_smote(counts: pd.DataFrame) -> Chart:
    """Training rows of the notebook after SMOTE: real, synthetic with a fitting picture, synthetic with a wrong one.

    Args:
        counts: As from `core.resampling.notebook.load_smote`.
    """
    counts = counts.sort_values("before")
    expected = expect_mismatched(counts)
    fits = expected["synthetic"] - expected["expected"]
    colors = [COLORS[str(dx)] for dx in counts.index]
    traces = [
        _part(counts["before"], colors, "real rows"),
        _part(fits, colors, "synthetic rows whose picture fits by chance", opacity=FAINT),
        _part(expected["expected"], colors, "synthetic rows with a picture of another diagnosis",
              **_hatched(colors, HATCH)),
        _key("real row"),
        _key("synthetic, its picture fits by chance", color=FAINT_NEUTRAL),
        _key("synthetic, its picture shows another diagnosis", **_hatched(NEUTRAL, HATCH)),
    ]  # fmt: skip
    fig = _stack(traces, len(counts), "training rows after SMOTE", counts["after"].max())
    columns = {"mismatched": "mismatched_in_one_draw"}
    table = counts.rename(columns=columns).assign(expected_mismatched=expected["expected"])[::-1].reset_index()
    return Chart(fig, table, _smote_sentence(counts))


def _smote_sentence(counts: pd.DataFrame) -> str:
    found = summarise_mismatch(counts)
    return (
        f"**{counts['before'].sum():,} rows become {found.rows:,}, and about {found.expected:,.0f} of them "
        f"({percent(found.expected, found.rows)}) carry a label that is not their picture's.** SMOTE made "
        f"{found.synthetic:,} rows out of metadata; each then got the path of some training picture, drawn at random "
        f"over all diagnoses. 95 % of such draws give {found.low:,.0f} to {found.high:,.0f} wrong labels; "
        f"the one drawn here gave {found.drawn:,}."
    )


def strategy_counts(before: pd.Series, strategy: str, amount: float = 1.0) -> Chart:
    """What a strategy makes of the class counts of a training set; for class weights, of what they weigh in the loss.

    Args:
        before: Training rows by dx, each at least 1.
        strategy: A key of `core.resampling.strategies.STRATEGIES`.
        amount: How far to go, from 0 (as it is) to 1 (all classes level).
    """
    counts = resampled_counts(before, strategy, amount)
    kind = get_strategy(strategy).kind
    rows = counts.loc[before.sort_values().index]
    kept = rows["effective"].clip(upper=rows["before"])
    parts = (kept, rows["effective"] - kept, rows["before"] - kept)
    colors = [COLORS[str(dx)] for dx in rows.index]
    traces: list[BaseTraceType] = []
    for name, part, colored, grey in zip(
        LEGENDS[kind], parts, _looks(kind, colors), _looks(kind, NEUTRAL), strict=True
    ):
        if name:
            traces += [_part(part, colors, name, **colored), _key(name, **grey)]
    ends = sum(parts)
    text = [f"{n:,.0f}" if n == m else f"{n:,.0f} → {m:,.0f}" for n, m in rows[["before", "effective"]].to_numpy()]
    traces.append(end_figures(ends, text))
    title = "weight in the loss, in pictures" if kind == "weight" else "training rows"
    fig = _stack(traces, len(rows), title, ends.max(), room=1.45)
    return Chart(fig, counts.rename_axis("dx").reset_index(), _strategy_sentence(counts, strategy))


def _looks(kind: str, color: list[str] | str) -> list[dict[str, Any]]:
    """Marker settings of the kept, added and dropped part."""
    added = _hatched(color, HATCH if kind == "synthetic" else DOTS)
    return [{}, added, {"color": "rgba(0,0,0,0)", "line": {"width": 1.2, "color": LINE}}]


def _strategy_sentence(counts: pd.DataFrame, strategy: str) -> str:
    before, after = int(counts["before"].sum()), int(counts["after"].sum())
    rare, common = counts.loc[counts["before"].idxmin()], counts.loc[counts["before"].idxmax()]
    few, many = PLURALS[str(rare.name)], PLURALS[str(common.name)]
    kind = get_strategy(strategy).kind
    if kind == "weight":
        return (
            f"The {before:,} pictures stay; one of the {few} weighs as much as "
            f"**{rare['weight'] / common['weight']:,.1f}** of the {many} "
            f"(weights {counts['weight'].min():.2f} to {counts['weight'].max():.2f}, mean 1)."
        )
    if after == before:
        return (
            f"All {before:,} pictures stay as they are: {percent(common['before'], before)} are {many}, "
            f"{percent(rare['before'], before)} {few}."
        )
    if kind == "drop":
        return (
            f"**{after:,} of {before:,} pictures remain**: {percent(before - after, before)} of the training side is "
            f"thrown away, and {common['after']:,.0f} of {common['before']:,.0f} {many} are left."
        )
    if kind == "copy":
        return (
            f"**{before:,} pictures become {after:,} rows**; each of the {rare['before']:,.0f} {few} is used "
            f"{rare['after'] / rare['before']:,.1f} times on average."
        )
    return (
        f"**{before:,} rows become {after:,}**: {percent(after - before, after)} of them are synthetic, and the "
        f"{rare['added']:,.0f} new {few} are all mixed from {rare['before']:,.0f}."
    )
