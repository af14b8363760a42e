"""Look at what resampling did: rows counted by class, and the parents of a synthetic row."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.labels import DX
from core.resampling.resample import Array, Labels, Resampled


class Parents(NamedTuple):
    """The two training rows between which a synthetic row lies.

    Attributes:
        first: Index of the training row where the line starts.
        second: Index of the training row where it ends.
        position: Where on the line the synthetic row lies: 0 at the first parent, 1 at the second.
        distance: Distance from the line as a share of the distance between the parents; about 0 for true parents.
    """

    first: int
    second: int
    position: float
    distance: float


def count_rows(labels: Labels, after: Resampled) -> pd.DataFrame:
    """Count what resampling did to the training rows of each class.

    Args:
        labels: (n,) labels before.
        after: The rows after.

    Returns:
        Indexed by dx: before, kept (training rows that stay), dropped, copies, synthetic, after, weight (of one row
        in the loss), effective (after x weight) and wrong (rows whose label isn't the label of their image).

    Example:
        >>> labels = np.array([0, 1, 1])
        >>> after = Resampled(np.zeros((4, 1), np.float32), np.array([0, 1, 1, 0]), np.ones(4), np.array([0, 1, 2, 0]))
        >>> count_rows(labels, after).loc["akiec", ["before", "copies", "after"]].astype(int).tolist()
        [1, 1, 2]
    """
    shown = after.origin >= 0
    real = np.where(shown, after.origin, 0)
    wrong = shown & (labels[real] != after.labels)
    first = np.zeros(len(shown), bool)
    first[np.unique(np.where(shown & ~wrong, real, -1), return_index=True)[1]] = True
    kept = first & shown & ~wrong

    def by_dx(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(after.labels[mask], minlength=len(DX))

    before, rows = np.bincount(labels, minlength=len(DX)), by_dx(np.ones(len(shown), bool))
    weight = np.bincount(after.labels, after.weights, len(DX)) / np.maximum(rows, 1)
    table = {
        "before": before, "kept": by_dx(kept), "dropped": before - by_dx(kept), "copies": by_dx(shown & ~kept),
        "synthetic": by_dx(~shown), "after": rows, "weight": weight, "effective": rows * weight, "wrong": by_dx(wrong),
    }  # fmt: skip
    return pd.DataFrame(table, index=pd.Index(DX, name="dx"))


def find_parents(point: Array, features: Array, labels: Labels, label: int, neighbors: int) -> Parents:
    """Find the two training rows that a synthetic row was interpolated from.

    Args:
        point: (d,) the synthetic row, from SMOTE or one of its variants.
        features: (n, d) training rows.
        labels: (n,) their labels.
        label: The synthetic row's label.
        neighbors: Number of neighbours that SMOTE looked at.

    Example:
        >>> features = np.array([[0.0, 0.0], [4.0, 0.0], [9.0, 9.0]], np.float32)
        >>> find_parents(np.array([1.0, 0.0]), features, np.array([0, 0, 1]), label=0, neighbors=1)
        Parents(first=0, second=1, position=0.25, distance=0.0)
    """
    from sklearn.neighbors import NearestNeighbors

    rows = np.flatnonzero(labels == label)
    inside = features[rows].astype(np.float64)
    near = NearestNeighbors(n_neighbors=min(neighbors + 1, len(rows))).fit(inside)
    a = np.repeat(np.arange(len(rows)), near.n_neighbors - 1)
    b = near.kneighbors(return_distance=False, n_neighbors=near.n_neighbors - 1).ravel()
    line, offset = inside[b] - inside[a], point - inside[a]
    length = np.maximum((line**2).sum(axis=1), 1e-12)
    position = np.clip((line * offset).sum(axis=1) / length, -1, 1)
    distance = np.sqrt(((offset - position[:, None] * line) ** 2).sum(axis=1) / length)
    best = int(distance.argmin())
    return Parents(int(rows[a[best]]), int(rows[b[best]]), float(position[best]), float(distance[best]))
