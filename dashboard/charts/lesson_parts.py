"""Parts of the lesson's charts: figures with intervals one a row, the guess as a mark with a line, a fixed axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.lessons.step import Figure, GuessValue, SliderGuess, Step
from dashboard.charts.style import ACCENT, CONTRAST, LINE, MARK, SHARES, STROKE, draw, error_bars
from dashboard.text.format import figure

HEIGHT = 290
"""Of every chart in pixels, so that question, chart and guess fit on a phone."""
GUESS = {"color": CONTRAST, "size": 15, "symbol": "diamond"}
RESULT = {"color": ACCENT, "size": MARK, "symbol": "circle"}
KNOWN = {"color": LINE, "size": MARK, "symbol": "square"}
YOURS = "Your guess"
Figures = Sequence[Figure]


def of(figures: Figures, series: str) -> list[Figure]:
    """The figures of a series, in order."""
    return [each for each in figures if each.series == series]


def scaled(step: Step, guess: GuessValue) -> float:
    """A slider's value in the unit of the figures."""
    return float(guess) / 100 if isinstance(step.guess, SliderGuess) and step.guess.unit == "%" else float(guess)


def bars_of(figures: Figures) -> dict[str, Any]:
    """Error bars of figures."""
    low, value, high = ([getattr(each, end) for each in figures] for end in ("low", "value", "high"))
    return error_bars(low, value, high, LINE)


def points(figures: Figures, rows: Sequence[str], name: str, marker: dict[str, Any], axis: str = "x") -> go.Scatter:
    """Figures with their intervals, one a row."""
    values = [each.value for each in figures]
    return go.Scatter(
        x=values, y=list(rows), mode="markers", name=name, marker=marker, showlegend=False, xaxis=axis,
        cliponaxis=False,
        error_x=bars_of(figures),
        text=[figure(each.value, each.low, each.high) for each in figures],
        hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip


def rows_axis(labels: Sequence[str]) -> dict[str, Any]:
    """A y axis with these labels from top to bottom, whether or not something is drawn at them."""
    order = {"categoryorder": "array", "categoryarray": list(labels)[::-1]}
    return {"type": "category", "range": [-0.6, len(labels) - 0.4], **order}


def guess_line(x: float) -> dict[str, Any]:
    """A dashed line through the guess, from top to bottom."""
    line = {"color": CONTRAST, "dash": "dash", "width": STROKE}
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def rows_chart(
    step: Step, guess: GuessValue | None, known: Sequence[tuple[str, Figure]], results: Sequence[tuple[str, Figure]],
    empty: Sequence[str], axis: dict[str, Any], **layout: Any,
) -> go.Figure:  # fmt: skip
    """Draw a slider's guess above what is known and what came out, one a row.

    Args:
        step: A step with a slider.
        guess: The guess, if there is one.
        known: Label and figure of what is shown from the start.
        results: The same of what is shown after the reveal; empty before it.
        empty: Labels of the rows that the results will fill.
        axis: The x axis.
        layout: As for `draw`.
    """
    labels = [YOURS, *(label for label, _ in known), *empty]
    traces = [points([each for _, each in known], [label for label, _ in known], "known", KNOWN)]
    traces.append(points([each for _, each in results], [label for label, _ in results], "result", RESULT))
    shapes = []
    if guess is not None:
        x = scaled(step, guess)
        traces.append(go.Scatter(x=[x], y=[YOURS], mode="markers", marker=GUESS, name=YOURS, showlegend=False,
                                 cliponaxis=False,
                                 hovertemplate=f"{YOURS}: {step.guess.show(guess)}<extra></extra>"))  # fmt: skip
        shapes = [guess_line(x)]
    rows = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": labels[::-1],
        "range": [-0.6, len(labels) - 0.4],
    }
    return draw(traces, HEIGHT, shapes=shapes, xaxis=axis, yaxis=rows, **layout)


def drop_guess_row(figure: go.Figure) -> None:
    """Remove the empty row for a guess from a chart that shows nobody's."""
    labels = list(figure.layout.yaxis.categoryarray or ())
    if YOURS in labels:
        labels.remove(YOURS)
        figure.update_layout(yaxis={"categoryarray": labels, "range": [-0.6, len(labels) - 0.4]})


def share_axis(text: str) -> dict[str, Any]:
    """An axis of shares from 0 to 100%, with a little room for marks at its ends."""
    return {**SHARES, "range": [-0.02, 1.02], "title": {"text": text}}
