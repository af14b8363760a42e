"""Sentences of the class pages: guesses, results, and what is kept."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from core.classroom.contracts import DAYS_KEPT, FIRST_VOTE, SECOND_VOTE, CheckAnswer, Guess
from core.lessons.results import StepTruth, is_close
from core.lessons.step import SURE, Answer, OptionsGuess, Step
from core.lessons.steps import get_step

CONFIDENCE = {number: option.text for number, option in enumerate(SURE, 1)}
"""How sure a student is, as the database numbers it."""
WHEN = {FIRST_VOTE: "first", SECOND_VOTE: "second"}


def truth_text(step: Step, truth: StepTruth) -> str:
    """Write the answer to a step's question, with its interval if it has one."""
    if isinstance(step.guess, OptionsGuess):
        return f"“{step.guess.show(truth.value)}”"
    decimals = 0 if step.guess.unit == "%" else 2
    value, low, high = (f"{end:.{decimals}f}" for end in (float(truth.value), truth.low, truth.high))
    return f"{value}{step.guess.unit}" if math.isnan(truth.low) else f"{value}{step.guess.unit} [{low}, {high}]"


def guess_text(step: Step, guess: Guess) -> str:
    """Write a guess and how sure it was."""
    value = step.guess.show(step.guess.read(guess.value))
    shown = f"“{value}”" if isinstance(step.guess, OptionsGuess) else value
    return f"**{shown}** ({CONFIDENCE[guess.confidence].lower()})"


def own_sentence(step: Step, truth: StepTruth, guesses: Mapping[int, Guess]) -> str:
    """Compare a student's guesses with the answer; the last one counts."""
    answer = f"The answer is **{truth_text(step, truth)}**."
    if not guesses:
        return f"{answer} You made no guess this time."
    votes = sorted(guesses)
    close = is_close(step, step.guess.read(guesses[votes[-1]].value), truth)
    shown = ", then ".join(guess_text(step, guesses[vote]) for vote in votes)
    return f"{answer} You guessed {shown}: {'' if close else 'not '}{_word(step)}."


def _word(step: Step) -> str:
    """Return what a good guess is: options are right, numbers are close."""
    return "right" if isinstance(step.guess, OptionsGuess) else "close"


def class_sentence(step: Step, truth: StepTruth, guesses: Sequence[Guess]) -> str:
    """Summarize the guesses of a class."""
    votes = {vote: [step.guess.read(g.value) for g in guesses if g.vote == vote] for vote in WHEN}
    votes = {vote: values for vote, values in votes.items() if values}
    if not votes:
        return "Nobody has guessed."
    close = {vote: sum(is_close(step, value, truth) for value in values) for vote, values in votes.items()}
    text = " ".join(
        f"{WHEN[vote].capitalize()} guesses: {close[vote]} of {len(values)} {_word(step)}."
        for vote, values in votes.items()
    )
    if isinstance(step.guess, OptionsGuess):
        return text
    medians = [
        f"{step.guess.show(float(np.median([float(each) for each in v])))} ({WHEN[vote]})" for vote, v in votes.items()
    ]
    return f"{text} The class's median was {', then '.join(medians)}."


def check_sentence(step: Step, answers: Sequence[CheckAnswer]) -> str:
    """Count the right answers to a check question."""
    if not answers:
        return "Nobody has answered."
    right = sum(each.option == step.check.right for each in answers)
    return f"Right answers: **{right} of {len(answers)}**."


SUMMARY = {
    "First": ("first_close", "first"), "Second": ("second_close", "second"), "Check": ("check_right", "check"),
}  # fmt: skip
"""Columns of the summary: the good ones and all, as `core.classroom.report.by_step` names them."""


def summary_table(table: pd.DataFrame, titles: Sequence[str]) -> pd.DataFrame:
    """Write a room's summary, a row per step, narrow enough for a phone.

    Args:
        table: As `core.classroom.report.by_step` returns it.
        titles: Of its steps.
    """
    columns = {name: [_part(*row) for row in table[[*pair, "revealed"]].to_numpy()] for name, pair in SUMMARY.items()}
    return pd.DataFrame({"Step": list(titles)} | columns).set_index("Step")


def _part(good: int, every: int, revealed: bool) -> str:
    if not every:
        return "\N{EN DASH}"
    return f"{good} of {every}" if revealed else f"{every}, not revealed"


