"""Is this a dermatoscopic picture at all? A model answers whatever it is shown; the guard says when to be silent.

Fitted on training pictures, stored in trained_models/NAME/ood_detector.npz. The distances it knows:
"mahalanobis": of the embedding to the nearest class centre, in the leading principal components, by the covariance
that the classes share (Lee, Lee, Lee, Shin 2018, arXiv:1807.03888), against how far that class's own pictures lie;
"residual": what the principal components leave over (as in Wang, Li, Feng, Zhang 2022, arXiv:2203.10807);
"neighbours": to the tenth neighbour among the training pictures (Sun, Ming, Zhu, Li 2022, arXiv:2204.06507);
"looks": as "mahalanobis", of what `core.inference.image_descriptors` measures, which asks no network.
`core.release.calibrate` chooses one of them or a sum. The table of training pictures also serves to find neighbours.
"""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.labels import DX
from core.store.arrays import read_arrays, write_arrays
from core.store.card import Card
from core.store.provenance import check_file, current

Array = NDArray[np.float64]
COMPONENTS = 128
TABLE_COMPONENTS = 64
RIDGE = 1e-3
"""Added to each direction's variance, which is 1."""
OWN = 0.9
"""Distances are told as multiples of the one within which so many training pictures lie."""
KTH = 10
SUMS = (
    ("mahalanobis",),
    ("residual",),
    ("neighbours",),
    ("image_descriptors",),
    ("mahalanobis", "residual", "image_descriptors"),
)
"""What there is to choose from."""


@dataclass(frozen=True)
class Neighbour:
    """A training picture that looks alike to the model.

    Attributes:
        image_id: Its name.
        dx: Its diagnosis.
        similarity: Cosine of the two embeddings' principal components, -1 to 1.
    """

    image_id: str
    dx: str
    similarity: float


@dataclass(frozen=True)
class Guard:
    """Fitted parameters.

    Attributes:
        mean: (d,) of the embeddings.
        basis: (d, k) principal components.
        whiten: (k, k); Euclidean distance after it is Mahalanobis distance.
        centres: (7, k) class centres, whitened.
        scale: (7,) distance within which OWN of each class's training pictures lie.
        looks_whiten, looks_centres, looks_scale: The same for `core.inference.image_descriptors`.
        residual_scale: (1,) the same for what is left over; 0 where the components leave nothing.
        kth_scale: (1,) the same for the distance to the tenth neighbour.
        table: int8 (n, TABLE_COMPONENTS), training pictures' directions times 127.
        number: (n,) the digits of their image_id.
        label: (n,) index of their diagnosis.
    """

    mean: Array
    basis: Array
    whiten: Array
    centres: Array
    scale: Array
    looks_whiten: Array
    looks_centres: Array
    looks_scale: Array
    residual_scale: Array
    kth_scale: Array
    table: NDArray[np.int8]
    number: NDArray[np.int32]
    label: NDArray[np.int8]

    def distances(self, embeddings: NDArray[np.floating], looks: Array) -> dict[str, Array]:
        """How strange pictures are, by kind of distance: above about 1 stranger than most training pictures.

        Args:
            embeddings: (n, d).
            looks: (n, l).

        Returns:
            (n,) by the names joined with " + " of each of SUMS; without "residual" where nothing is left over.
        """
        centred = np.asarray(embeddings, np.float64) - self.mean
        inside = centred @ self.basis
        over = np.sqrt(np.maximum((centred**2).sum(axis=1) - (inside**2).sum(axis=1), 0))
        kth = -np.partition(-self._cosines(inside), KTH - 1, axis=1)[:, KTH - 1]
        single = {
            "mahalanobis": nearest(inside @ self.whiten, self.centres, self.scale),
            "neighbours": (1 - kth) / self.kth_scale,
            "image_descriptors": nearest(looks @ self.looks_whiten, self.looks_centres, self.looks_scale),
        }
        if self.residual_scale[0] > 0:
            single["residual"] = over / self.residual_scale
        known = [names for names in SUMS if set(names) <= set(single)]
        return {" + ".join(names): np.sum([single[name] for name in names], axis=0) for names in known}

    def neighbours(self, embedding: NDArray[np.floating], count: int = 3) -> tuple[Neighbour, ...]:
        """The training pictures most alike, the closest first.

        Args:
            embedding: (d,).
            count: How many.
        """
        inside = (np.asarray(embedding, np.float64) - self.mean) @ self.basis
        similar = self._cosines(inside[None])[0]
        rows = np.argsort(-similar, kind="stable")[:count]
        return tuple(
            Neighbour(f"ISIC_{self.number[i]:07d}", DX[self.label[i]], min(1.0, float(similar[i]))) for i in rows
        )

    def _cosines(self, inside: Array) -> Array:
        return np.asarray(directions(inside).astype(np.float32) @ self.table.T.astype(np.float32) / 127, np.float64)


