"""The lesson's steps on probabilities: reliability after SMOTE, and moving the threshold instead."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from core.lessons.imbalance import LAB
from core.lessons.measures import images, measured, setting, share
from core.lessons.step import Answer, Check, Control, Figure, Notes, SliderGuess, Step, Variant

if TYPE_CHECKING:
    from core.lab.experiment import LabResult
    from core.store.predictions import Scores

EDGES = (0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95, 1.0)
"""Bins of the largest probability: ten points wide, so that 80% lies in the middle of one."""
FEWEST = 20
"""A bin with fewer images isn't shown."""


def _curve(series: str, scores: Scores) -> list[Figure]:
    """Share of right answers by the largest probability; x is a bin's mean probability in percent."""
    top = scores.probabilities.max(axis=1)
    right = scores.probabilities.argmax(axis=1) == scores.truth
    found = []
    for low, high in pairwise(EDGES):
        inside = (top >= low) & (top < high if high < 1 else top <= 1)
        if inside.sum() >= FEWEST:
            each = share(right, scores.group, inside)
            mean = f"{100 * float(top[inside].mean()):.1f}"
            found.append(Figure(series, mean, each.value, each.low, each.high, int(inside.sum())))
    return found


def _about_80(scores: Scores) -> Figure:
    top = scores.probabilities.max(axis=1)
    inside = (top >= EDGES[6]) & (top < EDGES[7])
    found = share(scores.probabilities.argmax(axis=1) == scores.truth, scores.group, inside)
    return Figure("truth", "80", found.value, found.low, found.high, int(inside.sum()))


def _reliability(results: list[LabResult], variant: str) -> list[Figure]:
    none, smote = results
    scores = {"smote": smote.own.raw, "corrected": smote.own.corrected, "none": none.own.raw}[variant]
    return [_about_80(scores), *_curve("curve", scores)]


RELIABILITY = Step(
    "reliability", "80% sure: how often right?", 8,
    "A classifier was trained with SMOTE, so that all seven diagnoses are equally frequent. For some test images it is "
    "about 80% sure. For what percentage of these is it right?",
    SliderGuess(0, 100, 1),
    Check(
        "A weather service is well calibrated. What does “80% chance of rain” then mean?",
        (
            Answer("certain", "It will rain, because 80% is more than half.",
                   "No. On about two of ten such days, it stays dry."),
            Answer("often", "Of ten such days, it rains on about eight.",
                   "Right. Calibrated means: right as often as the probability says."),
            Answer("accurate", "The service is right on about 80% of all days.",
                   "No. That would be its accuracy over all days; calibration looks at the days with this forecast."),
        ), "often",
    ),
    Notes(
        "Students can read a reliability curve, and know that balancing the classes distorts probabilities.",
        "A model that gives 80% is right in 80% of cases.",
        "The classifier learned that all diagnoses are equally frequent. In the test they aren't. That is only a part "
        "of the reason: correcting for the real shares repairs little; switch between the three curves. SMOTE's points "
        "lie close to known images, which may also make the classifier too sure.",
    ),
    LAB, Control("Probabilities of", (
        Variant("smote", "SMOTE, as trained"), Variant("corrected", "SMOTE, corrected for the real shares"),
        Variant("none", "No resampling"),
    )), _reliability, (setting("none"), setting("smote")),
)  # fmt: skip


def _threshold(results: list[LabResult], _: str) -> list[Figure]:
    """Balanced accuracy and calibration error of no resampling, of copies, and of a moved threshold."""
    names = ("none", "copies", "moved")
    score = [measured("score", x, each, "balanced_accuracy") for x, each in zip(names, results, strict=True)]
    error = [measured("error", x, each, "calibration_error_raw") for x, each in zip(names, results, strict=True)]
    moved = score[-1]
    return [Figure("truth", "moved", moved.value, moved.low, moved.high, images(results[-1])), *score, *error]


THRESHOLD = Step(
    "threshold", "Move the threshold instead", 7,
    "Nothing is copied now. Instead, a rare diagnosis gets a lower threshold: a small probability is enough. "
    "What balanced accuracy does this reach?",
    SliderGuess(0, 100, 1),
    Check(
        "What is the advantage of moving the threshold over copying images?",
        (
            Answer("data", "The classifier gets more data.",
                   "No. It learns from the same images, each used once."),
            Answer("honest", "The probabilities stay as they were.",
                   "Right. Only the decision changes, so 80% still means what it meant before."),
            Answer("accuracy", "Accuracy is sure to rise.",
                   "No. Rare diagnoses win more often, which costs right answers on nevi, as copies do."),
        ), "honest",
    ),
    Notes(
        "Students can separate two questions: how probable is a diagnosis, and from which probability do we act?",
        "To find rare diagnoses, the training data must be balanced.",
        "Compare both charts: the scores are alike, but only the copies made the probabilities worse.",
    ),
    f"{LAB}; in the lab this is “Logit adjustment”, not “Threshold moving”, which is tuned on the "
    "validation split", Control("How far the threshold is moved", tuple(
        Variant(key, text, (setting("none"), setting("random_over"), setting("logit_adjustment", strength=float(key))))
        for key, text in {"1": "All the way", "0.75": "Three quarters", "0.5": "Half way", "0.25": "A quarter"}.items()
    )), _threshold, (setting("none"), setting("random_over"), setting("logit_adjustment")),
)  # fmt: skip
