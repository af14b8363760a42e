"""Out-of-distribution (OOD) detection: is this a dermatoscopic image at all?

A classifier gives an answer for any image; the OOD detector says when that answer means nothing. It is fitted on
training images and stored in trained_models/NAME/ood_detector.npz. Its distances, each with the unit of `QUANTILE`:
"mahalanobis": of the embedding to the nearest class centre, in the leading principal components, with the covariance
that the classes share (Lee, Lee, Lee, Shin 2018, arXiv:1807.03888);
"residual": norm of what the principal components leave out (as in Wang, Li, Feng, Zhang 2022, arXiv:2203.10807);
"neighbours": to the tenth nearest training image (Sun, Ming, Zhu, Li 2022, arXiv:2204.06507);
"image_descriptors": as "mahalanobis", for `core.inference.image_descriptors`, without any network.
`core.release.fit_ood` chooses one of them or a sum. The table of training images also serves to find neighbours.
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
QUANTILE = 0.9
"""Unit of distance: this quantile of the training distances."""
KTH = 10
DESCRIPTORS = "image_descriptors"
SUMS = (
    ("mahalanobis",), ("residual",), ("neighbours",), (DESCRIPTORS,), ("mahalanobis", "residual", DESCRIPTORS),
)  # fmt: skip
"""The distances to choose from; those with several names are sums."""


@dataclass(frozen=True)
class Neighbour:
    """A training image that is similar to the model.

    Attributes:
        image_id: Its name.
        dx: Its diagnosis.
        similarity: Cosine of the two embeddings' principal components, -1 to 1.
    """

    image_id: str
    dx: str
    similarity: float


@dataclass(frozen=True)
class OODDetector:
    """Fitted parameters of the detector.

    Attributes:
        mean: (d,) of the embeddings.
        basis: (d, k) principal components.
        whiten: (k, k); Euclidean distance after it is Mahalanobis distance.
        centres: (7, k) class centres, whitened.
        scale: (7,) unit of distance of each class: QUANTILE of its training distances.
        descriptor_whiten, descriptor_centres, descriptor_scale: The same for `core.inference.image_descriptors`.
        residual_scale: (1,) unit of the residual; 0 if the components leave nothing out.
        kth_scale: (1,) unit of the distance to the tenth neighbour.
        table: int8 (n, TABLE_COMPONENTS), directions of the training images times 127.
        number: (n,) digits of their image_id.
        label: (n,) index of their class.
    """

    mean: Array
    basis: Array
    whiten: Array
    centres: Array
    scale: Array
    descriptor_whiten: Array
    descriptor_centres: Array
    descriptor_scale: Array
    residual_scale: Array
    kth_scale: Array
    table: NDArray[np.int8]
    number: NDArray[np.int32]
    label: NDArray[np.int8]

    def distances(self, embeddings: NDArray[np.floating], descriptors: Array) -> dict[str, Array]:
        """Measure how far images are from the training images; about nine in ten of those are below 1.

        Args:
            embeddings: (n, d).
            descriptors: (n, l), from `core.inference.image_descriptors`.

        Returns:
            (n,) distances by the names of each of SUMS, joined with " + "; without "residual" if the components
            leave nothing out.
        """
        centred = np.asarray(embeddings, np.float64) - self.mean
        inside = centred @ self.basis
        over = np.sqrt(np.maximum((centred**2).sum(axis=1) - (inside**2).sum(axis=1), 0))
        kth = -np.partition(-self._cosines(inside), KTH - 1, axis=1)[:, KTH - 1]
        single = {
            "mahalanobis": nearest(inside @ self.whiten, self.centres, self.scale),
            "neighbours": (1 - kth) / self.kth_scale,
            DESCRIPTORS: nearest(descriptors @ self.descriptor_whiten, self.descriptor_centres, self.descriptor_scale),
        }
        if self.residual_scale[0] > 0:
            single["residual"] = over / self.residual_scale
        known = [names for names in SUMS if set(names) <= set(single)]
        return {" + ".join(names): np.sum([single[name] for name in names], axis=0) for names in known}

    def neighbours(self, embedding: NDArray[np.floating], count: int = 3) -> tuple[Neighbour, ...]:
        """Find the most similar training images, closest first.

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
    """Leading principal components scaled to length 1, (n, TABLE_COMPONENTS) or fewer."""
    leading = inside[:, :TABLE_COMPONENTS]
    return np.asarray(leading / np.maximum(np.linalg.norm(leading, axis=1, keepdims=True), 1e-12))


