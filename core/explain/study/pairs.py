"""Images with their lesion masks, and where lesions usually are."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from core.config import SEED
from core.data.images import Image, read_image
from core.data.masks import Mask, read_mask
from core.data.metadata import Dataset
from core.data.splits import load_splits
from core.errors import UserError
from core.evaluation.leaderboard import load_scores
from core.explain.localization import fit_center
from core.store.heatmap_facts import Center

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


def speed_sample(folder: Path, dataset: Dataset) -> list[Image]:
    """Read some test images, drawn at random."""
    names = [name for name in load_scores(folder, "test").image_id.tolist() if name in dataset.images]
    names = np.random.default_rng(SEED).permutation(names)[:SPEED_IMAGES].tolist()
    return [read_image(dataset.images[name]) for name in names]
