"""The guided lesson: six steps, each with settings of the lab, a question, and an answer computed from the results."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.errors import UserError
from core.lab.experiment import Result, Setting
from core.lab.measures import compare, draw_measures
from core.labels import DX
from core.resampling.spec import ResamplingSpec
from dashboard.text.format import change, percent
from dashboard.text.phrases import PLURALS, inside


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        title: A few words.
        question: What to think about before looking at the answer.
        settings: What is run, one or two.
        answer: Writes the answer in Markdown from the results, in the order of `settings`.
    """

    title: str
    question: str
    settings: tuple[Setting, ...]
    answer: Callable[[list[Result]], str]


def _value(result: Result, measure: str) -> float:
    return float(result.measures.set_index("measure")["value"][measure])


def _unclear(low: float, high: float) -> str:
    return "" if low > 0 or high < 0 else ", no clear difference"


def _gap(results: list[Result], measure: str) -> str:
    """Return how far the second result is above the first, paired by lesion."""
    first, second = (draw_measures(result.own) for result in results)
    row = compare({"inflated": second, "honest": first}).set_index("measure").loc[measure]
    return change(row["gap"], row["low"], row["high"]) + _unclear(row["low"], row["high"])


def _accuracy(results: list[Result]) -> str:
    truth = results[0].own.raw.truth
    shares = np.bincount(truth, minlength=len(DX)) / len(truth)
    most = DX[int(shares.argmax())]
    recall = results[0].classes.set_index("dx")["recall"]
    worst = str(recall.idxmin())
    return (
        f"A model that always predicts “{inside(most)}” is right for **{shares.max():.0%}** of the test images, but "
        f"its balanced accuracy is only **{1 / len(DX):.2f}**: the mean of one recall of 1 and six of 0. The trained "
        f"classifier has an accuracy of {_value(results[0], 'accuracy'):.2f} and a balanced accuracy of "
        f"{_value(results[0], 'balanced_accuracy'):.2f}. It finds {percent(recall[worst])} of the {PLURALS[worst]}."
    )


def _copies(results: list[Result]) -> str:
    copies = int(results[1].own.counts["copies"].sum())
    return (
        f"{copies:,} copies change balanced accuracy by **{_gap(results, 'balanced_accuracy')}**, accuracy by "
        f"{_gap(results, 'accuracy')} and melanoma sensitivity by {_gap(results, 'melanoma_sensitivity')}. None of the "
        "images is new: the classifier pays more attention to rare classes, but learns nothing new about them."
    )


def _calibration(results: list[Result]) -> str:
    none, smote = results
    before, after = (_value(each, "calibration_error_raw") for each in results)
    return (
        f"The calibration error changes from {before:.3f} to **{after:.3f}**, "
        "because the classifier learned that all seven classes are equally frequent, and they are not. Multiplying "
        "each probability by the natural share of its class, divided by its share in training, brings the error to "
        f"**{_value(smote, 'calibration_error'):.3f}** and the Brier score from {_value(smote, 'brier_raw'):.3f} to "
        f"{_value(smote, 'brier'):.3f} (no resampling: {_value(none, 'brier_raw'):.3f})."
    )


def _wrong(results: list[Result]) -> str:
    row = results[0].gaps.set_index("measure").loc["balanced_accuracy"]
    reported = results[0].reported
    text = (
        f" On all its own test rows, including copies, it would even report {reported['balanced_accuracy']:.3f}."
        if reported
        else ""
    )
    gap = change(row["gap"], row["low"], row["high"])
    return (
        f"The wrong protocol reports a balanced accuracy of **{row['inflated']:.3f}**. On the same test images, an "
        f"honest one gives **{row['honest']:.3f}** (difference {gap}{_unclear(row['low'], row['high'])}).{text}"
    )


def _threshold(results: list[Result]) -> str:
    over, moved = results
    score, error = "balanced_accuracy", "calibration_error_raw"
    return (
        f"Threshold moving has a balanced accuracy of **{_value(moved, score):.3f}**, random over-sampling "
        f"{_value(over, score):.3f} (difference {_gap(results, score)}). Its probabilities stay as they were, with a "
        f"calibration error of **{_value(moved, error):.3f}** instead of {_value(over, error):.3f}, and no row was "
        "resampled."
    )


def _setting(strategy: str = "none", classifier: str = "logistic", protocol: str = "right") -> Setting:
    return Setting(ResamplingSpec(strategy), classifier, protocol)


STEPS = (
    Step(
        "67% accurate, and useless",
        "How accurate is a model that always predicts the same class, and what is its balanced accuracy?",
        (_setting(),), _accuracy,
    ),
    Step(
        "Show rare classes more often",
        "Images of each class are repeated until all classes are equally large. What improves, and what gets worse?",
        (_setting(), _setting("random_over")), _copies,
    ),
    Step(
        "Can you still trust the probabilities?",
        "SMOTE balances the classes with synthetic rows. If the classifier then gives a probability of 80%, is it "
        "right in 80% of cases?",
        (_setting(), _setting("smote")), _calibration,
    ),
    Step(
        "Resample first, split later",
        "Now the copies are made before the split. What does the test split contain, and what score would you report?",
        (_setting("random_over", "knn", "before_split"),), _wrong,
    ),
    Step(
        "The same lesion in training and test",
        "Nothing is resampled, but the data is split by image, not by lesion. How much does that inflate the score?",
        (_setting("none", "knn", "image_split"),), _wrong,
    ),
    Step(
        "Move the threshold instead",
        "Can you favour rare classes without changing the training rows, and what does it cost?",
        (_setting("random_over"), _setting("threshold")), _threshold,
    ),
)  # fmt: skip


def get_step(number: int) -> Step:
    """Look up a step by its number, from 1.

    Raises:
        UserError: There is no such step.

    Example:
        >>> get_step(1).title
        '67% accurate, and useless'
    """
    if not 1 <= number <= len(STEPS):
        raise UserError(f"The lesson has steps 1 to {len(STEPS)}; there is no step {number}.")
    return STEPS[number - 1]
