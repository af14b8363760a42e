"""Some images of a split with their masks, one per lesion, for comparing ways to explain."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.config import SEED, SOURCE_SIZE
from core.data.images import Image, preprocess, read_image
from core.data.masks import Mask, masks_folder, read_mask
from core.data.metadata import Dataset
from core.data.splits import shared_groups
from core.errors import UserError
from core.evaluation.leaderboard import load_scores
from core.explain.study.others import OTHERS
from core.stats import DRAWS, draw_weights
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
    order = np.random.default_rng(SEED).permutation(len(predicted.truth))
    _, first = np.unique(predicted.group[order], return_index=True)
    rows: list[int] = []
    found: list[tuple[Image, Mask]] = []
    for row in order[np.sort(first)]:
        name = str(predicted.image_id[row])
        if name not in dataset.images or len(rows) == images:
            continue
        try:
            image = read_image(dataset.images[name])
            found.append((preprocess(image, SOURCE_SIZE), read_mask(masks, name, (image.shape[0], image.shape[1]))))
        except UserError:
            continue
        rows.append(int(row))
    if len(rows) <= OTHERS:
        raise UserError(
            f"{dataset.folder} has too few {split} images with masks to compare methods; fetch all of them."
        )
    at = np.array(rows)
    lesion = shared_groups(predicted.image_id[at], predicted.group[at])
    weights = draw_weights(lesion, DRAWS, SEED).astype(np.float64)
    names = [str(name) for name in predicted.image_id[at]]
    shown, lesions = zip(*found, strict=True)
    answers = predicted.probabilities[at].argmax(axis=1)
    return Sample(names, predicted.group[at], predicted.truth[at], answers, np.stack(shown), list(lesions), weights)


def resized(images: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize images as a model's input: (n, *size, 3)."""
    return np.stack([preprocess(image, size) for image in images])
