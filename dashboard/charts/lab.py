"""The lab's charts: strategies side by side, one against no resampling, and what a wrong protocol adds."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.evaluation.metrics import confusion, decide
from core.lab.measures import LABELS, MEASURES
from core.lab.protocols import PROTOCOLS
from core.labels import COLORS, DX
from core.resampling.strategies import STRATEGIES
from core.store.predictions import Scores
from dashboard.charts.style import (
    ACCENT,
    CONTRAST,
    DX_LABELS,
    LINE,
    MARK,
    SHARES,
    STROKE,
    Chart,
    draw,
    heatmap,
    interval_bars,
)
from dashboard.text import lab as text

NEUTRAL = "#888888"
KEYS = {"honest": "honest", "inflated": "wrong protocol"}
"""Names of the two scores in a legend."""
SHORT = {"balanced_bagging": "Balanced bagging", "balanced_forest": "Balanced forest", "enn": "Edited neighbours"}


SIGNS = (
    ("clearly better", ACCENT, "triangle-up"),
    ("clearly worse", CONTRAST, "triangle-down"),
    ("no clear difference", NEUTRAL, "circle"),
)
"""A strategy compared with no resampling: label, colour and symbol."""


def strategy_label(name: str) -> str:
    """Shorten a strategy's label for an axis.

    Example:
        >>> strategy_label("enn")
        'Edited neighbours'
    """
    return SHORT.get(name, STRATEGIES[name].label)


def _better(measure: str) -> bool:
    return MEASURES[measure][0].higher_is_better


def strategy_forest(rows: pd.DataFrame, measure: str) -> Chart:
    """Draw strategies by one measure with intervals; colour marks a clear difference from no resampling.

    Args:
        rows: One split scheme's and one classifier's rows of `core.lab.tables.grid_table`.
        measure: A key of `MEASURES`.
    """
    rows = rows.sort_values(measure, ascending=_better(measure), kind="stable")
    better, worse = text.better_and_worse(rows, measure)
    signs = [SIGNS[0] if name in better else SIGNS[1] if name in worse else SIGNS[2] for name in rows["strategy"]]
    none = rows.loc[rows["strategy"] == "none", measure]
    trace = go.Scatter(
        x=rows[measure], y=[strategy_label(name) for name in rows["strategy"]], mode="markers", showlegend=False,
        marker={"size": MARK, "color": [sign[1] for sign in signs], "symbol": [sign[2] for sign in signs]},
        customdata=rows[[f"{measure}_low", f"{measure}_high"]].to_numpy(),
        error_x=interval_bars(rows, measure, LINE),
        hovertemplate="%{y}: %{x:.3f} [%{customdata[0]:.3f}, %{customdata[1]:.3f}]<extra></extra>",
    )  # fmt: skip
    keys = [
        go.Scatter(
            x=[None], y=[None], mode="markers", name=name, marker={"size": MARK, "color": color, "symbol": symbol}
        )
        for name, color, symbol in SIGNS
    ]
    line = {"type": "line", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "line": {"color": LINE, "dash": "dot"}}
    shapes = [line | {"x0": x, "x1": x} for x in none]
    fig = draw([trace, *keys], 130 + 24 * len(rows), shapes=shapes, xaxis={"title": {"text": LABELS[measure]}},
               yaxis={"type": "category"})  # fmt: skip
    return Chart(fig, rows, text.strategies_sentence(rows, measure))


def gap_chart(gaps: pd.DataFrame, measure: str) -> Chart:
    """Draw the inflated and the honest score of each wrong protocol, joined by a line.

    Args:
        gaps: One strategy's and classifier's rows of `core.lab.tables.protocol_table`.
        measure: A key of `MEASURES`.
    """
    rows = gaps[gaps["measure"] == measure].sort_values("gap", key=abs)
    labels = [_two_lines(PROTOCOLS[name].label) for name in rows["protocol"]]
    x = [v for a, b in zip(rows["honest"], rows["inflated"], strict=True) for v in (a, b, None)]
    y = [v for label in labels for v in (label, label, None)]
    traces = [
        go.Scatter(x=x, y=y, mode="lines", line={"color": LINE, "width": STROKE}, hoverinfo="skip", showlegend=False),
        *(
            go.Scatter(x=rows[name], y=labels, mode="markers", name=KEYS[name],
                       marker={"size": MARK, "color": color, "symbol": symbol},
                       hovertemplate=f"%{{y}}, {KEYS[name]}: %{{x:.3f}}<extra></extra>")
            for name, color, symbol in (("honest", ACCENT, "circle"), ("inflated", CONTRAST, "diamond"))
        ),
    ]  # fmt: skip
    if "full" in rows and rows["full"].notna().any():
        traces.append(
            go.Scatter(x=rows["full"], y=labels, mode="markers", name="wrong protocol, more images",
                       marker={"size": MARK, "color": CONTRAST, "symbol": "diamond-open"},
                       hovertemplate="%{y}, with all its training images: %{x:.3f}<extra></extra>")
        )  # fmt: skip
    fig = draw(traces, 120 + 52 * len(rows), xaxis={"title": {"text": LABELS[measure]}}, yaxis={"type": "category"})
    return Chart(fig, rows, text.gap_sentence(rows, measure))


def _two_lines(label: str) -> str:
    """Break a long label in the middle."""
    parts = label.split()
    lengths = [abs(2 * len(" ".join(parts[:i])) - len(label)) for i in range(1, len(parts))]
    if len(label) < 20:
        return label
    middle = 1 + int(np.argmin(lengths))
    return f"{' '.join(parts[:middle])}<br>{' '.join(parts[middle:])}"


def by_class(own: pd.DataFrame, none: pd.DataFrame, measure: str, label: str, other: str = "no resampling") -> Chart:
    """Draw recall or precision of each class with and without a strategy.

    Args:
        own: As from `core.evaluation.bootstrap.report`.
        none: The same for no resampling, or for another strategy.
        measure: "recall" or "precision".
        label: The strategy's name.
        other: Name of what it is compared with.
    """
    order = own.sort_values("images")["dx"]
    traces = []
    for table, name, symbol in ((none, other, "circle-open"), (own, label, "circle")):
        rows = table.set_index("dx").loc[order]
        colors = [COLORS[dx] for dx in order]
        traces.append(go.Scatter(
            x=rows[measure], y=[DX_LABELS[dx] for dx in order], mode="markers", name=name,
            marker={"size": MARK, "color": colors, "symbol": symbol, "line": {"width": STROKE, "color": colors}},
            error_x=interval_bars(rows, measure, LINE),
            hovertemplate=f"%{{y}}, {name}: %{{x:.2f}}<extra></extra>",
        ))  # fmt: skip
    fig = draw(traces, 110 + 44 * len(order), scattermode="group", yaxis={"type": "category"},
               xaxis={"title": {"text": measure}, **SHARES, "range": [0, 1.02]})  # fmt: skip
    table = own[["dx", "images", "lesions"]].assign(with_strategy=own[measure], without=none[measure])
    return Chart(fig, table, text.diagnosis_sentence(table, measure, label, other))


def confusion_chart(scores: Scores) -> Chart:
    """Draw a setting's confusion matrix: counts, shaded by share of the row.

    Args:
        scores: `Outcome.raw` of a result.
    """
    counts = confusion(scores.truth, decide(scores.probabilities, scores.prior, "balanced"))
    table = pd.DataFrame(counts, index=list(DX), columns=list(DX))
    shares = table.div(table.sum(axis=1).clip(lower=1), axis=0)
    fig = heatmap(shares, table.map("{:,}".format), hover="%{y} predicted as %{x}: %{z:.0%}")
    fig.update_xaxes(title_text="Predicted").update_yaxes(title_text="True")
    return Chart(fig, table.rename_axis("true").reset_index(), text.confusion_sentence(table))
