"""A synthetic lesion of each diagnosis, kept as a JPEG: drawing the seven takes most of a first visitor's waiting.

OpenCV is imported only to draw or to decode them: Home, which is often opened first, sends the JPEG as it is.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.config import SOURCE_SIZE, TABLES
from core.errors import UserError
from core.files import sha256
from core.labels import DX
from core.store import arrays
from core.synthetic import model

if TYPE_CHECKING:
    from core.data.images import Image

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
    jpeg = np.frombuffer(_packed(_drawn()), np.uint8)
    arrays.write_arrays(path, {"parameters": np.array(sha256(model.PARAMETERS_FILE)), "jpeg": jpeg})


def example_row(path: Path = EXAMPLES_FILE) -> bytes:
    """Return the examples side by side in the order of `DX`, as one JPEG of 1400 x 150 pixels.

    They are drawn anew if the file is missing or damaged, or was drawn from former parameters.

    Raises:
        UserError: The parameters are missing or damaged.

    Example:
        >>> example_row()[:3].hex()
        'ffd8ff'
    """
    return _read(path) or _packed(_drawn())


def example_images(path: Path = EXAMPLES_FILE) -> dict[str, Image]:
    """Return a synthetic lesion of each diagnosis, uint8, (150, 200, 3), RGB; to be looked at, not to be predicted.

    They are drawn anew in the same cases as for `example_row`.

    Raises:
        UserError: The parameters are missing or damaged.

    Example:
        >>> example_images()["mel"].shape
        (150, 200, 3)
    """
    import cv2

    jpeg = _read(path)
    row = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if row is None:
        return _drawn()
    width = SOURCE_SIZE[1]
    return {dx: np.asarray(row[:, i * width : (i + 1) * width, ::-1], np.uint8) for i, dx in enumerate(DX)}


def _drawn() -> dict[str, Image]:
    from core.synthetic.lesions import sample_lesion

    return {dx: sample_lesion(dx, SEED).image for dx in DX}


def _packed(images: dict[str, Image]) -> bytes:
    import cv2

    row = np.hstack(list(images.values()))
    return cv2.imencode(".jpg", row[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def _read(path: Path) -> bytes | None:
    """Read the file; None if it can't be used."""
    import PIL.Image

    height, width = SOURCE_SIZE
    try:
        found = arrays.read_arrays(path, "run `python -m core fit-synthetic`")
        if found["parameters"].item() != sha256(model.PARAMETERS_FILE):
            return None
        jpeg = found["jpeg"].tobytes()
        with PIL.Image.open(io.BytesIO(jpeg)) as image:
            return jpeg if image.size == (width * len(DX), height) else None
    except (UserError, OSError, KeyError, ValueError):
        return None
