"""Class counts before and after resampling, the notebook's included."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

from core.labels import COLORS
from core.resampling.notebook import expect_mismatched, summarise_mismatch
from core.resampling.strategies import get_strategy
from dashboard.charts.splits import end_figures
from dashboard.charts.style import DX_LABELS, LINE, Chart, draw
from dashboard.text.phrases import PLURALS, listed, percent

NEUTRAL = "#888888"
HATCH = {"shape": "/", "fillmode": "replace", "size": 7, "solidity": 0.35}
CROSSES = {"shape": "x", "fillmode": "replace", "size": 6, "solidity": 0.35}
DOTS = {"shape": ".", "fillmode": "replace", "size": 6, "solidity": 0.45}
PARTS = ("kept", "copied", "synthetic", "wrong", "gone")
LEGENDS = {
    "kept": "training pictures", "copied": "copies of them", "synthetic": "synthetic rows",
    "wrong": "pictures of another diagnosis", "gone": "thrown away",
}  # fmt: skip
WEIGHTS = {"kept": "weight", "copied": "weight added", "gone": "weight taken away"}
"""What the parts of a bar stand for; for class weights another."""


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
        xaxis={"title": {"text": title}, "range": [0, most * room], "nticks": 6, "tickformat": ","},
        yaxis={"showgrid": False},
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
        _part(fits, colors, "synthetic rows whose picture fits by chance", **_hatched(colors, DOTS)),
        _part(expected["expected"], colors, "synthetic rows with a picture of another diagnosis",
              **_hatched(colors, HATCH)),
        _key("real row"),
        _key("synthetic, its picture fits by chance", **_hatched(NEUTRAL, DOTS)),
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
        f"over all diagnoses. 95% of such draws give {found.low:,.0f} to {found.high:,.0f} wrong labels; "
        f"the one drawn here gave {found.drawn:,}."
    )


def strategy_counts(counts: pd.DataFrame, strategy: str) -> Chart:
    """What a strategy made of the training rows; for class weights, of what they weigh in the loss.

    Args:
        counts: As from `core.resampling.resample.count_rows`.
        strategy: A key of `core.resampling.strategies.STRATEGIES`.
    """
    weighs = get_strategy(strategy).kind == "weight"
    rows = counts.sort_values("before", kind="stable")
    parts, legends = _parts(rows, weighs), WEIGHTS if weighs else LEGENDS
    colors = [COLORS[str(dx)] for dx in rows.index]
    traces: list[BaseTraceType] = []
    for name in PARTS:
        if parts[name].sum() or name == "kept":
            traces += [_part(parts[name], colors, legends[name], **_look(name, colors))]
            traces += [_key(legends[name], **_look(name, NEUTRAL))]
    ends = parts.sum(axis=1)
    text = [f"{n:,.0f}" if n == m else f"{n:,.0f} → {m:,.0f}" for n, m in rows[["before", "effective"]].to_numpy()]
    traces.append(end_figures(ends, text))
    title = "weight in the loss, in pictures" if weighs else "training rows"
    fig = _stack(traces, len(rows), title, ends.max(), room=1.45)
    return Chart(fig, counts.reset_index(), counts_sentence(counts, strategy))


def _parts(rows: pd.DataFrame, weighs: bool) -> pd.DataFrame:
    """Lengths of a bar's parts, from left to right, in the order of `PARTS`."""
    if weighs:
        kept = rows["effective"].clip(upper=rows["before"])
        parts = {"kept": kept, "copied": rows["effective"] - kept, "gone": rows["before"] - kept}
    else:
        parts = {"kept": rows["kept"], "copied": rows["copies"] - rows["wrong"], "synthetic": rows["synthetic"],
                 "wrong": rows["wrong"], "gone": rows["dropped"]}  # fmt: skip
    return pd.DataFrame(parts, index=rows.index).reindex(columns=list(PARTS), fill_value=0)


def _look(part: str, color: list[str] | str) -> dict[str, Any]:
    """Marker settings of one part."""
    return {
        "kept": {},
        "copied": _hatched(color, DOTS),
        "synthetic": _hatched(color, HATCH),
        "wrong": _hatched(color, CROSSES),
        "gone": {"color": "rgba(0,0,0,0)", "line": {"width": 1.2, "color": LINE}},
    }[part]


def counts_sentence(counts: pd.DataFrame, strategy: str) -> str:
    """What became of the training rows, in one sentence."""
    before, after = int(counts["before"].sum()), int(counts["after"].sum())
    rare, common = counts.loc[counts["before"].idxmin()], counts.loc[counts["before"].idxmax()]
    few, many = PLURALS[str(rare.name)], PLURALS[str(common.name)]
    if get_strategy(strategy).kind == "weight":
        return (
            f"The {before:,} pictures stay; one of the {few} weighs as much as "
            f"**{rare['weight'] / common['weight']:,.1f}** of the {many} "
            f"(weights {counts['weight'].min():.2f} to {counts['weight'].max():.2f}, mean 1)."
        )
    if not counts[["dropped", "copies", "synthetic"]].to_numpy().any():
        return (
            f"All {before:,} pictures stay as they are: {percent(common['before'], before)} are {many}, "
            f"{percent(rare['before'], before)} {few}."
        )
    wrong = int(counts["wrong"].sum())
    parts = {
        "synthetic": int(counts["synthetic"].sum()), "copies": int(counts["copies"].sum()) - wrong,
        "pictures of another diagnosis than their label says": wrong,
    }  # fmt: skip
    made = [f"{n:,} ({percent(n, after)}) are {what}" for what, n in parts.items() if n]
    text = f"**{before:,} rows become {after:,}**" + (f": {listed(made)}" if made else "")
    dropped = int(counts["dropped"].sum())
    gone = f"; {dropped:,} pictures ({percent(dropped, before)}) are thrown away" if dropped else ""
    return f"{text}{gone}."
