"""A synthetic lesion of each diagnosis, kept as a JPEG: drawing the seven takes most of a first visitor's waiting."""

from pathlib import Path

import cv2
import numpy as np

from core.config import SOURCE_SIZE, TABLES
from core.data.images import Image
from core.errors import UserError
from core.files import sha256
from core.labels import DX
from core.store import arrays
from core.synthetic import model
from core.synthetic.lesions import sample_lesion

EXAMPLES_FILE = TABLES / "synthetic_examples.npz"
SEED = 0
"""Of each lesion: see `core.synthetic.lesions.sample_lesion`."""
QUALITY = 92
"""Of the JPEG; at this quality the eye sees no difference."""


def write_examples(path: Path = EXAMPLES_FILE) -> None:
    """Draw the examples and write them, with the hash of the parameters that they were drawn from.

    Raises:
        UserError: The parameters are missing or damaged, or the file can't be written.
    """
    row = np.hstack([sample_lesion(dx, SEED).image for dx in DX])
    _, jpeg = cv2.imencode(".jpg", row[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    arrays.write_arrays(path, {"parameters": np.array(sha256(model.PARAMETERS_FILE)), "jpeg": jpeg.ravel()})


def example_images(path: Path = EXAMPLES_FILE) -> dict[str, Image]:
    """Return a synthetic lesion of each diagnosis, uint8, (150, 200, 3), RGB; to be looked at, not to be predicted.

    They are drawn anew if the file is missing or damaged, or was drawn from former parameters.

    Raises:
        UserError: The parameters are missing or damaged.

    Example:
        >>> example_images()["mel"].shape
        (150, 200, 3)
    """
    return _read(path) or {dx: sample_lesion(dx, SEED).image for dx in DX}


def _read(path: Path) -> dict[str, Image] | None:
    """Read the file; None if it can't be used."""
    height, width = SOURCE_SIZE
    try:
        found = arrays.read_arrays(path, "run `python -m core fit-synthetic`")
        if found["parameters"].item() != sha256(model.PARAMETERS_FILE):
            return None
        row = cv2.imdecode(found["jpeg"], cv2.IMREAD_COLOR)
    except (UserError, OSError, KeyError, ValueError, cv2.error):
        return None
    if row is None or row.shape != (height, width * len(DX), 3):
        return None
    return {dx: np.asarray(row[:, i * width : (i + 1) * width, ::-1]) for i, dx in enumerate(DX)}
