"""The lesson's charts, one for each step: a fixed axis; the guess is drawn first and stays, the result joins it."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go

from core.labels import DX
from core.lessons.imbalance import SHORT
from core.lessons.step import GuessValue, SliderGuess, Step
from dashboard.charts.lesson_parts import (
    GUESS,
    HEIGHT,
    KNOWN,
    RESULT,
    YOURS,
    Figures,
    bars_of,
    drop_guess_row,
    of,
    points,
    rows_axis,
    rows_chart,
    scaled,
    share_axis,
)
from dashboard.charts.style import ACCENT, CONTRAST, LINE, STROKE, Chart, draw
from dashboard.text.format import MINUS

POINTS = {
    "range": [-0.31, 0.31], "tickvals": [-0.3, -0.15, 0, 0.15, 0.3],
    "ticktext": [f"{MINUS}30", f"{MINUS}15", "0", "+15", "+30"],
}  # fmt: skip
"""An axis of differences in percentage points."""


def always_nevus(step: Step, figures: Figures, guess: GuessValue | None, shown: bool) -> go.Figure:
    """Accuracy and balanced accuracy of always the same answer."""
    labels = {"accuracy": "Accuracy", "balanced_accuracy": "Balanced<br>accuracy"}
    results = [(labels[each.x], each) for each in of(figures, "measures")] if shown else []
    return rows_chart(step, guess, [], results, list(labels.values()), share_axis("Accuracy, plain and balanced"))


def weakest(_: Step, figures: Figures, guess: GuessValue | None, shown: bool) -> go.Figure:
    """Recall of each diagnosis; the guess is a line through its row, because it names a diagnosis and no share."""
    counts = {each.x: int(each.value) for each in of(figures, "training")}
    order = sorted(DX, key=lambda dx: counts[dx])
    label = {dx: f"{SHORT[dx]} ({counts[dx]:,})" for dx in DX}
    recall = {each.x: each for each in of(figures, "recall")} if shown else {}
    drawn = [recall[dx] for dx in order if dx in recall]
    traces = [points(drawn, [label[each.x] for each in drawn], "recall", RESULT)]
    if guess is not None:
        traces.append(go.Scatter(x=[0, 1], y=[label[str(guess)]] * 2, mode="lines", showlegend=False, name=YOURS,
                                 line={"color": CONTRAST, "dash": "dash", "width": STROKE},
                                 hovertemplate=f"{YOURS}<extra></extra>"))  # fmt: skip
    rows = rows_axis([label[dx] for dx in order])
    return draw(traces, HEIGHT, xaxis=share_axis("Share found (recall)"), yaxis=rows)


def copies(step: Step, figures: Figures, guess: GuessValue | None, shown: bool) -> go.Figure:
    """Accuracy and balanced accuracy before and after; the guess is an arrow at the accuracy before."""
    labels = {"accuracy": "Accuracy", "balanced_accuracy": "Balanced<br>accuracy"}
    before, after = of(figures, "before"), of(figures, "after") if shown else []
    traces = [
        points(before, [f"{labels[each.x]}<br>no copies" for each in before], "known", KNOWN),
        points(after, [f"{labels[each.x]}<br>copies" for each in after], "result", RESULT),
    ]
    rows = [f"{labels[x]}<br>{when}" for x in labels for when in ("no copies", "copies")]
    if guess is not None:
        start, move = before[0].value, {"up": 0.12, "down": -0.12, "same": 0.0}[str(guess)]
        symbol = {"up": "triangle-right", "down": "triangle-left", "same": "diamond"}[str(guess)]
        traces.append(go.Scatter(
            x=[start, start + move], y=[rows[1]] * 2, mode="lines+markers", name=YOURS, showlegend=False,
            line={"color": CONTRAST, "dash": "dash"},
            marker={"color": CONTRAST, "size": [0, 15], "symbol": symbol, "opacity": 1},
            hovertemplate=f"{YOURS}: {step.guess.show(guess)}<extra></extra>",
        ))  # fmt: skip
    return draw(traces, HEIGHT, xaxis=share_axis("Score on the test images"), yaxis=rows_axis(rows))


def reliability(step: Step, figures: Figures, guess: GuessValue | None, shown: bool) -> go.Figure:
    """Share of right answers by probability, against the diagonal of a classifier that can be trusted."""
    line = {"color": LINE, "dash": "dot", "width": STROKE}
    traces = [go.Scatter(x=[0, 1], y=[0, 1], mode="lines", name="Ideal", line=line, hoverinfo="skip")]
    if shown:
        curve = of(figures, "curve")
        traces.append(go.Scatter(
            x=[float(each.x) / 100 for each in curve], y=[each.value for each in curve], mode="lines+markers",
            name="Result", marker=RESULT, line={"color": ACCENT},
            error_y=bars_of(curve),
            hovertemplate="%{x:.0%} sure: right for %{y:.0%}<extra></extra>",
        ))  # fmt: skip
    if guess is not None:
        traces.append(go.Scatter(x=[0.8], y=[scaled(step, guess)], mode="markers", marker=GUESS, name=YOURS,
                                 hovertemplate=f"{YOURS}: {step.guess.show(guess)}<extra></extra>"))  # fmt: skip
    at_80 = {"type": "line", "x0": 0.8, "x1": 0.8, "y0": 0, "y1": 1, "line": {"color": LINE, "width": 1}}
    return draw(traces, HEIGHT, shapes=[at_80], margin={"t": 34}, xaxis=share_axis("How sure the classifier is"),
                yaxis=share_axis("Share of right answers"))  # fmt: skip


def threshold(step: Step, figures: Figures, guess: GuessValue | None, shown: bool) -> go.Figure:
    """Balanced accuracy, and beside it the calibration error, of three ways."""
    labels = {"none": "No<br>resampling", "copies": "Copies", "moved": "Moved<br>threshold"}
    score = {each.x: each for each in of(figures, "score")}
    known = [(labels[x], score[x]) for x in ("none", "copies")]
    results = [(labels["moved"], score["moved"])] if shown else []
    axis = share_axis("Balanced accuracy") | {
        "domain": [0, 0.6],
        "tickvals": [0, 0.5, 1],
        "ticktext": ["0%", "50", "100%"],
    }
    title = {"text": "Calibration error"}
    error_axis = {"domain": [0.68, 1], "range": [-0.02, 0.22], "tickvals": [0, 0.1, 0.2], "title": title, "anchor": "y"}
    fig = rows_chart(step, guess, known, results, [labels["moved"]], axis, xaxis2=error_axis)
    if shown:
        error = of(figures, "error")
        marker = {**RESULT, "symbol": "circle-open", "line": {"width": STROKE}}
        fig.add_trace(points(error, [labels[each.x] for each in error], "error", marker, "x2"))
    return fig


def leak(step: Step, figures: Figures, guess: GuessValue | None, shown: bool) -> go.Figure:
    """The honest score, and what a wrong protocol reports."""
    score = {each.x: each for each in of(figures, "score")}
    results = [("Reported", score["wrong"])] if shown else []
    known = [("Honest", score["honest"])]
    return rows_chart(step, guess, known, results, ["Reported"], share_axis("Balanced accuracy"))


def heatmap(step: Step, figures: Figures, guess: GuessValue | None, shown: bool) -> go.Figure:
    """How alike the heatmaps of two images are."""
    axis = {"range": [-0.25, 1.02], "tickvals": [0, 0.25, 0.5, 0.75, 1], "title": {"text": "Rank correlation"}}
    axis["ticktext"] = ["0<br>nothing alike", "", "0.5", "", "1<br>the same"]
    results = [("Two different<br>images", of(figures, "truth")[0])] if shown else []
    return rows_chart(step, guess, [], results, ["Two different<br>images"], axis)


def cat(step: Step, figures: Figures, guess: GuessValue | None, shown: bool) -> go.Figure:
    """The seven probabilities; the guess is a line."""
    results = [(SHORT[each.x], each) for each in of(figures, "probability")] if shown else []
    return rows_chart(step, guess, [], results, [SHORT[dx] for dx in DX], share_axis("Probability"))


def more_images(step: Step, figures: Figures, guess: GuessValue | None, shown: bool) -> go.Figure:
    """What more images add to the share found in two tests, and what SMOTE adds."""
    labels = {
        "home": "More images,<br>HAM10000's test",
        "away": "More images,<br>other clinics",
        "smote": "SMOTE,<br>HAM10000's test",
    }
    drawn = of(figures, "gap") if shown else []
    traces = [points(drawn, [labels[each.x] for each in drawn], "result", RESULT)]
    rows = {"home": ["home"], "away": ["away"], "both": ["home", "away"]}.get(str(guess), ["home", "away"])
    rises = guess != "nowhere"
    if guess is not None:
        traces.append(go.Scatter(
            x=[0.15 if rises else 0] * len(rows), y=[labels[x] for x in rows], mode="markers", name=YOURS,
            showlegend=False, marker=GUESS | {"symbol": "triangle-right" if rises else "diamond"},
            hovertemplate=f"{YOURS}: {step.guess.show(guess)}<extra></extra>",
        ))  # fmt: skip
    zero = {"type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1, "line": {"color": LINE, "dash": "dot"}}
    axis = {**POINTS, "title": {"text": "Change of the share found, in points"}}
    return draw(traces, HEIGHT, shapes=[zero], xaxis=axis, yaxis=rows_axis(list(labels.values())))


def plain_scale(step: Step, figures: Figures, guess: GuessValue | None, shown: bool) -> go.Figure:
    """A slider's guess and the result on one axis: the chart of a step that has none of its own."""
    results = [("Result", of(figures, "truth")[0])] if shown else []
    assert isinstance(step.guess, SliderGuess)
    per = 100 if step.guess.unit == "%" else 1
    axis = {"range": [step.guess.low / per, step.guess.high / per], "tickformat": ".0%" if per == 100 else ""}
    return rows_chart(step, guess, [], results, ["Result"], axis)


DRAWN: dict[str, Callable[[Step, Figures, GuessValue | None, bool], go.Figure]] = {
    "always_nevus": always_nevus, "weakest": weakest, "copies": copies, "reliability": reliability,
    "threshold": threshold, "same_lesion": leak, "resample_first": leak, "heatmap": heatmap, "cat": cat,
    "more_images": more_images,
}  # fmt: skip
"""By step; the SMOTE step has a file of its own (`lesson_smote`)."""


def lesson_chart(
    step: Step, figures: Figures, guess: GuessValue | None, shown: bool, sentence: str, guess_row: bool = True
) -> Chart:
    """Draw a step: before the reveal what is known and the guess, after it the result, too.

    Args:
        step: Any step but the one on SMOTE.
        figures: Of one variant.
        guess: The guess, if there is one.
        shown: Whether the result may be shown.
        sentence: What the chart shows, in one sentence.
        guess_row: Keep a row for the guess where there is none yet.
    """
    figure = DRAWN.get(step.key, plain_scale)(step, figures, guess, shown)
    if not guess_row:
        drop_guess_row(figure)
    return Chart(figure, pd.DataFrame([vars(each) for each in figures]) if shown else pd.DataFrame(), sentence)
