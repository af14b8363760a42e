"""Training rows: an image and the label it is trained with, right or wrong."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.training.recipes import Recipe


@dataclass(frozen=True)
class Rows:
    """Rows to train on.

    Attributes:
        image: (rows,) index of the image.
        label: (rows,) class index.
    """

    image: NDArray[np.int64]
    label: NDArray[np.int64]


def training_rows(recipe: Recipe, labels: NDArray[np.int64]) -> Rows:
    """Make the training rows of a recipe.

    SMOTE over one-hot metadata adds rows to every rarer class until all are as frequent as the most frequent one. A
    synthetic row has no image, so the notebook gave it the path of any training image ("smote_mismatched");
    "smote_matched" draws from the images of the row's own class instead.

    Args:
        recipe: Its `per_class`, `rows` and `seed` decide.
        labels: (n,) true class of each image.
    """
    rng = np.random.default_rng((recipe.seed, len(labels)))
    image = _at_most(labels, recipe.per_class, rng) if recipe.per_class else np.arange(len(labels))
    rows = Rows(image, labels[image])
    if recipe.rows == "images":
        return rows
    counts = np.bincount(rows.label)
    images, labeled = [rows.image], [rows.label]
    for index in np.flatnonzero(counts):
        own = rows.image[rows.label == index]
        extra = counts.max() - counts[index]
        images.append(rng.choice(own if recipe.rows == "smote_matched" else rows.image, extra))
        labeled.append(np.full(extra, index))
    return Rows(np.concatenate(images), np.concatenate(labeled))


def _at_most(labels: NDArray[np.int64], limit: int, rng: np.random.Generator) -> NDArray[np.int64]:
    shuffled = rng.permutation(len(labels))
    kept = [shuffled[labels[shuffled] == index][:limit] for index in np.unique(labels)]
    return np.sort(np.concatenate(kept))
