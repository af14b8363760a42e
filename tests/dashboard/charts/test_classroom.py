"""Charts of a class."""

import math

from core.classroom.contracts import CheckAnswer, Guess
from core.lessons.results import StepTruth
from core.lessons.steps import get_step
from dashboard.charts.classroom import check_bars, vote_histogram

SLIDER, OPTIONS = get_step("always_nevus"), get_step("copies")
NUMBER, OPTION = StepTruth(67.0, 64.0, 70.0, "%"), StepTruth("down", math.nan, math.nan, "")


def guess(person: int, vote: int, value: str) -> Guess:
    return Guess(person, f"Name {person}", "step", vote, value, 2)


def test_a_sliders_guesses_before_and_after_with_the_answer() -> None:
    guesses = [guess(1, 1, "0"), guess(2, 1, "100"), guess(3, 1, "100"), guess(1, 2, "66")]
    fig, table, sentence = vote_histogram(SLIDER, NUMBER, guesses)
    first, second = fig.data
    assert (first.name, second.name) == ("First guesses", "Second guesses")
    assert (first.y[0], first.y[-1], sum(first.y)) == (1, 2, 3)
    assert sum(second.y) == 1 and second.x[list(second.y).index(1)] == 66.25  # right of the middle of 62.5 to 67.5
    for bars, start in ((first, -2.5), (second, 0)):
        assert bars.x[0] - bars.width / 2 == start and bars.width == 2.5
    for value, center in (("0", 0), ("63", 65), ("67", 65)):  # a bar stands on what was guessed
        (alone,) = vote_histogram(SLIDER, NUMBER, [guess(1, 1, value)]).figure.data
        assert alone.x[list(alone.y).index(1)] == center and alone.width == 5
    assert (table["from"].min(), table["to"].max()) == (0, 100)
    assert second.marker.pattern.shape
    assert [shape.x0 for shape in fig.layout.shapes] == [67.0]
    assert fig.layout.annotations[0].text == "Answer: 67% [64, 70]"
    assert tuple(fig.layout.xaxis.range) == (-2.5, 102.5)
    assert table["students"].sum() == 4
    assert "**67% [64, 70]**" in sentence and "First guesses: 0 of 3 close. Second guesses: 1 of 1 close." in sentence
    assert "100% (first), then 66% (second)" in sentence


def test_options_mark_the_right_one() -> None:
    fig, table, sentence = vote_histogram(OPTIONS, OPTION, [guess(1, 1, "up"), guess(2, 1, "down")])
    assert [bars.name for bars in fig.data] == ["First guesses"]
    assert list(fig.data[0].x) == [1, 0, 1]
    assert [label.startswith("✓") for label in fig.data[0].y] == [False, False, True]
    assert list(table["option"]) == [option.text for option in OPTIONS.guess.options]
    assert "First guesses: 1 of 2 right." in sentence and "median" not in sentence


def test_nobody_has_guessed() -> None:
    for step, truth in ((SLIDER, NUMBER), (OPTIONS, OPTION)):
        fig, table, sentence = vote_histogram(step, truth, [])
        assert sum(table["students"]) == 0 and len(fig.data) == 1
        assert "Nobody has guessed" in sentence


def test_answers_to_the_check_question() -> None:
    answers = [CheckAnswer(i, f"Name {i}", SLIDER.key, key) for i, key in enumerate(("mean", "mean", "luck"))]
    fig, table, sentence = check_bars(SLIDER, answers)
    assert list(fig.data[0].x) == list(table["students"]) == [0, 2, 1]
    assert [label.startswith("✓") for label in fig.data[0].y] == [False, True, False]
    assert "**2 of 3**" in sentence
    assert "Nobody" in check_bars(SLIDER, []).sentence
