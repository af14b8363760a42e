"""The lesson's charts: nothing is revealed before the guess, which stays where it was, on an axis that never moves."""

from dataclasses import replace
from typing import Any

import plotly.graph_objects as go
import pytest

from core.lessons.results import figures, read
from core.lessons.step import Figure, GuessValue, SliderGuess, Step
from core.lessons.steps import STEPS, get_step
from dashboard.charts.lesson import HEIGHT, lesson_chart

TABLE = read()
EVERY = pytest.mark.parametrize("step", [s for s in STEPS if s.key != "smote_point"], ids=lambda step: step.key)
GIVEN = {
    "weakest": ["training"], "copies": ["before"], "threshold": ["score"], "same_lesion": ["score"],
    "resample_first": ["score"],
}  # fmt: skip
"""Series that are known before the reveal; of "score" all but the result."""
RESULTS = ("moved", "wrong")


def some_guess(step: Step) -> GuessValue:
    return step.guess.low if isinstance(step.guess, SliderGuess) else step.guess.options[0].key


def altered(step: Step, found: list[Figure]) -> list[Figure]:
    """The same with another result."""
    given = GIVEN.get(step.key, [])
    return [
        each if each.series in given and each.x not in RESULTS else replace(each, value=each.value / 2, low=0, high=0.9)
        for each in found
    ]


def axes(figure: go.Figure) -> list[Any]:
    return [figure.layout.xaxis.range, figure.layout.yaxis.range, figure.layout.yaxis.categoryarray]


def data(figure: go.Figure) -> str:
    return str(figure.to_plotly_json())


@EVERY
def test_nothing_is_revealed_before_the_guess(step: Step) -> None:
    found = figures(step, table=TABLE)
    for guess in (None, some_guess(step)):
        shown = lesson_chart(step, found, guess, False, "")
        assert data(shown.figure) == data(lesson_chart(step, altered(step, found), guess, False, "").figure)
        assert shown.table.empty
    revealed = lesson_chart(step, found, some_guess(step), True, "").figure
    assert data(revealed) != data(lesson_chart(step, altered(step, found), some_guess(step), True, "").figure)


@EVERY
def test_the_guess_stays_and_the_axis_does_not_move(step: Step) -> None:
    found, guess = figures(step, table=TABLE), some_guess(step)
    before, after = (lesson_chart(step, found, guess, shown, "").figure for shown in (False, True))
    assert axes(before) == axes(after) == axes(lesson_chart(step, found, None, False, "").figure)
    marks = [[trace for trace in figure.data if trace.name == "Your guess"] for figure in (before, after)]
    assert data(go.Figure(marks[0])) == data(go.Figure(marks[1])) and marks[0]


@EVERY
def test_every_variant_lies_inside_the_axis(step: Step) -> None:
    for variant in step.shipped():
        figure = lesson_chart(step, figures(step, variant.key, TABLE), some_guess(step), True, "").figure
        low, high = figure.layout.xaxis.range
        xs = [x for trace in figure.data if trace.xaxis in (None, "x") for x in trace.x if isinstance(x, float)]
        assert all(low <= x <= high for x in xs)
        assert figure.layout.height == HEIGHT <= 300


def test_a_step_without_a_chart_of_its_own_gets_a_plain_one() -> None:
    step = get_step("always_nevus")
    chart = lesson_chart(replace(step, key="new"), figures(step, table=TABLE), 50.0, True, "One sentence.")
    assert chart.figure.layout.xaxis.range == (0, 1)
    assert chart.sentence == "One sentence."
