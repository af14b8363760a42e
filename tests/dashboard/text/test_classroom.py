"""Sentences of the class pages."""

import math
from datetime import UTC, datetime

import pandas as pd
import pytest

from core.classroom.contracts import Guess
from core.lessons.results import StepTruth
from core.lessons.steps import get_step
from dashboard.text.classroom import (
    class_sentence,
    invite_note,
    kept_text,
    own_sentence,
    summary_sentence,
    summary_table,
    truth_text,
)

NUMBER, OPTION = get_step("always_nevus"), get_step("copies")
TRUTH, RIGHT = StepTruth(67.0, 64.0, 70.0, "%"), StepTruth("down", math.nan, math.nan, "")


def guess(vote: int, value: str, confidence: int = 2) -> Guess:
    return Guess(1, "Quiet Otter", "step", vote, value, confidence)


def test_the_last_guess_counts() -> None:
    assert own_sentence(NUMBER, TRUTH, {1: guess(1, "90", 3), 2: guess(2, "68", 1)}) == (
        "The answer is **67% [64, 70]**. You guessed **90%** (certain), then **68%** (just guessing): close."
    )
    assert own_sentence(NUMBER, TRUTH, {1: guess(1, "90")}).endswith("(fairly sure): not close.")
    assert own_sentence(OPTION, RIGHT, {1: guess(1, "up")}).endswith("**“It rises”** (fairly sure): not right.")
    assert "made no guess" in own_sentence(OPTION, RIGHT, {})


def test_an_answer_without_an_interval() -> None:
    assert truth_text(NUMBER, StepTruth(67.0, math.nan, math.nan, "%")) == "67%"
    assert truth_text(OPTION, RIGHT) == "“It falls”"


def test_a_class_with_and_without_a_second_vote() -> None:
    first = [guess(1, "60"), guess(1, "90")]
    assert class_sentence(NUMBER, TRUTH, first) == ("First guesses: 0 of 2 close. The class's median was 75% (first).")
    assert "close. Second guesses: 1 of 1 close." in class_sentence(NUMBER, TRUTH, [*first, guess(2, "66")])


def test_what_is_kept_names_the_day_and_the_button() -> None:
    text = kept_text(datetime(2026, 12, 28, tzinfo=UTC))
    assert "28 December 2026" in text and "Leave and delete my answers" in text


@pytest.mark.parametrize(("host", "warned"), [("localhost", True), ("127.0.0.1", True), ("192.168.1.20", False)])
def test_a_link_that_only_this_computer_can_open(host: str, warned: bool) -> None:
    assert bool(invite_note(host)) is warned


def test_a_summary_of_a_room() -> None:
    counts = {"first": [20, 4], "first_close": [5, 0], "second": [18, 0], "second_close": [12, 0]}
    table = pd.DataFrame({"step": ["a", "b"]} | counts | {"check": [10, 0], "check_right": [7, 0], "revealed": True})
    shown = summary_table(table, ["One", "Two"])
    assert shown.loc["One"].tolist() == ["5 of 20", "12 of 18", "7 of 10"]
    assert shown.loc["Two"].tolist() == ["0 of 4", "\N{EN DASH}", "\N{EN DASH}"]
    assert summary_sentence(table) == (
        "First guesses: 5 of 24 right or close. Second guesses: 12 of 18 right or close. "
        "Check questions: 7 of 10 right."
    )
    hidden = table.assign(revealed=[True, False])
    assert summary_table(hidden, ["One", "Two"]).loc["Two"].tolist()[:2] == ["4, not revealed", "\N{EN DASH}"]
    assert summary_sentence(hidden).startswith("First guesses: 5 of 20 ")
    assert summary_sentence(table.assign(revealed=False)).startswith("No step is revealed")
