"""The committed embeddings: frozen ImageNet features of every image (see core.lab.embed)."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import TRAINED_MODELS
from core.data.splits import load_splits, shared_groups
from core.errors import UserError
from core.files import sha256
from core.store.embeddings_card import read_embeddings_card
from core.store.names import EMBEDDINGS
from core.store.stored import StoredFile

FOLDER = TRAINED_MODELS / "embeddings"


@dataclass(frozen=True)
class Embeddings:
    """The features of every image, with its label and its place in both splits.

    Attributes:
        image_id: (n,) sorted.
        group: (n,) lesion group.
        labels: (n,) index into core.labels.DX.
        features: (n, d) float32.
        splits: One row per image; a column per split scheme, lesion ("train", "validation", "test") and image
            ("train", "test"), and near_duplicate (True: a later part of the split by lesion shows this lesion too).
    """

    image_id: NDArray[np.str_]
    group: NDArray[np.int64]
    labels: NDArray[np.int64]
    features: NDArray[np.float32]
    splits: pd.DataFrame

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.image_id)

    def rows_of(self, split: str) -> NDArray[np.int64]:
        """Rows of one split by lesion, "train", "validation" or "test", without near duplicates of a later one."""
        return np.flatnonzero((self.splits["lesion"] == split) & ~self.splits["near_duplicate"])

    @cached_property
    def shown(self) -> NDArray[np.int64]:
        """(n,) lesion that each image shows: its group, or the one that its near duplicates share."""
        return shared_groups(self.image_id, self.group)


def load_embeddings(folder: Path = FOLDER) -> Embeddings:
    """Read the committed embeddings and check them against their card and the committed splits.

    Raises:
        UserError: A file is missing, was altered, or belongs to other splits.

    Example:
        >>> load_embeddings().features.shape
        (10015, 128)
    """
    names, group, dx, features = _read(
        folder, read_embeddings_card(folder).arrays, ("image_id", "group", "dx", "features")
    )
    splits = load_splits()
    if (
        not np.isin(names, splits.index.to_numpy(str)).all()
        or (splits.loc[names.tolist(), "group"].to_numpy() != group).any()
    ):
        raise UserError(f"{folder.name}/{EMBEDDINGS} belongs to other splits; run `python -m core embed` again.")
    return Embeddings(
        names, group.astype(np.int64), dx.astype(np.int64), features.astype(np.float32),
        splits.loc[names.tolist(), ["lesion", "image", "near_duplicate"]].astype({"lesion": str, "image": str}),
    )  # fmt: skip


def load_map(folder: Path = FOLDER) -> NDArray[np.float32]:
    """Read the t-SNE map, (n, 2), in the order of the embeddings; nothing is trained on it.

    Raises:
        UserError: It is missing or was altered.
    """
    return _read(folder, read_embeddings_card(folder).map, ("map",))[0].astype(np.float32)


def _read(folder: Path, file: StoredFile, keys: tuple[str, ...]) -> list[NDArray[Any]]:
    """Read arrays from a file that the card describes."""
    path = folder / file.name
    if not path.is_file():
        raise UserError(f"{folder.name}/{path.name} is missing; fetch it again or run `python -m core embed`.")
    if sha256(path) != file.sha256:
        raise UserError(f"{folder.name}/{path.name} isn't the file that its card describes (SHA-256); fetch it again.")
    with np.load(path) as arrays:
        return [arrays[key] for key in keys]
