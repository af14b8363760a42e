"""Explain by what the prediction does when parts of the image are blurred: Score-CAM and RISE, with few passes.

Sources: Score-CAM, Wang et al. 2020 (arXiv:1910.01279), here with the feature maps that vary most, as in tf-keras-vis;
RISE, Petsiuk, Das, Saenko 2018 (arXiv:1806.07421). There, what is hidden is black; here it is blurred, because a black
frame means something in a dermatoscopic image.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from core.config import SEED, SOURCE_SIZE
from core.explain.faithfulness import BLUR

Array = NDArray[np.float32]
Predict = Callable[[Array], Array]
"""Takes images, (n, height, width, 3), 0-255; returns the probabilities, (n, classes)."""
MAPS = 16
"""Feature maps of an image that Score-CAM tries: those with the largest standard deviation."""
MASKS = 128
CELLS, CELL_SHOWN = 8, 0.5
"""RISE's masks: cells in each direction, and the probability that a cell is shown."""
GRID = 8
"""Pixels of the input for one cell of RISE's heatmap."""


def hide_parts(predict: Predict, images: Array, classes: NDArray[np.integer], maps: Array | None) -> Array:
    """Explain one class of each image: Score-CAM with its last feature maps, RISE without them."""
    if maps is None:
        return np.stack([rise(predict, image, dx) for image, dx in zip(images, classes, strict=True)])
    each = zip(images, classes, maps, strict=True)
    return np.stack([score_cam(predict, image, dx, own) for image, dx, own in each])


def score_cam(predict: Predict, image: Array, dx: int, maps: Array) -> Array:
    """Weigh feature maps by how much the class gains when only what they mark is sharp.

    Args:
        predict: The network.
        image: (height, width, 3), 0-255.
        dx: Index of the class.
        maps: (rows, columns, channels), the last feature maps.

    Returns:
        (rows, columns), signed.

    Example:
        >>> maps = np.zeros((2, 2, 1), np.float32); maps[0, 0] = 1
        >>> bright = lambda images: images[:, :4, :4].mean(axis=(1, 2)) / 255  # of the upper left quarter
        >>> image = np.zeros((8, 8, 3), np.float32); image[:4, :4] = 255
        >>> bool(score_cam(bright, image, 0, maps)[0, 0] > 0)
        True
    """
    chosen = maps[..., np.argsort(-maps.std(axis=(0, 1)), kind="stable")[:MAPS]]
    low, span = chosen.min(axis=(0, 1)), np.ptp(chosen, axis=(0, 1))
    shares = np.divide(chosen - low, span, out=np.zeros_like(chosen), where=span > 0)
    height, width = image.shape[:2]
    masks = np.stack([cv2.resize(each, (width, height)) for each in np.moveaxis(shares, -1, 0)])
    nothing = np.zeros((1, height, width), np.float32)
    found = predict(sharp_where(image, np.concatenate([masks, nothing])))[:, dx]
    return np.asarray(chosen @ (found[:-1] - found[-1]), np.float32)


def rise(predict: Predict, image: Array, dx: int) -> Array:
    """Correlate the class's probability with which places are sharp, over random masks.

    Args:
        predict: The network.
        image: (height, width, 3), 0-255.
        dx: Index of the class.

    Returns:
        (rows, columns) of GRID pixels each: covariance of the probability and whether the place is sharp.
    """
    height, width = image.shape[:2]
    masks = random_masks(height, width)
    found = predict(sharp_where(image, masks))[:, dx]
    heat = np.tensordot(found - found.mean(), masks, 1) / len(masks)
    return np.asarray(
        cv2.resize(heat, (-(-width // GRID), -(-height // GRID)), interpolation=cv2.INTER_AREA), np.float32
    )


def random_masks(height: int, width: int, masks: int = MASKS) -> Array:
    """Draw the masks of RISE: coarse random cells, enlarged smoothly and shifted; the same ones each time.

    Returns:
        (masks, height, width), 0 to 1.
    """
    rng = np.random.default_rng(SEED)
    tall, wide = -(-height // CELLS), -(-width // CELLS)
    out = np.empty((masks, height, width), np.float32)
    for each in out:
        cells = (rng.random((CELLS + 1, CELLS + 1)) < CELL_SHOWN).astype(np.float32)
        down, across = rng.integers(tall), rng.integers(wide)
        large = cv2.resize(cells, (wide * (CELLS + 1), tall * (CELLS + 1)))
        each[:] = large[down : down + height, across : across + width]
    return out


def sharp_where(image: Array, masks: Array) -> Array:
    """Mix an image with its blurred self: sharp where a mask is 1, blurred where it is 0; (masks, height, width, 3)."""
    image = np.asarray(image, np.float32)
    blurred = cv2.GaussianBlur(image, (0, 0), BLUR * image.shape[0] / SOURCE_SIZE[0])
    return np.asarray(blurred + masks[..., None] * (image - blurred), np.float32)
