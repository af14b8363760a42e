"""Parts of the lesson's charts: one row a figure, the guess on the figures' scale, an axis with all rows."""

import pytest

from core.lessons.step import Figure
from core.lessons.steps import get_step
from dashboard.charts.lesson_parts import (
    YOURS,
    drop_guess_row,
    guess_line,
    of,
    points,
    rows_axis,
    rows_chart,
    scaled,
    share_axis,
)

FIGURES = [Figure("score", "a", 0.5, 0.4, 0.7), Figure("other", "b", 0.1)]


def test_a_series_is_found_in_order() -> None:
    assert [each.x for each in of([*FIGURES, Figure("score", "c", 0.2)], "score")] == ["a", "c"]


def test_a_guess_in_percent_is_drawn_as_a_share_and_another_as_it_is() -> None:
    assert scaled(get_step("always_nevus"), 67.0) == pytest.approx(0.67)
    assert scaled(get_step("heatmap"), 0.65) == 0.65


def test_intervals_reach_from_low_to_high() -> None:
    trace = points(FIGURES[:1], ["Row"], "result", {})
    assert trace.error_x.array[0] == pytest.approx(0.2) and trace.error_x.arrayminus[0] == pytest.approx(0.1)


def test_every_row_has_its_place_before_anything_is_drawn_in_it() -> None:
    figure = rows_chart(get_step("always_nevus"), None, [], [], ["Result"], share_axis("Share"))
    assert list(figure.layout.yaxis.categoryarray) == ["Result", YOURS]
    assert not figure.layout.shapes
    assert rows_axis(["a", "b", "c"])["range"] == [-0.6, 2.6]


def test_a_chart_of_nobodys_guess_has_no_row_for_it() -> None:
    figure = rows_chart(get_step("always_nevus"), None, [], [], ["Result"], share_axis("Share"))
    drop_guess_row(figure)
    assert list(figure.layout.yaxis.categoryarray) == ["Result"] and tuple(figure.layout.yaxis.range) == (-0.6, 0.6)
    drop_guess_row(figure)
    assert list(figure.layout.yaxis.categoryarray) == ["Result"]


def test_the_guess_has_a_mark_and_a_line() -> None:
    figure = rows_chart(get_step("always_nevus"), 40.0, [("Known", FIGURES[0])], [], ["Result"], share_axis("Share"))
    assert figure.layout.shapes[0].x0 == guess_line(0.4)["x0"] == 0.4
    assert [trace.x[0] for trace in figure.data if trace.name == YOURS] == [0.4]
