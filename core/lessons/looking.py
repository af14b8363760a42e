"""The lesson's steps on what a network looks at: heatmaps of two images, and an image that isn't skin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.config import SEED, TRAINED_MODELS
from core.labels import DX
from core.lessons.imbalance import NETWORKS
from core.lessons.step import Answer, Check, Control, Figure, Notes, SliderGuess, Step, Variant

if TYPE_CHECKING:
    from core.data.images import Image
    from core.lab.experiment import LabResult

CLASSIFIER = "efficientnet_lite0"
CAT = Path(__file__).resolve().parent / "cat.jpg"
"""Chelsea the cat, photographed by Stefan van der Walt, CC0; from scikit-image's sample data, reduced."""


def _alike(_: list[LabResult], variant: str) -> list[Figure]:
    """Rank correlation of the heatmaps of two different images, from the network's committed checks."""
    from core.store.model_tables import CAM_CHECKS, read_table

    table = read_table(TRAINED_MODELS / variant, CAM_CHECKS)
    row = table[(table["check"] == "randomisation") & (table["series"] == "another image")].iloc[0]
    figure = (float(row["value"]), float(row["low"]), float(row["high"]), int(row["images"]))
    return [Figure("truth", variant, *figure)]


HEATMAP = Step(
    "heatmap", "A heatmap of another image", 6,
    "A heatmap is meant to mark what a network's prediction depends on. How alike are the heatmaps of two "
    "different lesions, from 0 (nothing in common) to 1 (the same)?",
    SliderGuess(0, 1, 0.05, ""),
    Check(
        "The heatmap of a new image lies on the lesion. What does that prove?",
        (
            Answer("looks", "The network recognized the lesion by its structure.",
                   "No. A heatmap shows where, not what; and it may lie there for any image."),
            Answer("little", "Little: most lesions are in the middle, so any heatmap that is hot there fits.",
                   "Right. Compare with a heatmap of another image, or with a plain spot in the middle."),
            Answer("right", "The diagnosis is right.",
                   "No. Heatmaps of wrong predictions lie on the lesion, too."),
        ), "little",
    ),
    Notes(
        "Students can name a comparison that a heatmap needs before it counts as an explanation.",
        "A heatmap on the lesion shows that the network thinks like a doctor.",
        "Change the network: two of them draw heatmaps that are much alike for different images, the other two don't.",
    ),
    "HAM10000, test split by lesion; rank correlation of Grad-CAM heatmaps of two images",
    Control("Network", tuple(Variant(name, text) for name, text in NETWORKS.items())), _alike,
)  # fmt: skip


def example_image(variant: str) -> Image:
    """The image of a variant of the cat step: a photo, a synthetic lesion, or drawn.

    Example:
        >>> example_image("lesion").shape[2]
        3
    """
    if variant == "lesion":
        from core.synthetic.lesions import sample_lesion

        return sample_lesion("nv", 1).image
    if variant == "noise":
        return np.random.default_rng(SEED).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    if variant == "plain":
        return np.full((300, 400, 3), (224, 172, 105), np.uint8)
    from core.data.images import read_image

    return read_image(CAT)


def _unknown(_: list[LabResult], variant: str) -> list[Figure]:
    """Probabilities of the seven diagnoses with their range over the flips, the largest, and the check's score."""
    from core.inference.pipeline import Pipeline

    found = Pipeline.load(CLASSIFIER).predict(example_image(variant))
    top = found.flip_range(found.top)
    probabilities = [
        Figure("probability", dx, each.value, each.low, each.high, 1)
        for dx, each in ((dx, found.flip_range(dx)) for dx in DX)
    ]
    score = float("nan") if found.ood_score is None else found.ood_score
    refused = bool(found.warnings)
    return [
        Figure("truth", found.top, top.value, top.low, top.high, 1), *probabilities,
        Figure("check", "score", score, images=1), Figure("check", "refused", float(refused), images=1),
    ]  # fmt: skip


CAT_STEP = Step(
    "cat", "A cat", 5,
    "The classifier knows seven skin diagnoses and nothing else. It gets the photo of a cat. "
    "How sure is it of its answer?",
    SliderGuess(0, 100, 1),
    Check(
        "Why doesn't the classifier answer “this is a cat”?",
        (
            Answer("sharp", "The photo isn't sharp enough.",
                   "No. A sharper photo would still have to be one of seven diagnoses."),
            Answer("bad", "It is badly trained.",
                   "No. The best classifier of seven diagnoses has no answer for a cat either."),
            Answer("seven", "Its seven probabilities always add up to 100%.",
                   "Right. One of the seven must win, so a check has to refuse the image beforehand."),
        ), "seven",
    ),
    Notes(
        "Students know that a classifier answers every question, and that an image check must come before it.",
        "A model notices when it doesn't know something.",
        "Try the other images. Which of them would you have refused?",
    ),
    "One image; the interval is the range over it and its three flips",
    Control("Image", (
        Variant("cat", "A cat"), Variant("lesion", "A synthetic nevus"), Variant("plain", "A plain colour"),
        Variant("noise", "Noise"),
    )), _unknown,
)  # fmt: skip