def nearest(white: Array, centres: Array, scale: Array) -> Array:
    """Distance to the nearest class centre as a multiple of that class's scale, (n,)."""
    squared = ((white[:, None] - centres) ** 2).sum(axis=-1)
    return np.asarray((np.sqrt(squared) / scale).min(axis=1))


def directions(inside: Array) -> Array:
    """Leading principal components at length 1, (n, TABLE_COMPONENTS) or fewer."""
    leading = inside[:, :TABLE_COMPONENTS]
    return np.asarray(leading / np.maximum(np.linalg.norm(leading, axis=1, keepdims=True), 1e-12))


def fit(embeddings: NDArray[np.floating], looks: Array, labels: NDArray[np.int64], image_ids: list[str]) -> Guard:
    """Fit the guard to training pictures.

    Args:
        embeddings: (n, d).
        looks: (n, l).
        labels: (n,) index of the diagnosis; each must occur.
        image_ids: (n,) "ISIC_" and seven digits.

    Raises:
        UserError: A diagnosis has no training picture.
    """
    absent = [dx for i, dx in enumerate(DX) if not (labels == i).any()]
    if absent:
        raise UserError(f"The guard needs training pictures of every diagnosis; there is none of {', '.join(absent)}.")
    values = np.asarray(embeddings, np.float64)
    mean = values.mean(axis=0)
    centred = values - mean
    # float16 on disk: rounded before anything is derived, so that what is fitted is what is read
    basis = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :COMPONENTS].astype(np.float16).astype(np.float64)
    inside = centred @ basis
    residual = np.sqrt(np.maximum((centred**2).sum(axis=1) - (inside**2).sum(axis=1), 0))
    # With as many components as dimensions only rounding is left over.
    left_over = np.quantile(residual, [OWN]) if basis.shape[1] < values.shape[1] else np.zeros(1)
    table = np.round(127 * directions(inside)).astype(np.int8)
    number = np.array([int(name.removeprefix("ISIC_")) for name in image_ids], np.int32)
    bare = Guard(
        mean, basis, *_classes(inside, labels), *_classes(looks, labels),
        left_over, np.ones(1), table, number, labels.astype(np.int8),
    )  # fmt: skip
    some = slice(None, None, max(1, len(values) // 1000))
    return replace(bare, kth_scale=np.quantile(bare.distances(values[some], looks[some])["neighbours"], [OWN]))


def _classes(values: Array, labels: NDArray[np.int64]) -> tuple[Array, Array, Array]:
    """Whitening by the covariance within classes, the class centres after it, and each class's scale."""
    centres = np.stack([values[labels == i].mean(axis=0) for i in range(len(DX))])
    within = values - centres[labels]
    covariance = within.T @ within / len(within)
    spread = np.sqrt(np.diag(covariance)) + 1e-12
    # Directions are made comparable first, so that the ridge asks no unit; it keeps any from counting without bound.
    whiten = np.linalg.cholesky(np.linalg.inv(covariance / np.outer(spread, spread) + RIDGE * np.eye(len(spread))))
    whiten = whiten / spread[:, None]
    own = np.linalg.norm(within @ whiten, axis=1)
    return whiten, centres @ whiten, np.array([np.quantile(own[labels == i], OWN) for i in range(len(DX))])


def write_guard(guard: Guard, path: Path) -> None:
    """Write a guard; float32, the basis float16, the table int8."""
    arrays = {field.name: getattr(guard, field.name) for field in fields(guard)}
    small = {name: value.astype(np.float32) if value.dtype == np.float64 else value for name, value in arrays.items()}
    small["basis"] = guard.basis.astype(np.float16)
    write_arrays(path, small)


def read_guard(folder: Path, card: Card) -> Guard | None:
    """The guard of a model; None where none was fitted for its present export.

    Raises:
        UserError: Its file is missing, altered or damaged.
    """
    facts = current(card, card.ood_detector)
    if facts is None:
        return None
    path, again = check_file(folder, facts.file), f"run `python -m core calibrate {folder.name}`"
    values = read_arrays(path, again)
    if set(values) != {field.name for field in fields(Guard)}:
        raise UserError(f"{folder.name}/{path.name} is damaged; {again}.")
    fitted: dict[str, Any] = {k: v.astype(np.float64) if v.dtype.kind == "f" else v for k, v in values.items()}
    return Guard(**fitted)
