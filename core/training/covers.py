"""Images with the lesion covered, for training and testing: what does the skin around a lesion reveal?

Source: Bissoto, Fornaciali, Valle, Avila 2019, "(De)Constructing bias on skin lesion datasets" (arXiv:1904.08818):
networks are trained and tested on images without their lesions; the covers have the paper's names. Here lesions too
large for the box are left out of all runs, so that the box has one size and doesn't show the lesion's.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SOURCE_SIZE
from core.data.images import Image, preprocess, read_image, resize
from core.data.masks import Mask, bounding_box, masks_folder, read_mask
from core.data.metadata import Dataset
from core.errors import UserError

BOX_AREA = 0.7
"""Share of the image that the box of one size covers, in the image's proportions."""
COVER = 0
"""Value of a covered pixel: black."""


def one_size_box(mask: Mask) -> Mask | None:
    """Place the box of one size: over the middle of the lesion's bounding box, but inside the image.

    Args:
        mask: (height, width), True inside the lesion; not empty.

    Returns:
        (height, width), True inside the box; None if the box doesn't cover the whole lesion.
    """
    covered = np.ones_like(mask)
    for axis, size in enumerate(mask.shape):
        at = np.flatnonzero(mask.any(axis=1 - axis))
        side = round(size * BOX_AREA**0.5)
        start = int(np.clip((at[0] + at[-1] + 1 - side) // 2, 0, size - side))
        if at[0] < start or at[-1] >= start + side:
            return None
        line = np.arange(size)
        inside = (line >= start) & (line < start + side)
        covered &= inside[:, None] if axis == 0 else inside
    return covered


def cover_lesion(image: Image, mask: Mask, cover: str) -> Image:
    """Paint over the lesion, in one color for all images.

    Args:
        image: uint8, (height, width, 3).
        mask: (height, width), True inside the lesion; one that the box of one size covers.
        cover: "traditional" leaves the image as it is, "only_skin" covers the lesion to its outline,
            "bounding_box" its bounding box, "bounding_box_70" the box of one size.

    Raises:
        ValueError: The box of one size doesn't cover the lesion.
    """
    parts = {"traditional": np.zeros_like(mask), "only_skin": mask, "bounding_box": bounding_box(mask)}
    part = one_size_box(mask) if cover == "bounding_box_70" else parts[cover]
    if part is None:
        raise ValueError("the box of one size doesn't cover this lesion")
    return np.where(part[..., None], np.uint8(COVER), image)


def coverable(split: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Keep the images whose lesion the box of one size covers.

    Args:
        split: Indexed by image_id.
        dataset: HAM10000 with masks.

    Raises:
        UserError: The dataset has no masks, or a mask is missing or damaged.
    """
    folder = masks_folder(dataset)
    with ThreadPoolExecutor() as pool:
        fits = list(pool.map(lambda name: one_size_box(read_mask(folder, name)) is not None, split.index))
    kept = split[np.array(fits, bool)]
    if absent := set(split["split"]) - set(kept["split"]):
        raise UserError(f"No {' or '.join(sorted(absent))} image has a lesion that the box covers; use more images.")
    return kept


def load_covered(dataset: Dataset, names: Iterable[str], size: tuple[int, int], cover: str) -> NDArray[np.uint8]:
    """Read images and cover their lesions, before anything else is done to them.

    Args:
        dataset: HAM10000 with masks.
        names: Ids of images that `coverable` keeps.
        size: (height, width) in pixels.
        cover: See `cover_lesion`.

    Returns:
        uint8, (n, *size, 3), RGB.

    Raises:
        UserError: An image or a mask is missing or damaged.
    """
    folder = masks_folder(dataset)

    def load(name: str) -> Image:
        image = read_image(dataset.images[name])
        mask = read_mask(folder, name, (image.shape[0], image.shape[1]))
        return resize(cover_lesion(preprocess(image, SOURCE_SIZE), mask, cover), size)

    with ThreadPoolExecutor() as pool:
        return np.stack(list(pool.map(load, names)))
