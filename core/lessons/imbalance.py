"""The lesson's steps on class imbalance: a useless model with a high accuracy, rare diagnoses, copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.config import TRAINED_MODELS
from core.labels import DX, NAMES
from core.lessons.measures import cells, direction, gap, images, measured, setting, share
from core.lessons.step import (
    Answer,
    Check,
    Control,
    Figure,
    Notes,
    Option,
    OptionsGuess,
    SliderGuess,
    Step,
    Variant,
)  # fmt: skip

if TYPE_CHECKING:
    from core.lab.experiment import LabResult

TEST = "HAM10000, test split by lesion"
LAB = f"{TEST}; a small classifier on features from a pretrained network"
SHORT = {dx: name.split(" /")[0] for dx, name in NAMES.items()}
"""Diagnoses short enough for a button."""
NETWORKS = {
    "efficientnet_lite0": "EfficientNet-Lite0", "efficientnet_lite2": "EfficientNet-Lite2",
    "custom_cnn": "Custom CNN", "baseline_cnn": "Baseline CNN",
}  # fmt: skip
CLASSIFIERS = {
    "logistic": "Logistic regression", "mlp": "Small neural network", "knn": "Nearest neighbours",
    "boosting": "Gradient boosting",
}  # fmt: skip


def _always(_: list[LabResult], variant: str) -> list[Figure]:
    """Accuracy and balanced accuracy of a model that always predicts one diagnosis."""
    from core.lab.embeddings import load_embeddings

    data = load_embeddings()
    rows = data.rows_of("test")
    found = share(data.labels[rows] == DX.index(variant), data.shown[rows])
    balanced = 1 / len(np.unique(data.labels[rows]))
    return [
        Figure("truth", "accuracy", found.value, found.low, found.high, len(rows)),
        Figure("measures", "accuracy", found.value, found.low, found.high, len(rows)),
        Figure("measures", "balanced_accuracy", balanced, images=len(rows)),
    ]


ALWAYS_NEVUS = Step(
    "always_nevus", "Always say “nevus”", 5,
    "A model answers “nevus”, a harmless mole, for every image, without looking at any. "
    "For what percentage of the test images is that right?",
    SliderGuess(0, 100, 1),
    Check(
        "This model finds every nevus. For each of the seven diagnoses, take the share of its images that the model "
        "recognizes: their mean is the balanced accuracy. "
        "Why is it only one seventh here?",
        (
            Answer("training", "It was trained on too few images.",
                   "No. It wasn't trained at all, and more images wouldn't change its answer."),
            Answer("mean", "It never finds the six other diagnoses.",
                   "Right. Balanced accuracy is the mean over seven diagnoses: 100% for one of them, 0% for six."),
            Answer("luck", "The test has too few images.",
                   "No. With ten times as many images, the six other diagnoses would still never be found."),
        ), "mean",
    ),
    Notes(
        "Students can explain why accuracy says little when one class is much larger than the others.",
        "A high accuracy means that a model is useful.",
        "Ask what the model would do with a melanoma. Then compute balanced accuracy together on the board.",
    ),
    TEST, Control("The model always answers", tuple(
        Variant(dx, SHORT[dx]) for dx in ("nv", *(dx for dx in DX if dx != "nv"))
    )), _always,
)  # fmt: skip


def _weakest(results: list[LabResult], variant: str) -> list[Figure]:
    """Recall of each diagnosis, the diagnosis with the lowest, and the number of training images."""
    table, counts = _live(results[0]) if results else _network(variant)
    rows = table.set_index("dx")
    recalls = [
        Figure("recall", str(dx), *cells(row, "recall", "recall_low", "recall_high"), int(row["images"]))
        for dx, row in rows.iterrows()
    ]
    worst = min(recalls, key=lambda each: each.value)
    training = [Figure("training", dx, float(counts[dx]), images=int(counts[dx])) for dx in DX]
    return [Figure("truth", worst.x, worst.value, worst.low, worst.high, worst.images), *recalls, *training]


def _live(result: LabResult) -> tuple[pd.DataFrame, Mapping[str, float]]:
    return result.classes, {dx: float(result.own.counts["before"][dx]) for dx in DX}


def _network(name: str) -> tuple[pd.DataFrame, Mapping[str, float]]:
    from core.evaluation.bootstrap import report
    from core.evaluation.leaderboard import load_scores
    from core.store.card import read_card

    folder = TRAINED_MODELS / name
    return report(load_scores(folder, "test"), "balanced"), read_card(folder).data.train_counts


WEAKEST = Step(
    "weakest", "The weakest diagnosis", 6,
    "A network was trained on all seven diagnoses. The chart shows how many training images each one has. "
    "Of which diagnosis does the network find the smallest share?",
    OptionsGuess(tuple(Option(dx, SHORT[dx]) for dx in DX)),
    Check(
        "Which number shows that a model misses a diagnosis?",
        (
            Answer("precision", "Its precision",
                   "No. Precision is about the images that got this answer, not about those that should have got it."),
            Answer("accuracy", "The accuracy",
                   "No. Accuracy adds up all images, so the many nevi hide what happens to a rare diagnosis."),
            Answer("recall", "Its recall", "Right. Recall is the share of a diagnosis's images that the model finds."),
        ), "recall",
    ),
    Notes(
        "Students can read recall by diagnosis, and see that the number of images isn't the only thing that counts.",
        "The rarest diagnosis is always the hardest.",
        "Compare the dots with the number of training images. What makes a vascular lesion easy to recognize?",
    ),
    f"{TEST}; networks trained on the training split, and one classifier trained now; probabilities divided by how "
    "common each diagnosis is",
    Control("Model", (
        *(Variant(name, text) for name, text in NETWORKS.items()),
        Variant("mlp", "Small neural network, trained now", (setting("logit_adjustment", "mlp"),)),
    )), _weakest,
)  # fmt: skip


def _copies(results: list[LabResult], _: str) -> list[Figure]:
    """Accuracy and balanced accuracy without and with copies, and their differences."""
    from core.lab.measures import compare, draw_measures

    before, after = results
    rows = compare({"inflated": draw_measures(after.own), "honest": draw_measures(before.own)})
    found = []
    for measure in ("accuracy", "balanced_accuracy"):
        found += [measured("before", measure, before, measure), measured("after", measure, after, measure)]
        found.append(gap("gap", measure, rows, measure, images(after)))
    change = next(each for each in found if each.series == "gap")
    key = direction(change.low, change.high)
    copies = int(after.own.counts["copies"].sum())
    truth = Figure("truth", key, change.value, change.low, change.high, change.images)
    return [truth, *found, Figure("copies", "all", float(copies), images=copies)]


STRENGTHS = {"1": "All the way", "0.75": "Three quarters", "0.5": "Half way", "0.25": "A quarter"}
COPIES = Step(
    "copies", "Show rare images again", 6,
    "A simpler classifier is trained twice: as it is, and with images of rare diagnoses copied until all seven are "
    "equally frequent. "
    "What happens to accuracy, the share of right answers?",
    OptionsGuess((Option("up", "It rises"), Option("same", "It stays the same"), Option("down", "It falls"))),
    Check(
        "What do the copies change?",
        (
            Answer("weight", "How much a mistake on a rare diagnosis counts",
                   "Right. If an image is used twenty times, a mistake on it counts twenty times."),
            Answer("knowledge", "How much the model knows about rare diagnoses",
                   "No. A copy shows nothing that the original didn't show."),
            Answer("test", "How difficult the test is",
                   "No. Only training images are copied; the test images stay as they are."),
        ), "weight",
    ),
    Notes(
        "Students can explain that copies trade right answers on common diagnoses for right answers on rare ones.",
        "Balancing the classes makes a model better in every respect.",
        "Ask who pays for the rise in balanced accuracy: the nevi, which are now taken for something else.",
    ),
    LAB, Control("How far the classes are balanced", tuple(
        Variant(key, text, (setting("none"), setting("random_over", strength=float(key))))
        for key, text in STRENGTHS.items()
    )), _copies, (setting("none"), setting("random_over")),
)  # fmt: skip
