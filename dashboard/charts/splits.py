"""The two splits: what each part holds, and how much of the test set shows lesions from training.

Every function takes counts from `core.data.leakage.count_overlap` and the unit to count in, one of their columns.
"""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.data.leakage import SCHEME_SPLITS, SHOWS, class_counts, leaked_share
from core.labels import COLORS, DX, NAMES
from dashboard.charts.style import ACCENT, CONTRAST, DX_LABELS, LINE, SHARES, WHOLE_NAMES, Chart, draw, written
from dashboard.text.format import percent
from dashboard.text.splits import WAYS, datasets_sentence, overlap_sentence, shares_sentence

SPLIT_LABELS = {"image": "Split by image, as in the notebook", "lesion": "Split by lesion, as in this project"}
NEW = {"color": "rgba(0,0,0,0)", "line": {"width": 1.2, "color": LINE}}
"""Hollow, so that colour is not the only difference to what leaked."""
SHOWN_BY = dict(zip(SHOWS, ("Lesion of HAM10000", "Lesion of ISIC 2018 test", "Doubtful", "Neither"), strict=True))


def margin_for(text: Sequence[str]) -> dict[str, int]:
    """Make a right margin in which `end_figures` has room beside the longest bar.

    Args:
        text: The figures.

    Example:
        >>> margin_for(["17 of 23"])
        {'r': 72}
    """
    return {"r": 16 + 7 * max(map(len, text))}


def end_figures(ends: pd.Series, text: list[str]) -> go.Scatter:
    """Write figures behind the ends of horizontal bars.

    Args:
        ends: Length of each bar by dx.
        text: Its figure.
    """
    return go.Scatter(
        x=ends.to_numpy(), y=[DX_LABELS[str(dx)] for dx in ends.index], text=[f" {figure}" for figure in text],
        mode="text", textposition="middle right", textfont={"size": 12}, hoverinfo="skip", showlegend=False,
        cliponaxis=False,
    )  # fmt: skip


def overlap_bars(overlap: pd.DataFrame, scheme: str, unit: str = "images") -> Chart:
    """Draw, for each diagnosis, which part of the test set shows a lesion from the training set.

    Args:
        scheme: "image" or "lesion".
    """
    order = leaked_share(overlap, "image", unit)["share"].drop("all").sort_values(na_position="first").index
    shares = leaked_share(overlap, scheme, unit)
    rows = shares.loc[order]
    labels = [DX_LABELS[dx] for dx in rows.index]
    text = [f"{leaked:,} of {total:,}" for leaked, total in zip(rows["leaked"], rows["total"], strict=True)]
    traces = [
        go.Bar(
            x=rows["share"], y=labels, orientation="h", name="lesion also in training set", marker={"color": CONTRAST},
            hovertemplate="%{y}: %{x:.0%} also in training set<extra></extra>",
        ),
        go.Bar(
            x=1 - rows["share"], y=labels, orientation="h", name="new lesion", marker=NEW,
            hovertemplate="%{y}: %{x:.0%} new<extra></extra>",
        ),
        end_figures(pd.Series(1.0, index=rows.index), text),
    ]  # fmt: skip
    fig = draw(
        traces, 110 + 36 * len(rows), barmode="stack", barcornerradius=0, legend={"traceorder": "normal"},
        xaxis={"title": {"text": f"share of the test {unit}"}} | SHARES, margin=margin_for(text),
        yaxis={"showgrid": False},
    )  # fmt: skip
    table = shares.rename(columns={"leaked": f"{unit}_also_in_train", "total": f"test_{unit}"})
    return Chart(fig, table.rename_axis("dx").reset_index(), overlap_sentence(shares, scheme, unit))


def class_shares(overlap: pd.DataFrame, unit: str = "images") -> Chart:
    """Draw the class shares of train, validation and test in both splits."""
    parts = [(scheme, split) for scheme, names in SCHEME_SPLITS.items() for split in names][::-1]
    counts = pd.DataFrame({pair: class_counts(overlap, *pair, unit) for pair in parts}).T
    totals = counts.sum(axis=1)
    labels = [f"{WAYS[scheme]}<br><b>{split}</b>" for scheme, split in parts]
    traces = [
        go.Bar(
            x=(counts[dx] / totals).to_numpy(), y=labels, orientation="h", **written(dx, COLORS[dx]),
            customdata=counts[dx].to_numpy(),
            hovertemplate=f"{NAMES[dx]}: %{{x:.1%}}, %{{customdata:,}} {unit}<extra></extra>",
        )
        for dx in DX
    ]  # fmt: skip
    fig = draw(
        traces, 100 + 50 * len(parts), barmode="stack", barcornerradius=0, legend={"traceorder": "normal"},
        margin={"r": 28}, uniformtext=WHOLE_NAMES, yaxis={"showgrid": False},
        xaxis={"title": {"text": f"share of {unit}", "standoff": 18}} | SHARES,
    )  # fmt: skip
    table = counts[::-1].rename_axis(["split_scheme", "split"]).reset_index().assign(all=totals[::-1].to_numpy())
    return Chart(fig, table, shares_sentence(overlap, unit))


def datasets_overlap(found: pd.DataFrame) -> Chart:
    """Draw how many images of MILK10k show a lesion of HAM10000 or of the ISIC 2018 test.

    Args:
        found: As from `core.data.leakage.overlap_of_datasets`.
    """
    rows, total = found[::-1], int(found["images"].sum())
    colors = [
        {"HAM10000": CONTRAST, "ISIC 2018 test": CONTRAST, "neither": LINE}.get(name, ACCENT) for name in rows["shows"]
    ]
    trace = go.Bar(
        x=rows["images"], y=rows["shows"].map(SHOWN_BY), orientation="h", marker={"color": colors},
        text=[f"{n:,} ({percent(n, total)})" for n in rows["images"]], textposition="outside", cliponaxis=False,
        hovertemplate="%{y}: %{x:,} images<extra></extra>",
    )  # fmt: skip
    fig = draw(
        [trace], 100 + 40 * len(rows), yaxis={"showgrid": False},
        xaxis={"title": {"text": "dermatoscopic images"}, "tickformat": ",d", "range": [0, 1.4 * rows["images"].max()]},
    )  # fmt: skip
    return Chart(fig, found, datasets_sentence(found))
