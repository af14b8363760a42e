"""Some images of a split with their masks, one per lesion, for comparing ways to explain."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data.images import preprocess
from core.data.masks import Mask, masks_folder
from core.data.metadata import Dataset
from core.errors import UserError
from core.evaluation.leaderboard import load_scores
from core.explain.study.others import OTHERS
from core.explain.study.pairs import one_a_lesion, usable_pairs
from core.explain.study.randomized import lesion_draws
from core.store.predictions import Scores

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """Some images of a split.

    Attributes:
        names: (n,) image_id.
        group: (n,) lesions.
        truth: (n,) class indices.
        classes: (n,) predicted class indices, which are explained.
        images: (n, *SOURCE_SIZE, 3).
        masks: (n,) lesions' masks.
        weights: (n, draws) of a bootstrap by lesion.
    """

    names: list[str]
    group: NDArray[np.int64]
    truth: NDArray[np.int64]
    classes: NDArray[np.int64]
    images: NDArray[np.uint8]
    masks: list[Mask]
    weights: Array


def draw_sample(folder: Path, dataset: Dataset, split: str, images: int) -> Sample:
    """Draw images at random, and read them with their masks; missing or damaged ones are skipped.

    Args:
        folder: trained_models/NAME, whose predictions are explained.
        dataset: HAM10000 with masks.
        split: "validation" or "test".
        images: At most this many.

    Raises:
        UserError: There are no masks, or too few images.
    """
    predicted: Scores = load_scores(folder, "validation" if split == "validation" else "test")
    masks = masks_folder(dataset)
    found = list(usable_pairs(predicted, one_a_lesion(predicted), dataset, masks, images))
    if len(found) <= OTHERS:
        raise UserError(
            f"{dataset.folder} has too few {split} images with masks to compare methods; fetch all of them."
        )
    rows, shown, lesions = zip(*found, strict=True)
    at = np.array(rows)
    weights = lesion_draws(predicted, found)
    names = [str(name) for name in predicted.image_id[at]]
    classes = predicted.probabilities[at].argmax(axis=1)
    return Sample(names, predicted.group[at], predicted.truth[at], classes, np.stack(shown), list(lesions), weights)


def resized(images: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize images as a model's input: (n, *size, 3)."""
    return np.stack([preprocess(image, size) for image in images])
