"""Charts of a class: how everybody guessed, and how everybody answered a check question."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.classroom.contracts import FIRST_VOTE, SECOND_VOTE, CheckAnswer, Guess
from core.lessons.results import StepTruth
from core.lessons.step import OptionsGuess, SliderGuess, Step
from dashboard.charts.style import ACCENT, CONTRAST, INK, Chart, draw
from dashboard.text.classroom import check_sentence, class_sentence, truth_text

VOTES = {FIRST_VOTE: "First guesses", SECOND_VOTE: "Second guesses"}
MARKERS = {FIRST_VOTE: {"color": ACCENT}, SECOND_VOTE: {"color": CONTRAST, "pattern": {"shape": "/"}}}
BINS = 20
LETTERS = 24
"""Per line of an option's text."""
RIGHT = "✓ "
STUDENTS = {"title": {"text": "Students"}, "rangemode": "tozero", "tickformat": "d"}


def vote_histogram(step: Step, truth: StepTruth, guesses: Sequence[Guess]) -> Chart:
    """Draw how many students guessed what, before and after the discussion, with the truth.

    Args:
        step: Of the lesson.
        truth: What the guesses are compared with.
        guesses: Of all students at this step.
    """
    sentence = f"The answer is **{truth_text(step, truth)}**. {class_sentence(step, truth, guesses)}"
    if isinstance(step.guess, OptionsGuess):
        table = _option_counts(step.guess, guesses)
        return Chart(_option_bars(step.guess, table, str(truth.value)), table, sentence)
    table = _bin_counts(step.guess, guesses)
    return Chart(_slider_bars(step, step.guess, table, truth), table, sentence)


def check_bars(step: Step, answers: Sequence[CheckAnswer]) -> Chart:
    """Draw how many students chose each option of a step's check question.

    Args:
        step: Of the lesson.
        answers: Of all students at this step.
    """
    options = step.check.options
    counts = [sum(each.option == option.key for each in answers) for option in options]
    table = pd.DataFrame({"option": [option.text for option in options], "students": counts})
    labels = [_label(option.text, option.key == step.check.right) for option in options]
    bars = go.Bar(x=counts, y=labels, orientation="h", marker={"color": ACCENT}, hovertemplate="%{x}<extra></extra>")
    fig = draw([bars], 90 + 62 * len(options), xaxis=STUDENTS | {"dtick": _tick(counts)}, yaxis=_options_axis())
    return Chart(fig, table, check_sentence(step, answers))


def _option_counts(guess: OptionsGuess, guesses: Sequence[Guess]) -> pd.DataFrame:
    rows = [
        {
            "option": option.text,
            "vote": vote,
            "students": sum(g.vote == vote and g.value == option.key for g in guesses),
        }
        for vote in _votes(guesses)
        for option in guess.options
    ]
    return pd.DataFrame(rows, columns=["option", "vote", "students"])


def _bin_counts(guess: SliderGuess, guesses: Sequence[Guess]) -> pd.DataFrame:
    """Count the guesses around `BINS` + 1 values of the slider, so that a bar stands on what was guessed."""
    centers, half = np.linspace(guess.low, guess.high, BINS + 1), (guess.high - guess.low) / BINS / 2
    edges = np.append(centers - half, guess.high + half)
    ends = np.clip(edges, guess.low, guess.high)
    rows = []
    for vote in _votes(guesses):
        counts, _ = np.histogram([guess.read(g.value) for g in guesses if g.vote == vote], edges)
        found = zip(centers, ends[:-1], ends[1:], counts, strict=True)
        rows += [{"center": c, "from": a, "to": b, "vote": vote, "students": int(n)} for c, a, b, n in found]
    return pd.DataFrame(rows, columns=["center", "from", "to", "vote", "students"])


def _votes(guesses: Sequence[Guess]) -> list[int]:
    return [vote for vote in VOTES if vote == FIRST_VOTE or any(g.vote == vote for g in guesses)]


def _by_vote(table: pd.DataFrame) -> list[tuple[int, pd.DataFrame]]:
    return [(vote, table[table["vote"] == vote]) for vote in VOTES if (table["vote"] == vote).any()]


def _option_bars(guess: OptionsGuess, table: pd.DataFrame, right: str) -> go.Figure:
    labels = [_label(option.text, option.key == right) for option in guess.options]
    traces = [
        go.Bar(
            x=rows["students"], y=labels, orientation="h", name=VOTES[vote], marker=MARKERS[vote],
            hovertemplate=f"{VOTES[vote]}: %{{x}}<extra></extra>",
        )
        for vote, rows in _by_vote(table)
    ]  # fmt: skip
    height = 110 + 54 * len(labels)
    axis = STUDENTS | {"dtick": _tick(table["students"])}
    return draw(traces, height, barmode="group", showlegend=True, xaxis=axis, yaxis=_options_axis(), margin={"t": 52})


def _slider_bars(step: Step, guess: SliderGuess, table: pd.DataFrame, truth: StepTruth) -> go.Figure:
    votes = sorted(set(table["vote"]))
    width = float((table["to"] - table["from"]).max()) / len(votes)
    traces = [
        go.Bar(  # the votes share a bin's width, so that every bar stands on its own bin
            x=rows["center"] + (votes.index(vote) - (len(votes) - 1) / 2) * width, width=width, y=rows["students"],
            name=VOTES[vote], marker=MARKERS[vote],
            customdata=[f"{a:g} to {b:g}{guess.unit}" for a, b in zip(rows["from"], rows["to"], strict=True)],
            hovertemplate=f"%{{customdata}}: %{{y}}<extra>{VOTES[vote]}</extra>",
        )
        for vote, rows in _by_vote(table)
    ]  # fmt: skip
    title = f"Guess (in steps of {width * len(votes):g}{guess.unit})"
    half = width * len(votes) / 2
    xaxis = {
        "range": [guess.low - half, guess.high + half],
        "title": {"text": title},
        "ticksuffix": guess.unit,
        "showgrid": False,
    }
    return draw(
        traces, 340, barmode="overlay", showlegend=True, margin={"t": 76}, xaxis=xaxis,
        yaxis=STUDENTS | {"dtick": _tick(table["students"])}, **_answer_line(step, guess, truth),
    )  # fmt: skip


def _answer_line(step: Step, guess: SliderGuess, truth: StepTruth) -> dict[str, Any]:
    """Mark the answer on the axis of the guesses."""
    line = {"type": "line", "x0": truth.value, "x1": truth.value, "yref": "paper", "y0": 0, "y1": 1}
    label = {
        "x": truth.value, "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False,
        "text": f"Answer: {truth_text(step, truth)}", "font": {"color": INK, "size": 14},
        "xanchor": "left" if float(truth.value) < (guess.low + guess.high) / 2 else "right",
    }  # fmt: skip
    return {"shapes": [line | {"line": {"color": INK, "width": 2}}], "annotations": [label]}


def _label(text: str, right: bool) -> str:
    return "<br>".join(wrap((RIGHT if right else "") + text, LETTERS))


def _options_axis() -> dict[str, object]:
    return {"type": "category", "autorange": "reversed", "showgrid": False}


def _tick(counts: Sequence[int] | pd.Series) -> int:
    """Return the distance of the axis's ticks: whole students, about six ticks."""
    return max(1, round(max(counts, default=0) / 6))
