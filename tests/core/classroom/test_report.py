"""Tables of a room: a row per student and step, and a row per step."""

import math

import pandas as pd

from core.classroom.contracts import CheckAnswer, Guess, Participant
from core.classroom.report import COLUMNS, by_person, by_step, in_words
from core.lessons.results import StepTruth
from core.lessons.steps import get_step

ANN, BEN = Participant(1, 1, "Quiet Otter", 3), Participant(2, 1, "Calm Crane", 3)
TRUTHS = {"always_nevus": StepTruth(67.0, 64.0, 70.0, "%"), "copies": StepTruth("down", math.nan, math.nan, "")}
GUESSES = [
    Guess(1, "Quiet Otter", "always_nevus", 1, "90.0", 3),
    Guess(1, "Quiet Otter", "always_nevus", 2, "68.0", 2),
    Guess(2, "Calm Crane", "always_nevus", 1, "64.0", 1),
    Guess(2, "Calm Crane", "copies", 1, "up", 1),
]
CHECKS = [CheckAnswer(1, "Quiet Otter", "always_nevus", "mean"), CheckAnswer(2, "Calm Crane", "always_nevus", "luck")]


def test_a_row_per_student_and_step() -> None:
    rows = by_person([ANN, BEN], GUESSES, CHECKS, TRUTHS)
    assert tuple(rows.columns) == COLUMNS
    assert list(zip(rows["nickname"], rows["step"], strict=True)) == [
        ("Quiet Otter", "always_nevus"), ("Quiet Otter", "copies"),
        ("Calm Crane", "always_nevus"), ("Calm Crane", "copies"),
    ]  # fmt: skip
    first = rows.iloc[0]
    assert (first["first_guess"], first["first_confidence"], first["first_close"]) == ("90.0", "Certain", False)
    assert (first["second_guess"], first["second_close"]) == ("68.0", True)
    assert (first["check_answer"], first["check_right"], first["truth"]) == ("mean", True, 67.0)
    assert rows.iloc[1][["first_guess", "second_guess", "check_answer"]].isna().all()
    assert (rows.iloc[3]["first_close"], rows.iloc[3]["truth"]) == (False, "down")


def test_in_words_nothing_is_a_key_but_the_step() -> None:
    words = in_words(by_person([ANN, BEN], GUESSES, CHECKS, TRUTHS))
    first, last = words.iloc[0], words.iloc[3]
    assert (first["title"], last["title"]) == ("Always say “nevus”", get_step("copies").title)
    assert (first["first_guess"], first["truth"]) == ("90.0", 67.0)
    assert first["check_answer"] == next(o.text for o in get_step("always_nevus").check.options if o.key == "mean")
    assert (last["first_guess"], last["truth"]) == ("It rises", "It falls") and pd.isna(last["check_answer"])


def test_the_answer_of_a_step_that_was_not_revealed_is_missing() -> None:
    rows = by_person([ANN, BEN], GUESSES, CHECKS, {"always_nevus": TRUTHS["always_nevus"]})
    hidden = rows[rows["step"] == "copies"]
    assert hidden[["truth", "first_close"]].isna().all(axis=None)
    assert hidden["first_guess"].dropna().tolist() == ["up"]
    assert by_step(rows).set_index("step")["revealed"].to_dict() == {"always_nevus": True, "copies": False}


def test_an_empty_room() -> None:
    assert by_person([], [], [], TRUTHS).empty
    assert by_step(by_person([ANN], [], [], TRUTHS)).empty


def test_counts_by_step() -> None:
    table = by_step(by_person([ANN, BEN], GUESSES, CHECKS, TRUTHS)).set_index("step")
    expected = pd.DataFrame(
        [[2, 1, 1, 1, 2, 1, True], [1, 0, 0, 0, 0, 0, True]],
        index=pd.Index(["always_nevus", "copies"], name="step"), columns=table.columns,
    )  # fmt: skip
    pd.testing.assert_frame_equal(table, expected, check_index_type=False)
