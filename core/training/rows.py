"""What one row of training is: a picture and the diagnosis that the network is told, right or wrong."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.training.recipes import Recipe


@dataclass(frozen=True)
class Rows:
    """Rows to learn from.

    Attributes:
        picture: (rows,) index of the picture shown.
        label: (rows,) class index told.
    """

    picture: NDArray[np.int64]
    label: NDArray[np.int64]


def training_rows(recipe: Recipe, labels: NDArray[np.int64]) -> Rows:
    """Rows that a recipe makes of pictures.

    SMOTE over one-hot metadata adds rows to every rarer class until all are as frequent as the most frequent one. A
    synthetic row has no picture, so the notebook gave it the path of any training picture ("smote_mismatched");
    "smote_matched" draws among the pictures of the row's own class instead.

    Args:
        recipe: Its `per_class`, `rows` and `seed` decide.
        labels: (n,) true class of each picture.
    """
    rng = np.random.default_rng((recipe.seed, len(labels)))
    picture = _at_most(labels, recipe.per_class, rng) if recipe.per_class else np.arange(len(labels))
    rows = Rows(picture, labels[picture])
    if recipe.rows == "images":
        return rows
    counts = np.bincount(rows.label)
    pictures, told = [rows.picture], [rows.label]
    for index in np.flatnonzero(counts):
        own = rows.picture[rows.label == index]
        extra = counts.max() - counts[index]
        pictures.append(rng.choice(own if recipe.rows == "smote_matched" else rows.picture, extra))
        told.append(np.full(extra, index))
    return Rows(np.concatenate(pictures), np.concatenate(told))


def _at_most(labels: NDArray[np.int64], limit: int, rng: np.random.Generator) -> NDArray[np.int64]:
    shuffled = rng.permutation(len(labels))
    kept = [shuffled[labels[shuffled] == index][:limit] for index in np.unique(labels)]
    return np.sort(np.concatenate(kept))
