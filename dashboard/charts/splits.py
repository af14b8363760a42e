"""The two splits: what each side holds, and how much of the test side the training side has seen.

Every function takes counts as `core.data.leakage.count_overlap` makes them and the unit to count in, a column of them.
"""

import pandas as pd
import plotly.graph_objects as go

from core.data.leakage import SIDES, class_counts, largest_share_gap, leaked_share
from core.labels import COLORS, DX, NAMES
from dashboard.charts.style import CONTRAST, DX_LABELS, LINE, SHARES, WHOLE_WORDS, Chart, draw, written
from dashboard.text.phrases import PLURALS, amount, percent

SPLIT_LABELS = {"image": "Split by image, as in the notebook", "lesion": "Split by lesion, as in this project"}
WAYS = {"image": "by image", "lesion": "by lesion"}
NEW = {"color": "rgba(0,0,0,0)", "line": {"width": 1.2, "color": LINE}}
"""Hollow, so that more than the colour tells it from what leaked."""
VISIBLE = 0.01
"""A difference in class shares that somebody might notice."""


def end_figures(ends: pd.Series, text: list[str]) -> go.Scatter:
    """Figures behind the ends of horizontal bars.

    Args:
        ends: Length of each bar by dx.
        text: Its figure.
    """
    return go.Scatter(
        x=ends.to_numpy(), y=[DX_LABELS[str(dx)] for dx in ends.index], text=[f" {figure}" for figure in text],
        mode="text", textposition="middle right", textfont={"size": 12}, hoverinfo="skip", showlegend=False,
        cliponaxis=False,
    )  # fmt: skip


def overlap_bars(overlap: pd.DataFrame, split: str, unit: str = "images") -> Chart:
    """For each diagnosis, the part of the test side whose lesion is in train too.

    Args:
        split: "image" or "lesion".
    """
    order = leaked_share(overlap, "image", unit)["share"].drop("all").sort_values(na_position="first").index
    shares = leaked_share(overlap, split, unit)
    rows = shares.loc[order]
    labels = [DX_LABELS[dx] for dx in rows.index]
    text = [f"{leaked:,} of {total:,}" for leaked, total in zip(rows["leaked"], rows["total"], strict=True)]
    traces = [
        go.Bar(
            x=rows["share"], y=labels, orientation="h", name="lesion also in train", marker={"color": CONTRAST},
            hovertemplate="%{y}: %{x:.0%} also in train<extra></extra>",
        ),
        go.Bar(
            x=1 - rows["share"], y=labels, orientation="h", name="new lesion", marker=NEW,
            hovertemplate="%{y}: %{x:.0%} new<extra></extra>",
        ),
        end_figures(pd.Series(1.0, index=rows.index), text),
    ]  # fmt: skip
    fig = draw(
        traces, 110 + 36 * len(rows), barmode="stack", barcornerradius=0, legend={"traceorder": "normal"},
        xaxis={"title": {"text": f"also in train, of all test {unit}"}} | SHARES | {"range": [0, 1.34]},
        yaxis={"showgrid": False},
    )  # fmt: skip
    table = shares.rename(columns={"leaked": f"{unit}_also_in_train", "total": f"test_{unit}"})
    return Chart(fig, table.rename_axis("dx").reset_index(), _overlap_sentence(shares, split, unit))


def _overlap_sentence(shares: pd.DataFrame, split: str, unit: str) -> str:
    leaked, total = (int(shares.loc["all", column]) for column in ("leaked", "total"))
    if not total:
        return f"Split {WAYS[split]}, the test side is empty."
    seen = "show a lesion that is in train as well" if unit == "images" else "have another picture in train"
    if not leaked:
        return f"**None of {amount(total, f'test {unit}')} {seen.replace('show', 'shows').replace('have', 'has')}**."
    by_dx = shares["share"].drop("all").dropna()
    most, least = str(by_dx.idxmax()), str(by_dx.idxmin())
    return (
        f"**{leaked:,} of {amount(total, f'test {unit}')} ({percent(leaked, total)}) {seen}**: "
        f"{percent(by_dx[most], 1)} of the {PLURALS[most]}, {percent(by_dx['mel'], 1)} of the melanomas, "
        f"{percent(by_dx[least], 1)} of the {PLURALS[least]}."
    )


def side_shares(overlap: pd.DataFrame, unit: str = "images") -> Chart:
    """Class shares of every side of both splits: what a look at the distribution would show, and would not."""
    sides = [(split, side) for split, names in SIDES.items() for side in names][::-1]
    counts = pd.DataFrame({pair: class_counts(overlap, *pair, unit) for pair in sides}).T
    totals = counts.sum(axis=1)
    labels = [f"{WAYS[split]}<br><b>{side}</b>" for split, side in sides]
    traces = [
        go.Bar(
            x=(counts[dx] / totals).to_numpy(), y=labels, orientation="h", **written(dx, COLORS[dx]),
            customdata=counts[dx].to_numpy(),
            hovertemplate=f"{NAMES[dx]}: %{{x:.1%}}, %{{customdata:,}} {unit}<extra></extra>",
        )
        for dx in DX
    ]  # fmt: skip
    fig = draw(
        traces, 100 + 50 * len(sides), barmode="stack", barcornerradius=0, legend={"traceorder": "normal"},
        margin={"r": 28}, uniformtext=WHOLE_WORDS, yaxis={"showgrid": False},
        xaxis={"title": {"text": f"share of the side's {unit}", "standoff": 18}} | SHARES,
    )  # fmt: skip
    table = counts[::-1].rename_axis(["split", "side"]).reset_index().assign(all=totals[::-1].to_numpy())
    return Chart(fig, table, _shares_sentence(overlap, unit))


def _shares_sentence(overlap: pd.DataFrame, unit: str) -> str:
    gaps = {split: largest_share_gap(overlap, split, unit) for split in SIDES}
    parts = [f"{100 * gap:.2g} percentage points ({PLURALS[dx]}) split {WAYS[s]}" for s, (dx, gap) in gaps.items()]
    said = f"Between train and test, the share of a diagnosis in the {unit} differs by at most {' and '.join(parts)}"
    if max(gap for _, gap in gaps.values()) < VISIBLE:
        said += ": the class distribution does not give the leak away, only counting lesions does"
    return said + "."
