"""Images with their lesion masks, and where lesions usually are."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from core.config import SEED, SOURCE_SIZE
from core.data.images import Image, preprocess, read_image
from core.data.masks import Mask, read_mask
from core.data.metadata import Dataset
from core.data.splits import load_splits
from core.errors import UserError
from core.evaluation.leaderboard import load_scores
from core.explain.localization import fit_center
from core.store.heatmap_facts import Center
from core.store.predictions import Scores

Pair = tuple[int, Image, Mask]

SPEED_IMAGES = 48
CENTER_MASKS = 1000
"""Number of training masks that the center prior is fitted on; its four numbers settle long before."""


def training_center(masks: Path) -> Center:
    """Fit the center prior on randomly drawn masks of training images; damaged ones are skipped.

    Raises:
        UserError: There is no mask.
    """
    splits = load_splits()
    train = splits.index[(splits["lesion"] == "train") & ~splits["near_duplicate"]].to_numpy(str)
    names = np.random.default_rng(SEED).permutation(train)
    return fit_center(islice(_masks(masks, names.tolist()), CENTER_MASKS))


def _masks(folder: Path, names: list[str]) -> Iterator[Mask]:
    for name in names:
        try:
            yield read_mask(folder, name)
        except UserError:
            continue


def read_pair(dataset: Dataset, masks: Path, image_id: str) -> tuple[Image, Mask]:
    """Read an image and its mask.

    Raises:
        UserError: One is missing or unreadable, or their sizes don't match.
    """
    if image_id not in dataset.images:
        raise UserError(f"{dataset.folder} lacks the image {image_id}; fetch all of it.")
    image = read_image(dataset.images[image_id])
    return image, read_mask(masks, image_id, (image.shape[0], image.shape[1]))


def one_a_lesion(predicted: Scores) -> list[int]:
    """Draw the rows of one image per lesion, in random order."""
    rows = np.random.default_rng(SEED).permutation(len(predicted.truth))
    _, first = np.unique(predicted.group[rows], return_index=True)
    return [int(row) for row in rows[np.sort(first)]]


def usable_pairs(
    predicted: Scores, rows: Sequence[int], dataset: Dataset, masks: Path, most: int | None = None
) -> Iterator[Pair]:
    """Read images at SOURCE_SIZE with their masks; missing or damaged ones are skipped.

    Args:
        predicted: Names the images.
        rows: Which of them, in this order.
        dataset: Where the images are.
        masks: Folder of the masks.
        most: Stop after this many.

    Yields:
        The row, its image and its mask.
    """
    found = 0
    for row in rows:
        if found == most:
            return
        try:
            image, mask = read_pair(dataset, masks, str(predicted.image_id[row]))
        except UserError:
            continue
        found += 1
        yield row, preprocess(image, SOURCE_SIZE), mask


def speed_sample(folder: Path, dataset: Dataset) -> list[Image]:
    """Read some test images, drawn at random."""
    names = [name for name in load_scores(folder, "test").image_id.tolist() if name in dataset.images]
    names = np.random.default_rng(SEED).permutation(names)[:SPEED_IMAGES].tolist()
    return [read_image(dataset.images[name]) for name in names]