def summary_sentence(table: pd.DataFrame) -> str:
    """Summarize a room over all steps.

    Args:
        table: As `core.classroom.report.by_step` returns it.
    """
    revealed = table[table["revealed"]]
    if revealed.empty:
        return "No step is revealed yet, so no guess is right or wrong."
    total = revealed[[name for pair in SUMMARY.values() for name in pair]].sum()
    parts = [f"First guesses: {total['first_close']} of {total['first']} right or close."]
    if total["second"]:
        parts.append(f"Second guesses: {total['second_close']} of {total['second']} right or close.")
    if total["check"]:
        parts.append(f"Check questions: {total['check_right']} of {total['check']} right.")
    return " ".join(parts)


def own_results_sentence(rows: pd.DataFrame) -> str:
    """Count a student's good guesses and right answers.

    Args:
        rows: As `core.classroom.report.by_person` returns them, of one student and of revealed steps.

    Example:
        >>> rows = pd.DataFrame({"first_guess": ["up", None], "first_close": [True, None], "second_guess": [None, None],
        ...                      "second_close": [None, None], "check_right": [False, None]})
        >>> own_results_sentence(rows)
        'Your guesses: 1 of 1 right or close. Check questions: 0 of 1 right.'
    """
    last = _last_guesses(rows)
    check = rows["check_right"]
    return (
        f"Your guesses: {last.eq(True).sum()} of {last.notna().sum()} right or close. "
        f"Check questions: {check.eq(True).sum()} of {check.notna().sum()} right."
    )


def own_results_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Write a student's guesses and answers, a row per step.

    Args:
        rows: As `core.classroom.report.by_person` returns them, of one student and of revealed steps.
    """
    dash = "\N{EN DASH}"
    last = _last_guesses(rows)
    table = []
    for (_, row), close in zip(rows.iterrows(), last, strict=True):
        step = get_step(row["step"])
        guesses = [row[f"{vote}_guess"] for vote in WHEN.values() if not pd.isna(row[f"{vote}_guess"])]
        shown = ", then ".join(step.guess.show(step.guess.read(guess)) for guess in guesses)
        result = f"{shown}: {'' if close else 'not '}{_word(step)}" if guesses else dash
        check = dash if pd.isna(row["check_right"]) else "right" if row["check_right"] else "not right"
        table.append({"Step": step.title, "Your guess": result, "Check question": check})
    return pd.DataFrame(table).set_index("Step")


def _last_guesses(rows: pd.DataFrame) -> pd.Series:
    """Whether each row's last guess was right or close; missing where there was none."""
    return rows["second_close"].astype(object).where(rows["second_guess"].notna(), rows["first_close"])


def explained_option(option: Answer) -> str:
    """Write an option of a check question and why it is right or wrong.

    Example:
        >>> explained_option(Answer("smote", "Training with SMOTE", "No. It only mixes images."))
        '**Training with SMOTE.** No. It only mixes images.'
    """
    return f"**{option.text.rstrip('.')}.** {option.reason}"


def kept_text(deleted_at: datetime) -> str:
    """Say what is kept of a student, for how long, and how to delete it."""
    return (
        "**What is kept:** a nickname that we draw for you, a random token in your browser that brings you back after "
        "a reload, your guesses and answers, the lab settings that you put on the class board, and the scores of files "
        "that you hand in; the files themselves are not kept. No name, no "
        "address, no image. Your teacher sees the answers by nickname, and the class sees the board and the scores. "
        "**How long:** until the room is deleted, on "
        f"{deleted_at:%d %B %Y} at the latest, {DAYS_KEPT} days after it was opened. **How to delete it:** press "
        "“Leave and delete my answers” at any time."
    )


def invite_note(host: str | None, port: int | None = None) -> str:
    """Warn a teacher who opened the app under an address that works on this computer alone; else empty.

    Args:
        host: Of the page's address.
        port: Of the page's address.
    """
    if host not in ("localhost", "127.0.0.1", "::1"):
        return ""
    example = "http://192.168.1.20" + (f":{port}" if port else "")
    return (
        f"Phones can't open this link: on a phone, {host} means the phone itself. Open the app under this "
        f"computer's address in the network, such as `{example}`, and open the room there."
    )


TEACHER_KEPT = (
    "Students join without an account, under nicknames that are drawn for them; nobody types a name. The app keeps "
    "nicknames, guesses and answers, settings on the class board and scores of homework, but no names, addresses, "
    "images or files. Pupils' guesses are personal data all the same: the room is deleted with everything in it after "
    f"{DAYS_KEPT} days, or at once when you press “Delete the room”."
)
