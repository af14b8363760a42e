"""The lesson's last step: what more images of a rare diagnosis buy, against SMOTE."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.config import SEED, TRAINED_MODELS
from core.labels import DX
from core.lessons.imbalance import SHORT
from core.lessons.measures import setting
from core.lessons.step import Answer, Check, Control, Figure, Notes, Option, OptionsGuess, Step, Variant
from core.stats import DRAWS, draw_weights, interval, ratio
from core.store.names import MILK10K_PREDICTIONS, PREDICTIONS

if TYPE_CHECKING:
    from core.lab.experiment import LabResult
    from core.store.predictions import Scores

WITHOUT, WITH = "efficientnet_lite0_full", "efficientnet_lite0_milk10k"
"""One recipe, trained without and with MILK10k."""
TESTS = {"home": PREDICTIONS, "away": MILK10K_PREDICTIONS}
RARE = ("akiec", "bcc", "bkl", "mel", "nv")
"""Diagnoses with enough test images in both datasets."""


def _recall_gap(series: str, x: str, after: Scores, before: Scores, dx: str) -> Figure:
    """By how much the share of found images of a diagnosis rises, on the same lesions."""
    from core.evaluation.metrics import decide

    order = np.argsort(after.image_id), np.argsort(before.image_id)
    hits = [
        decide(each.probabilities, each.prior, "balanced")[rows] == DX.index(dx)
        for each, rows in zip((after, before), order, strict=True)
    ]
    own = after.truth[order[0]] == DX.index(dx)
    weights = draw_weights(after.group[order[0]], DRAWS, SEED)[own].astype(np.float64)
    change = hits[0][own].astype(float) - hits[1][own]
    draws = ratio(change @ weights, weights.sum(axis=0))
    return Figure(series, x, float(change.mean()), *interval(draws), int(own.sum()))


def _more(results: list[LabResult], variant: str) -> list[Figure]:
    """What MILK10k adds to a diagnosis' recall on both tests, and what SMOTE adds to a moved threshold in the lab."""
    from core.store.card import read_card
    from core.store.predictions import read_predictions, scores

    gaps = []
    for x, file in TESTS.items():
        pair = [
            scores(read_predictions(TRAINED_MODELS / name / file), "test", read_card(TRAINED_MODELS / name).prior)
            for name in (WITH, WITHOUT)
        ]
        gaps.append(_recall_gap("gap", x, pair[0], pair[1], variant))
    moved, smote = results
    gaps.append(_recall_gap("gap", "smote", smote.own.raw, moved.own.raw, variant))
    clear = [each.x for each in gaps[:2] if each.low > 0]
    key = "both" if len(clear) == len(TESTS) else clear[0] if clear else "nowhere"
    extra = [read_card(TRAINED_MODELS / name).training for name in (WITH, WITHOUT)]
    rows = [each.rows.get(variant, 0) if each and each.rows else 0 for each in extra]
    away = gaps[1]
    return [
        Figure("truth", key, away.value, away.low, away.high, away.images), *gaps,
        Figure("training", "with", float(rows[0]), images=rows[0]),
        Figure("training", "without", float(rows[1]), images=rows[1]),
    ]  # fmt: skip


MORE_IMAGES = Step(
    "more_images", "More images instead", 6,
    "The dataset MILK10k adds images from other clinics, also of actinic keratosis, which can turn into skin cancer. "
    "Now a network is trained on these, too. In which test does it then find clearly more actinic keratoses?",
    OptionsGuess((
        Option("home", "Only in HAM10000's own test"), Option("away", "Only in images from other clinics"),
        Option("both", "In both"), Option("nowhere", "In neither of them"),
    )),
    Check(
        "A model will be used in another hospital. What helps most to find out how good it will be there?",
        (
            Answer("smote", "Training with SMOTE",
                   "No. SMOTE mixes the images of the old clinic; it adds nothing from the new one."),
            Answer("test", "A test with images from that hospital",
                   "Right. Other devices, skin and diagnoses change a score; only such a test shows it."),
            Answer("accuracy", "A higher accuracy in the old test",
                   "No. A score is about images like those in the test, not about other ones."),
        ), "test",
    ),
    Notes(
        "Students can compare new data with resampling, and know that a test speaks for images like its own.",
        "More data helps everywhere; resampling is a cheap substitute for it.",
        "Look at the length of the intervals first. Then ask what would have to be collected to be sure.",
    ),
    "HAM10000 and MILK10k, test splits; the same network trained with and without MILK10k; last row: a small "
    "classifier with SMOTE, compared with a moved threshold",
    Control("Diagnosis", tuple(Variant(dx, SHORT[dx]) for dx in RARE)), _more,
    (setting("logit_adjustment"), setting("smote")),
)  # fmt: skip
