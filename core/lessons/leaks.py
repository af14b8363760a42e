"""The lesson's steps on leaks: one lesion in training and test, and resampling before splitting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.lessons.imbalance import CLASSIFIERS
from core.lessons.measures import gap, honest, images, measured, setting
from core.lessons.step import Answer, Check, Control, Figure, Notes, SliderGuess, Step, Variant

if TYPE_CHECKING:
    from core.lab.experiment import LabResult

SCORE = "balanced_accuracy"


def _leak(results: list[LabResult], _: str) -> list[Figure]:
    """Balanced accuracy that a wrong protocol reports, the honest one, and their difference."""
    result = results[0]
    wrong = measured("score", "wrong", result, SCORE)
    return [
        Figure("truth", "wrong", wrong.value, wrong.low, wrong.high, wrong.images),
        honest("score", "honest", result, SCORE), wrong, gap("gap", SCORE, result.gaps, SCORE, images(result)),
    ]  # fmt: skip


SAME_LESION = Step(
    "same_lesion", "The same lesion twice", 7,
    "Many lesions have several images. Now images are divided at random, so a lesion can be in training and in "
    "the test. What balanced accuracy does this test report?",
    SliderGuess(0, 100, 1),
    Check(
        "Why can the score rise when a lesion is in both parts?",
        (
            Answer("easier", "The test images are of better quality.",
                   "No. The honest score uses the same test images."),
            Answer("more", "It has more training images.",
                   "No. The honest classifier had equally many training images of each diagnosis."),
            Answer("recognise", "The classifier recognizes the lesion instead of the diagnosis.",
                   "Right. A new patient's lesion was never seen before, so this doesn't help in practice."),
        ), "recognise",
    ),
    Notes(
        "Students can explain why all images of a lesion, or of a patient, must stay in one part of the data.",
        "A random split is always a fair split.",
        "Let the class change the classifier: one that memorizes its training images gains most from the leak.",
    ),
    "HAM10000, test split by image; rare images copied in training; a small classifier on features from a pretrained "
    "network, trained on equally many images in both cases",
    Control("Classifier", tuple(
        Variant(name, CLASSIFIERS[name], (setting("random_over", name, "image_split"),))
        for name in ("knn", "logistic", "mlp")
    )), _leak, (setting("random_over", "knn", "image_split"),),
)  # fmt: skip

STRATEGIES = {"random_over": "Copies", "smote": "SMOTE", "none": "No resampling"}
RESAMPLE_FIRST = Step(
    "resample_first", "Copy first, split later", 6,
    "Someone copies the images of rare diagnoses first and splits the data into training and test afterwards. "
    "What balanced accuracy does this test report?",
    SliderGuess(0, 100, 1),
    Check(
        "In which order should it be done?",
        (
            Answer("split", "Split first, then copy within the training part",
                   "Right. Then no copy of a test image can get into training."),
            Answer("copy", "Copy first, then split at random",
                   "No. The copies of one image end up in both parts, so the test contains images from training."),
            Answer("both", "Copy first, and remove the copies from the test",
                   "No. The originals in the test still have their copies in training."),
        ), "split",
    ),
    Notes(
        "Students can find the mistake in a data pipeline that resamples before it splits.",
        "Balancing is preparation, so it comes first.",
        "Vandewiele et al. 2021 (doi:10.1016/j.artmed.2020.101987) found this mistake in published work. "
        "It is like an exam whose questions were in the exercise sheet.",
    ),
    "HAM10000, random split after resampling, tested on originals; nearest neighbours on features from a pretrained "
    "network, trained on equally many images in both cases",
    Control("Before the split", tuple(
        Variant(name, text, (setting(name, "knn", "before_split"),)) for name, text in STRATEGIES.items()
    )), _leak, (setting("random_over", "knn", "before_split"),),
)  # fmt: skip
