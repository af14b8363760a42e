"""Out-of-distribution (OOD) detection: is this a dermatoscopic image at all?

A classifier predicts a class for any image; the OOD detector says when that means nothing. It is a logistic
regression on one network's embedding and on `core.inference.image_descriptors`, between dermatoscopic images of many
devices and everything else (`core.release.fit_ood`), and stands before every model. Distances from the training images
alone, which it replaces, took other devices for other subjects, and let clinical close-ups pass. Its table of training
images also serves to find neighbours.
"""

from dataclasses import dataclass, fields
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
TABLE_COMPONENTS = 64
MAX_REFUSED = {"HAM10000": 0.015, "MILK10k": 0.04}
"""Share of the validation images that the threshold may refuse, by dataset; the more lenient of both counts."""


@dataclass(frozen=True)
class Neighbour:
    """A training image that a network describes much like the given image.

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
        weights: (d + l,) of embedding and descriptors.
        offset: (1,) added to the weighted sum.
        mean: (d,) of the training embeddings.
        basis: (d, TABLE_COMPONENTS) their principal components.
        table: int8 (n, TABLE_COMPONENTS), directions of the training images times 127.
        number: (n,) digits of their image_id.
        label: (n,) index of their class.
    """

    weights: Array
    offset: Array
    mean: Array
    basis: Array
    table: NDArray[np.int8]
    number: NDArray[np.int32]
    label: NDArray[np.int8]

    def scores(self, embeddings: NDArray[np.floating], descriptors: Array) -> Array:
        """Compute the probability that images are not dermatoscopic, (n,), as if both kinds were equally common.

        Args:
            embeddings: (n, d).
            descriptors: (n, l), from `core.inference.image_descriptors`.
        """
        logits = np.hstack([embeddings, descriptors]).astype(np.float64) @ self.weights + self.offset
        return np.asarray(1 / (1 + np.exp(np.clip(logits, -500, 500))))

    def neighbours(self, embedding: NDArray[np.floating], count: int = 3) -> tuple[Neighbour, ...]:
        """Find the most similar training images, closest first.

        Args:
            embedding: (d,).
            count: How many.
        """
        inside = directions((np.asarray(embedding, np.float64) - self.mean)[None] @ self.basis)
        similar = np.asarray(inside.astype(np.float32) @ self.table.T.astype(np.float32) / 127, np.float64)[0]
        rows = np.argsort(-similar, kind="stable")[:count]
        return tuple(
            Neighbour(f"ISIC_{self.number[i]:07d}", DX[self.label[i]], min(1.0, float(similar[i]))) for i in rows
        )


def directions(inside: Array) -> Array:
    """Scale principal components to length 1, (n, TABLE_COMPONENTS).

    Example:
        >>> directions(np.array([[3.0, 4.0]]))
        array([[0.6, 0.8]])
    """
    return np.asarray(inside / np.maximum(np.linalg.norm(inside, axis=1, keepdims=True), 1e-12))


def fit_table(embeddings: NDArray[np.floating], labels: NDArray[np.int64], image_ids: list[str]) -> dict[str, Any]:
    """Compute what finding neighbours needs, by the names of `OODDetector`.

    Args:
        embeddings: (n, d) of the training images.
        labels: (n,) their class indices.
        image_ids: (n,) "ISIC_" and seven digits.
    """
    values = np.asarray(embeddings, np.float64)
    mean = values.mean(axis=0)
    centred = values - mean
    # Stored as float16: rounded before anything is derived, so that the fitted detector equals the one read back.
    basis = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :TABLE_COMPONENTS].astype(np.float16).astype(np.float64)
    return {
        "mean": mean,
        "basis": basis,
        "table": np.round(127 * directions(centred @ basis)).astype(np.int8),
        "number": np.array([int(name.removeprefix("ISIC_")) for name in image_ids], np.int32),
        "label": labels.astype(np.int8),
    }


def write_detector(detector: OODDetector, path: Path) -> None:
    """Write a detector: floats as float32, the basis as float16, the table as int8."""
    arrays = {field.name: getattr(detector, field.name) for field in fields(detector)}
    small = {name: value.astype(np.float32) if value.dtype == np.float64 else value for name, value in arrays.items()}
    small["basis"] = detector.basis.astype(np.float16)
    write_arrays(path, small)


def read_detector(folder: Path, card: Card) -> OODDetector | None:
    """Read a model's detector; None if none was fitted for the current export.

    Args:
        folder: trained_models/NAME.
        card: The model's.

    Raises:
        UserError: The file is missing, altered or damaged.
    """
    facts = current(card, card.ood_detector)
    if facts is None:
        return None
    path, again = check_file(folder, facts.file), f"run `python -m core image-check {folder.name}`"
    values = read_arrays(path, again)
    if set(values) != {field.name for field in fields(OODDetector)}:
        raise UserError(f"{folder.name}/{path.name} is damaged; {again}.")
    fitted: dict[str, Any] = {k: v.astype(np.float64) if v.dtype.kind == "f" else v for k, v in values.items()}
    return OODDetector(**fitted)
