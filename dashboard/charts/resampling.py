"""Class counts before and after resampling, including the notebook's."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

from core.labels import COLORS
from core.resampling.notebook import expect_mismatched
from core.resampling.strategies import get_strategy
from dashboard.charts.splits import end_figures, margin_for
from dashboard.charts.style import DX_LABELS, LINE, Chart, draw
from dashboard.text.resampling import GONE, counts_sentence, notebook_sentence

NEUTRAL = "#888888"
HATCH = {"shape": "/", "fillmode": "replace", "size": 7, "solidity": 0.35}
CROSSES = {"shape": "x", "fillmode": "replace", "size": 6, "solidity": 0.35}
DOTS = {"shape": ".", "fillmode": "replace", "size": 6, "solidity": 0.45}
PARTS = ("kept", "copied", "synthetic", "wrong", "gone")
LEGENDS = {
    "kept": "training images", "copied": "copies of them", "synthetic": "synthetic rows",
    "wrong": "images with a wrong label", "gone": GONE,
}  # fmt: skip
WEIGHTS = {"kept": "weight", "copied": "weight added", "gone": "weight removed"}
"""Names of the parts of a bar in the legend; class weights have their own."""


def _part(x: pd.Series, colors: list[str], hover: str, **marker: Any) -> go.Bar:
    """Draw one part of stacked horizontal bars, without a legend entry (see `_key`)."""
    style = {"color": colors, "line": {"width": 0}} | marker
    return go.Bar(
        x=x.to_numpy(), y=[DX_LABELS[str(dx)] for dx in x.index], orientation="h", marker=style, showlegend=False,
        hovertemplate=f"%{{y}}: %{{x:,.0f}} {hover}<extra></extra>",
    )  # fmt: skip


def _key(name: str, **marker: Any) -> go.Bar:
    """Draw a legend entry in grey, because the bars' own colours stand for classes."""
    style = {"color": NEUTRAL, "line": {"width": 0}} | marker
    return go.Bar(x=[None], y=[None], orientation="h", name=name, marker=style)


def _hatched(colors: list[str] | str, shape: dict[str, Any]) -> dict[str, Any]:
    return {"color": colors, "pattern": shape | {"fgcolor": colors}, "line": {"width": 1, "color": colors}}


def _stack(traces: Sequence[BaseTraceType], rows: int, title: str, most: float, text: Sequence[str] = ()) -> go.Figure:
    return draw(
        traces, 110 + 38 * rows, barmode="stack", barcornerradius=0, legend={"traceorder": "normal"},
        xaxis={"title": {"text": title}, "range": [0, most * 1.02], "nticks": 6, "tickformat": ","},
        yaxis={"showgrid": False}, margin=margin_for(text) if text else {},
    )  # fmt: skip


def notebook_smote(counts: pd.DataFrame) -> Chart:
    """Draw the notebook's training rows after SMOTE: real, synthetic with a matching image, synthetic with a wrong one.

    Args:
        counts: As from `core.resampling.notebook.load_smote`.
    """
    counts = counts.sort_values("before")
    expected = expect_mismatched(counts)
    fits = expected["synthetic"] - expected["expected"]
    colors = [COLORS[str(dx)] for dx in counts.index]
    traces = [
        _part(counts["before"], colors, "real rows"),
        _part(fits, colors, "synthetic rows whose image matches by chance", **_hatched(colors, DOTS)),
        _part(expected["expected"], colors, "synthetic rows with an image of another class",
              **_hatched(colors, HATCH)),
        _key("real row"),
        _key("synthetic, image matches by chance", **_hatched(NEUTRAL, DOTS)),
        _key("synthetic, image of another class", **_hatched(NEUTRAL, HATCH)),
    ]  # fmt: skip
    fig = _stack(traces, len(counts), "training rows after SMOTE", counts["after"].max())
    columns = {"mismatched": "mismatched_in_one_draw"}
    table = counts.rename(columns=columns).assign(expected_mismatched=expected["expected"])[::-1].reset_index()
    return Chart(fig, table, notebook_sentence(counts))


def strategy_counts(counts: pd.DataFrame, strategy: str, gone: str = GONE) -> Chart:
    """Draw what a strategy did to the training rows; for class weights, what they count in the loss.

    Args:
        counts: As from `core.resampling.inspection.count_rows`.
        strategy: A key of `core.resampling.strategies.STRATEGIES`.
        gone: What became of the images that are not among the rows after.
    """
    weighs = get_strategy(strategy).kind == "weight"
    rows = counts.sort_values("before", kind="stable")
    parts, legends = _parts(rows, weighs), WEIGHTS if weighs else LEGENDS | {"gone": gone}
    colors = [COLORS[str(dx)] for dx in rows.index]
    traces: list[BaseTraceType] = []
    for name in PARTS:
        if parts[name].sum() or name == "kept":
            traces += [_part(parts[name], colors, legends[name], **_style(name, colors))]
            traces += [_key(legends[name], **_style(name, NEUTRAL))]
    ends = parts.sum(axis=1)
    text = [f"{n:,.0f}" if n == m else f"{n:,.0f} → {m:,.0f}" for n, m in rows[["before", "effective"]].to_numpy()]
    traces.append(end_figures(ends, text))
    title = "weight in the loss, in images" if weighs else "training rows"
    fig = _stack(traces, len(rows), title, ends.max(), text)
    return Chart(fig, counts.reset_index(), counts_sentence(counts, strategy, gone))


def _parts(rows: pd.DataFrame, weighs: bool) -> pd.DataFrame:
    """Lengths of a bar's parts, from left to right, in the order of `PARTS`."""
    if weighs:
        kept = rows["effective"].clip(upper=rows["before"])
        parts = {"kept": kept, "copied": rows["effective"] - kept, "gone": rows["before"] - kept}
    else:
        parts = {"kept": rows["kept"], "copied": rows["copies"] - rows["wrong"], "synthetic": rows["synthetic"],
                 "wrong": rows["wrong"], "gone": rows["dropped"]}  # fmt: skip
    return pd.DataFrame(parts, index=rows.index).reindex(columns=list(PARTS), fill_value=0)


def _style(part: str, color: list[str] | str) -> dict[str, Any]:
    """Marker settings of one part."""
    return {
        "kept": {},
        "copied": _hatched(color, DOTS),
        "synthetic": _hatched(color, HATCH),
        "wrong": _hatched(color, CROSSES),
        "gone": {"color": "rgba(0,0,0,0)", "line": {"width": 1.2, "color": LINE}},
    }[part]
