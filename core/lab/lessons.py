"""The guided lesson: six steps, each a preset of the lab's controls, a question, and an answer from what just ran."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.errors import UserError
from core.lab.experiment import Result, Setting
from core.lab.measures import compare, draw_measures
from core.labels import DX, NAMES


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        title: A few words.
        question: What to think about before looking.
        settings: What is run, one or two.
        answer: Says in Markdown what came out; takes the results in the order of `settings`.
    """

    title: str
    question: str
    settings: tuple[Setting, ...]
    answer: Callable[[list[Result]], str]


def _value(result: Result, measure: str) -> float:
    return float(result.measures.set_index("measure")["value"][measure])


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]


def _gap(results: list[Result], measure: str) -> str:
    """How far the second result is above the first, paired by lesion."""
    first, second = (draw_measures(result.own) for result in results)
    row = compare({"flattered": second, "honest": first}).set_index("measure").loc[measure]
    told = "" if row["low"] > 0 or row["high"] < 0 else ", which cannot be told from 0"
    return f"{row['gap']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]{told}"


def _nothing(results: list[Result]) -> str:
    truth = results[0].own.said.truth
    shares = np.bincount(truth, minlength=len(DX)) / len(truth)
    most = DX[int(shares.argmax())]
    recall = results[0].classes.set_index("dx")["recall"]
    worst = str(recall.idxmin())
    return (
        f"Whoever always says {_lower(NAMES[most])} is right for **{shares.max():.0%}** of the test pictures, and has "
        f"a balanced accuracy of **{1 / len(DX):.2f}**: the mean of one recall of 1 and six of 0. The trained "
        f"classifier has an accuracy of {_value(results[0], 'accuracy'):.2f} and a balanced accuracy of "
        f"{_value(results[0], 'balanced_accuracy'):.2f}; of {_lower(NAMES[worst])} it finds {recall[worst]:.0%}."
    )


def _level(results: list[Result]) -> str:
    copies = int(results[1].own.counts["copies"].sum())
    return (
        f"{copies:,} copies change balanced accuracy by **{_gap(results, 'balanced_accuracy')}**, accuracy by "
        f"{_gap(results, 'accuracy')} and melanoma sensitivity by {_gap(results, 'melanoma_sensitivity')}. No picture "
        "is new: the classifier has been told to care, not shown more."
    )


def _calibration(results: list[Result]) -> str:
    none, smote = results
    return (
        f"The calibration error rises from {_value(none, 'ece_raw'):.3f} to **{_value(smote, 'ece_raw'):.3f}**: the "
        "classifier learned that all seven diagnoses are equally frequent, and they are not. Multiplying each "
        f"probability by its class's natural share over its share in training brings it to "
        f"**{_value(smote, 'ece'):.3f}**, and the Brier score from {_value(smote, 'brier_raw'):.3f} to "
        f"{_value(smote, 'brier'):.3f} (none: {_value(none, 'brier_raw'):.3f})."
    )


def _wrong(results: list[Result]) -> str:
    row = results[0].gaps.set_index("measure").loc["balanced_accuracy"]
    reported = results[0].reported
    text = (
        f" On all rows of its own test side it would even report {reported['balanced_accuracy']:.3f}."
        if reported
        else ""
    )
    told = "" if row["low"] > 0 or row["high"] < 0 else ", which cannot be told from 0"
    return (
        f"The wrong way reports a balanced accuracy of **{row['flattered']:.3f}**; on the same test pictures the "
        f"honest way gives **{row['honest']:.3f}**: {row['gap']:+.3f} [{row['low']:+.3f}, "
        f"{row['high']:+.3f}]{told}.{text}"
    )


def _threshold(results: list[Result]) -> str:
    over, moved = results
    score, error = "balanced_accuracy", "ece_raw"
    return (
        f"Threshold moving has a balanced accuracy of **{_value(moved, score):.3f}**, random over-sampling "
        f"{_value(over, score):.3f} (difference {_gap(results, score)}). Its probabilities stay as they were: "
        f"calibration error **{_value(moved, error):.3f}** against {_value(over, error):.3f}, and no row was resampled."
    )


STEPS = (
    Step(
        "99 % of nothing is still nothing",
        "How often is a classifier right that always says the same, and what does balanced accuracy make of it?",
        (Setting(),), _nothing,
    ),
    Step(
        "Show the rare ones more often",
        "Every diagnosis is copied until all are as large as the largest. What is gained, and what is paid?",
        (Setting(), Setting("random_over")), _level,
    ),
    Step(
        "What do the probabilities say now?",
        "SMOTE levels the classes with synthetic rows. If the classifier then says 80 %, is it right that often?",
        (Setting(), Setting("smote")), _calibration,
    ),
    Step(
        "Resample first, split later",
        "The same copies, made before the split: what stands in the test side, and what would you report?",
        (Setting("random_over", "knn", "before_split"),), _wrong,
    ),
    Step(
        "The lesion that stands on both sides",
        "Nothing is resampled; only the split is drawn over pictures, not lesions. How much does that flatter?",
        (Setting("none", "knn", "image_split"),), _wrong,
    ),
    Step(
        "Tune the threshold instead",
        "Can the decision be moved without touching the training rows, and what does it cost?",
        (Setting("random_over"), Setting("threshold")), _threshold,
    ),
)  # fmt: skip


def get_step(number: int) -> Step:
    """A step by its number, from 1.

    Raises:
        UserError: There is no such step.
    """
    if not 1 <= number <= len(STEPS):
        raise UserError(f"The lesson has steps 1 to {len(STEPS)}, not {number}.")
    return STEPS[number - 1]
