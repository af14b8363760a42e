"""Whether a heatmap shows what the prediction depends on: insertion and deletion, and partly covered images.

Sources: Petsiuk, Das, Saenko 2018 (RISE, arXiv:1806.07421), there deletion to grey and insertion from a blurred
image, here both blurred, for grey squares are no skin; Bissoto, Fornaciali, Valle, Avila 2019 (arXiv:1904.08818).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from core.data.images import Image
from core.data.masks import Mask, bounding_box
from core.explain.localization import Heat
from core.inference.heatmaps import enlarge

BLUR = 12.0
"""Standard deviation in pixels at SOURCE_SIZE: leaves the lesion's place and colour, not its structure."""
COVERS = ("lesion covered", "lesion's box covered", "all but the lesion covered")


def blurred(image: Image) -> Image:
    """Blur an image so that its details are lost; uint8, same shape."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), BLUR), np.uint8)


def hottest_first(heat: Heat, size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.int64]:
    """Rank of each pixel, 0 being the hottest; ties in random order.

    Args:
        heat: (rows, columns), enlarged bilinearly to `size`.
        size: (height, width) in pixels.
        rng: For the ties.

    Returns:
        (height, width).
    """
    flat = enlarge(heat, size).ravel()
    order = np.lexsort((rng.random(flat.size), -flat))
    ranks = np.empty(flat.size, np.int64)
    ranks[order] = np.arange(flat.size)
    return ranks.reshape(size)


def mixed(image: Image, ranks: NDArray[np.int64], share: float, insertion: bool) -> Image:
    """Mix sharp and blurred image: the hottest pixels are sharp (insertion) or blurred (deletion).

    Args:
        image: uint8, (height, width, 3).
        ranks: Of `hottest_first`.
        share: Of the pixels, 0 to 1.
        insertion: Which of the two.
    """
    sharp = np.equal(ranks < round(share * ranks.size), insertion)[:, :, None]
    return np.where(sharp, image, blurred(image))


def area_under(values: NDArray[np.floating], shares: NDArray[np.floating]) -> float:
    """Area under a curve over shares from 0 to 1, by trapezoids; (steps,) each."""
    return float(np.trapezoid(values, shares))


def covered(image: Image, mask: Mask, cover: str) -> Image:
    """Paint over a part of an image in the color of its skin (median outside the lesion).

    Args:
        image: uint8, (height, width, 3).
        mask: (height, width), True inside the lesion.
        cover: One of COVERS.

    Raises:
        ValueError: Another cover.
    """
    if cover not in COVERS:
        raise ValueError(f"cover is one of {COVERS}, not {cover!r}")
    skin = np.median(image[~mask] if not mask.all() else image.reshape(-1, 3), axis=0).astype(np.uint8)
    part = {COVERS[0]: mask, COVERS[1]: bounding_box(mask), COVERS[2]: ~mask}[cover]
    return np.where(part[..., None], skin, image)
