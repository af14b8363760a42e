"""Lesion masks of HAM10000: one PNG per image, drawn by hand or by a network and corrected by an expert.

Source: Tschandl et al., "Human-computer collaboration for skin cancer recognition", Nature Medicine 26 (2020).
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.config import SOURCE_SIZE
from core.data.images import preprocess
from core.data.metadata import Dataset
from core.errors import UserError

MASKS = "HAM10000_segmentations_lesion_tschandl"
"""Name of the mask folder in the dataset folder."""
Mask = NDArray[np.bool_]
"""(height, width), True inside the lesion."""
ASPECT_TOLERANCE = 0.01
"""A mask may differ from its image in size, but its aspect ratio only by this share."""


def masks_folder(dataset: Dataset) -> Path:
    """Find the folder of a dataset's lesion masks.

    Raises:
        UserError: The dataset has no masks.
    """
    folder = dataset.folder / MASKS
    if not folder.is_dir():
        raise UserError(f"{dataset.folder} lacks the lesion masks, folder {MASKS}; run `python -m core download`.")
    return folder


def read_mask(folder: Path, image_id: str, shape: tuple[int, int] | None = None) -> Mask:
    """Read the mask of one image, cropped and resized like the image.

    Args:
        folder: As `masks_folder` returns it.
        image_id: The image's id.
        shape: (height, width) of the image as stored; None skips the check of the aspect ratio.

    Returns:
        bool, SOURCE_SIZE, True inside the lesion.

    Raises:
        UserError: The mask is missing, unreadable or empty, or its aspect ratio isn't that of the image.
    """
    path = folder / f"{image_id}_segmentation.png"
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError:
        raise UserError(f"The lesion mask {path.name} is missing; fetch the masks again.") from None
    levels = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if data.size else None
    if levels is None:
        raise UserError(f"The lesion mask {path.name} is not a readable image; fetch it again.")
    height, width = levels.shape
    if shape and abs(width * shape[0] / (height * shape[1]) - 1) > ASPECT_TOLERANCE:
        raise UserError(
            f"The lesion mask {path.name} is {width} x {height} pixels, which doesn't fit its image "
            f"({shape[1]} x {shape[0]}); fetch both again."
        )
    inside = preprocess(np.asarray(levels, np.uint8), SOURCE_SIZE) > 127
    if not inside.any():
        raise UserError(f"The lesion mask {path.name} marks no lesion; fetch it again.")
    return np.asarray(inside)


def bounding_box(mask: Mask) -> Mask:
    """Mark the bounding box of a lesion; empty if the mask is.

    Example:
        >>> bounding_box(np.eye(2, 3, dtype=bool)).astype(int).tolist()
        [[1, 1, 0], [1, 1, 0]]
    """
    filled = np.zeros_like(mask)
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if rows.size:
        filled[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    return filled
