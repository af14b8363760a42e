"""The lab's charts: strategies side by side, one against none, and what a wrong protocol adds."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.evaluation.metrics import confusion, decide
from core.lab.measures import LABELS, MEASURES
from core.lab.protocols import PROTOCOLS
from core.labels import COLORS, DX
from core.resampling.strategies import STRATEGIES
from core.store.predictions import Scores
from dashboard.charts.style import ACCENT, CONTRAST, DX_LABELS, LINE, SHARES, Chart, draw, heatmap
from dashboard.text.phrases import PLURALS, listed

NEUTRAL = "#888888"
SHORT = {"balanced_bagging": "Balanced bagging", "balanced_forest": "Balanced forest", "enn": "Edited neighbours"}


SIGNS = (
    ("better than none", ACCENT, "triangle-up"),
    ("worse", CONTRAST, "triangle-down"),
    ("not told apart", NEUTRAL, "circle"),
)
"""Of a strategy against none: words, colour and symbol."""


def strategy_label(name: str) -> str:
    """A strategy's name for an axis."""
    return SHORT.get(name, STRATEGIES[name].label)


def spoken(measure: str) -> str:
    """A measure's name inside a sentence; names and abbreviations keep their capitals."""
    label = LABELS[measure]
    return label if label.startswith(("ECE", "Brier")) else label[0].lower() + label[1:]


def _better(measure: str) -> bool:
    return MEASURES[measure][0].higher_is_better


def _bars(low: pd.Series, value: pd.Series, high: pd.Series) -> dict[str, Any]:
    plus, minus = (high - value).fillna(0), (value - low).fillna(0)
    return {"type": "data", "symmetric": False, "array": plus.to_numpy(), "arrayminus": minus.to_numpy(),
            "thickness": 1.6, "width": 4}  # fmt: skip


def strategy_forest(rows: pd.DataFrame, measure: str) -> Chart:
    """Strategies by one measure with intervals, those apart from no strategy in colour.

    Args:
        rows: One split's and one classifier's rows of `core.lab.tables.grid_table`.
        measure: A key of `MEASURES`.
    """
    rows = rows.sort_values(measure, ascending=_better(measure), kind="stable")
    better, worse = _apart(rows, measure)
    signs = [SIGNS[0] if name in better else SIGNS[1] if name in worse else SIGNS[2] for name in rows["strategy"]]
    none = rows.loc[rows["strategy"] == "none", measure]
    trace = go.Scatter(
        x=rows[measure], y=[strategy_label(name) for name in rows["strategy"]], mode="markers", showlegend=False,
        marker={"size": 9, "color": [sign[1] for sign in signs], "symbol": [sign[2] for sign in signs]},
        customdata=rows[[f"{measure}_low", f"{measure}_high"]].to_numpy(),
        error_x=_bars(rows[f"{measure}_low"], rows[measure], rows[f"{measure}_high"]) | {"color": LINE},
        hovertemplate="%{y}: %{x:.3f} [%{customdata[0]:.3f}, %{customdata[1]:.3f}]<extra></extra>",
    )  # fmt: skip
    keys = [
        go.Scatter(x=[None], y=[None], mode="markers", name=name, marker={"size": 9, "color": color, "symbol": symbol})
        for name, color, symbol in SIGNS
    ]
    line = {"type": "line", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "line": {"color": LINE, "dash": "dot"}}
    shapes = [line | {"x0": x, "x1": x} for x in none]
    fig = draw([trace, *keys], 130 + 24 * len(rows), shapes=shapes, xaxis={"title": {"text": LABELS[measure]}},
               yaxis={"type": "category"})  # fmt: skip
    return Chart(fig, rows, forest_sentence(rows, measure))


def _apart(rows: pd.DataFrame, measure: str) -> tuple[list[str], list[str]]:
    """Strategies better and worse than none beyond the paired interval."""
    up = rows.loc[rows[f"{measure}_gap_low"] > 0, "strategy"].tolist()
    down = rows.loc[rows[f"{measure}_gap_high"] < 0, "strategy"].tolist()
    return (up, down) if _better(measure) else (down, up)


def _names(strategies: list[str]) -> str:
    return listed([STRATEGIES[name].label for name in strategies])


def forest_sentence(rows: pd.DataFrame, measure: str) -> str:
    """Which strategies are told apart from none, by the paired intervals of the gap."""
    better, worse = _apart(rows, measure)
    tried = int((rows["strategy"] != "none").sum())
    best = rows.loc[rows[measure].idxmax() if _better(measure) else rows[measure].idxmin()]
    text = f"**{len(better)} of {tried} strategies are better than none** on {spoken(measure)} beyond the interval"
    text += f", first {STRATEGIES[best['strategy']].label} ({best[measure]:.3f})" if better else ""
    text += f"; worse: {_names(worse)}" if worse else "; no strategy is worse"
    return f"{text}."


def calibration_sentence(rows: pd.DataFrame) -> str:
    """Which strategies harm calibration, and what correcting the prior gives back."""
    _, worse = _apart(rows, "ece_raw")
    if not worse:
        return "No strategy's probabilities are worse calibrated than without one, beyond the interval."
    hurt = rows[rows["strategy"].isin(worse)]
    none = rows.loc[rows["strategy"] == "none", "ece_raw"].iloc[0]
    mended = int((hurt["ece"] < hurt["ece_raw"]).sum())
    return (
        f"**{len(worse)} harm calibration**: their ECE lies between {hurt['ece_raw'].min():.3f} and "
        f"{hurt['ece_raw'].max():.3f}, against {none:.3f} without ({_names(worse)}). Correcting the probabilities for "
        f"nature's class shares lowers it for {mended} of them, to a median of {hurt['ece'].median():.3f}."
    )


