"""Sentences of the class board and of homework."""

import math
from collections.abc import Sequence
from datetime import datetime, tzinfo

from core.classroom.board import Entry
from core.classroom.homework import PERIOD, TRIES, Standing
from dashboard.text.format import change, estimate
from dashboard.text.lab import setting_text

BOARD_INTRO = (
    "Everybody's best lab setting, compared by its balanced accuracy on the validation split. The test split stays "
    "closed until the end: a score by which you choose is no longer a fair test. Two settings, “Threshold moving” "
    "and gradient boosting, already learn from the validation split, so their scores on it are too good."
)
FLATTERY_INTRO = (
    "Wrong protocols have their own board: which one would let you report the highest score? Their honest scores are "
    "shown together with the test figures."
)
NO_GRADE = "HAM10000's labels are public and anybody can look them up, so a rank here is no grade."
HOMEWORK_INTRO = (
    "Predict the test images with a network of your own, with `python -m core predict`, or in a notebook, and hand in "
    "one CSV: `image` and seven probabilities `MEL`, `NV`, `BCC`, `AKIEC`, `BKL`, `DF`, `VASC`, or `image` and "
    "`label`. It is scored as by `python -m core score`, with intervals over lesions: on half of the test lesions "
    "immediately (the public score), on the other half at the deadline. You have "
    f"{TRIES} tries in {PERIOD.days * 24} hours; the one with your best public score counts. Only the scores are kept, "
    "not the file."
)


def board_sentence(found: Sequence[Entry]) -> str:
    """Say who leads the class board, and what the test split says if its figures are open.

    Args:
        found: Each student's best honest entry, best first.
    """
    if not found:
        return "Nobody has put a setting on the board yet."
    first = found[0]
    setting = setting_text(first.setting)
    text = f"**{first.nickname}** leads on the validation split with **{estimate(first.score)}**: {setting}."
    if math.isnan(first.test.value):
        return text
    text += f" On the test split it reaches {estimate(first.test)}."
    if len(found) == 1:
        return text
    lower = sum(each.test.value < each.score.value for each in found)
    luck = "; the best of many validation scores is partly luck" if first.test.value < first.score.value else ""
    return f"{text} {lower} of {len(found)} settings {'scores' if lower == 1 else 'score'} lower there{luck}."


def flattery_sentence(found: Sequence[Entry]) -> str:
    """Say which wrong protocol flatters most, and by how much if the test figures are open.

    Args:
        found: Each student's best entry of a wrong protocol, best first.
    """
    if not found:
        return "Nobody has put a wrong protocol on the board yet."
    first = found[0]
    text = f"**{first.nickname}** would report **{estimate(first.score)}**: {setting_text(first.setting)}."
    if math.isnan(first.gap.value):
        return text
    gap = change(first.gap.value, first.gap.low, first.gap.high)
    return f"{text} The honest score is {estimate(first.test)}; the wrong protocol adds {gap}."


def homework_sentence(found: Sequence[Standing]) -> str:
    """Say who leads the homework, and how many can't be told apart from the leader.

    Args:
        found: As `core.classroom.homework.standings` returns them.
    """
    if not found:
        return "Nobody has handed in a file yet."
    first, over = found[0], found[0].private_rank is not None
    half, score = ("private", first.private) if over else ("public", first.public)
    ranks = [each.private_rank if over else each.public_rank for each in found]
    tied = ranks.count(1)
    text = f"**{first.nickname}** leads on the {half} half with **{estimate(score)}**."
    if tied > 1:
        text += f" {tied} students share the first rank: their scores don't differ clearly on the same lesions."
    return text


def deadline_text(until: datetime, over: bool, zone: tzinfo) -> str:
    """Write a deadline.

    Args:
        until: With its time zone.
        over: Whether it has passed.
        zone: In which it is shown.
    """
    return f"The deadline {'was' if over else 'is'} {until.astimezone(zone):%d %B %Y, %H:%M %Z}."