def fit(
    embeddings: NDArray[np.floating], descriptors: Array, labels: NDArray[np.int64], image_ids: list[str]
) -> OODDetector:
    """Fit the OOD detector on training images.

    Args:
        embeddings: (n, d).
        descriptors: (n, l), from `core.inference.image_descriptors`.
        labels: (n,) class index; every class must occur.
        image_ids: (n,) "ISIC_" and seven digits.

    Raises:
        UserError: A class has no training image.
    """
    absent = [dx for i, dx in enumerate(DX) if not (labels == i).any()]
    if absent:
        raise UserError(
            f"The OOD detector needs training images of every class, but there are none of {', '.join(absent)}."
        )
    values = np.asarray(embeddings, np.float64)
    mean = values.mean(axis=0)
    centred = values - mean
    # Stored as float16: rounded before anything is derived, so that the fitted detector equals the one read back.
    basis = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :COMPONENTS].astype(np.float16).astype(np.float64)
    inside = centred @ basis
    residual = np.sqrt(np.maximum((centred**2).sum(axis=1) - (inside**2).sum(axis=1), 0))
    # With as many components as dimensions only rounding errors are left.
    left_over = np.quantile(residual, [QUANTILE]) if basis.shape[1] < values.shape[1] else np.zeros(1)
    table = np.round(127 * directions(inside)).astype(np.int8)
    number = np.array([int(name.removeprefix("ISIC_")) for name in image_ids], np.int32)
    bare = OODDetector(
        mean, basis, *_classes(inside, labels), *_classes(descriptors, labels),
        left_over, np.ones(1), table, number, labels.astype(np.int8),
    )  # fmt: skip
    some = slice(None, None, max(1, len(values) // 1000))
    return replace(
        bare, kth_scale=np.quantile(bare.distances(values[some], descriptors[some])["neighbours"], [QUANTILE])
    )


def _classes(values: Array, labels: NDArray[np.int64]) -> tuple[Array, Array, Array]:
    """Whitening matrix by the covariance within classes, whitened class centres, each class's unit of distance."""
    centres = np.stack([values[labels == i].mean(axis=0) for i in range(len(DX))])
    within = values - centres[labels]
    covariance = within.T @ within / len(within)
    spread = np.sqrt(np.diag(covariance)) + 1e-12
    # Directions get the same scale first, so that the ridge means the same for each; it bounds their weights.
    whiten = np.linalg.cholesky(np.linalg.inv(covariance / np.outer(spread, spread) + RIDGE * np.eye(len(spread))))
    whiten = whiten / spread[:, None]
    own = np.linalg.norm(within @ whiten, axis=1)
    return whiten, centres @ whiten, np.array([np.quantile(own[labels == i], QUANTILE) for i in range(len(DX))])


def write_detector(detector: OODDetector, path: Path) -> None:
    """Write a detector: floats as float32, the basis as float16, the table as int8."""
    arrays = {field.name: getattr(detector, field.name) for field in fields(detector)}
    small = {name: value.astype(np.float32) if value.dtype == np.float64 else value for name, value in arrays.items()}
    small["basis"] = detector.basis.astype(np.float16)
    write_arrays(path, small)


def read_detector(folder: Path, card: Card) -> OODDetector | None:
    """Read a model's detector; None if none was fitted for the present export.

    Args:
        folder: trained_models/NAME.
        card: The model's.

    Raises:
        UserError: The file is missing, altered or damaged.
    """
    facts = current(card, card.ood_detector)
    if facts is None:
        return None
    path, again = check_file(folder, facts.file), f"run `python -m core calibrate {folder.name}`"
    values = read_arrays(path, again)
    if set(values) != {field.name for field in fields(OODDetector)}:
        raise UserError(f"{folder.name}/{path.name} is damaged; {again}.")
    fitted: dict[str, Any] = {k: v.astype(np.float64) if v.dtype.kind == "f" else v for k, v in values.items()}
    return OODDetector(**fitted)