def gap_chart(gaps: pd.DataFrame, measure: str) -> Chart:
    """Flattered and honest figure of each wrong protocol, joined by a line.

    Args:
        gaps: One strategy's and classifier's rows of `core.lab.tables.protocol_table`.
        measure: A key of `MEASURES`.
    """
    rows = gaps[gaps["measure"] == measure].sort_values("gap", key=abs)
    labels = [PROTOCOLS[name].label.replace(" as a ", "<br>as a ").replace(" by diag", "<br>by diag")
              .replace(" before the ", "<br>before the ") for name in rows["protocol"]]  # fmt: skip
    x = [v for a, b in zip(rows["honest"], rows["flattered"], strict=True) for v in (a, b, None)]
    y = [v for label in labels for v in (label, label, None)]
    traces = [
        go.Scatter(x=x, y=y, mode="lines", line={"color": LINE, "width": 2}, hoverinfo="skip", showlegend=False),
        *(
            go.Scatter(x=rows[name], y=labels, mode="markers", name=name,
                       marker={"size": 11, "color": color, "symbol": symbol},
                       hovertemplate=f"%{{y}}, {name}: %{{x:.3f}}<extra></extra>")
            for name, color, symbol in (("honest", ACCENT, "circle"), ("flattered", CONTRAST, "diamond"))
        ),
    ]  # fmt: skip
    fig = draw(traces, 120 + 52 * len(rows), xaxis={"title": {"text": LABELS[measure]}}, yaxis={"type": "category"})
    return Chart(fig, rows, gap_sentence(rows, measure))


def gap_sentence(rows: pd.DataFrame, measure: str) -> str:
    """Which wrong protocol changes the figure by how much."""
    sure = rows[(rows["low"] > 0) | (rows["high"] < 0)].sort_values("gap", key=abs, ascending=False)
    if sure.empty:
        return f"No wrong protocol changes {spoken(measure)} beyond the interval here."
    parts = [
        f"{PROTOCOLS[row['protocol']].label.lower()} **{row['gap']:+.3f}** [{row['low']:+.3f}, {row['high']:+.3f}]"
        for row in sure.to_dict("records")
    ]
    rest = len(rows) - len(sure)
    tail = f"; {rest} of {len(rows)} cannot be told from 0" if rest else ""
    return f"{LABELS[measure]} is changed by {listed(parts)} on the same test pictures{tail}."


def by_class(own: pd.DataFrame, none: pd.DataFrame, measure: str, label: str, other: str = "none") -> Chart:
    """Recall or precision of each diagnosis with and without the strategy.

    Args:
        own: As from `core.evaluation.bootstrap.report`.
        none: The same for no strategy, or for another.
        measure: "recall" or "precision".
        label: The strategy's name.
        other: The other's.
    """
    order = own.sort_values("pictures")["dx"]
    traces = []
    for table, name, symbol in ((none, other, "circle-open"), (own, label, "circle")):
        rows = table.set_index("dx").loc[order]
        colors = [COLORS[dx] for dx in order]
        traces.append(go.Scatter(
            x=rows[measure], y=[DX_LABELS[dx] for dx in order], mode="markers", name=name,
            marker={"size": 11, "color": colors, "symbol": symbol, "line": {"width": 2, "color": colors}},
            error_x=_bars(rows[f"{measure}_low"], rows[measure], rows[f"{measure}_high"]) | {"color": LINE},
            hovertemplate=f"%{{y}}, {name}: %{{x:.2f}}<extra></extra>",
        ))  # fmt: skip
    fig = draw(traces, 110 + 44 * len(order), scattermode="group", yaxis={"type": "category"},
               xaxis={"title": {"text": measure}, **SHARES, "range": [0, 1.02]})  # fmt: skip
    table = own[["dx", "pictures", "lesions"]].assign(with_strategy=own[measure], without=none[measure])
    return Chart(fig, table, _class_sentence(table, measure, label, other))


def _class_sentence(table: pd.DataFrame, measure: str, label: str, other: str) -> str:
    change = (table["with_strategy"].fillna(0) - table["without"].fillna(0)).set_axis(table["dx"])
    if not change.any():
        return f"{measure.capitalize()} is the same with {label} as with {other}."
    up, down = str(change.idxmax()), str(change.idxmin())
    parts = []
    if change[up] > 0:
        parts.append(f"gains most for {PLURALS[up]} ({change[up]:+.2f})")
    if change[down] < 0:
        parts.append(f"loses most for {PLURALS[down]} ({change[down]:+.2f})")
    return f"{measure.capitalize()} **{' and '.join(parts)}** against {other}."


def confusion_chart(scores: Scores) -> Chart:
    """A setting's confusion matrix: counts, shaded by share of the row.

    Args:
        scores: `Outcome.said` of a result.
    """
    counts = confusion(scores.truth, decide(scores.probabilities, scores.prior, "balanced"))
    table = pd.DataFrame(counts, index=list(DX), columns=list(DX))
    shares = table.div(table.sum(axis=1).clip(lower=1), axis=0)
    fig = heatmap(shares, table.map("{:,}".format), hover="%{y} called %{x}: %{z:.0%}")
    right, total = int(np.trace(counts)), int(counts.sum())
    mel = table.loc["mel"]
    sentence = f"{right:,} of {total:,} right; {mel.sum() - mel['mel']:,} of {mel.sum():,} melanomas missed."
    return Chart(fig, table.rename_axis("true").reset_index(), sentence)
