"""Which part of a picture the model sees: a 4:3 crop that a person can shrink and move."""

from dataclasses import dataclass

import numpy as np

from core.data.images import Image, crop_box

LEAST = 0.2
"""Smallest crop, as a share of the largest that fits."""


@dataclass(frozen=True)
class Crop:
    """Where the crop lies.

    Attributes:
        size: Its sides as a share of the largest that fits, LEAST to 1.
        across: From 0 (left edge) to 1 (right edge), 0.5 in the middle.
        down: From 0 (top) to 1 (bottom).
    """

    size: float = 1.0
    across: float = 0.5
    down: float = 0.5


def place(height: int, width: int, crop: Crop) -> tuple[int, int, int, int]:
    """The crop in pixels.

    Returns:
        (top, left, crop height, crop width); with Crop() as `core.data.images.crop_box`.
    """
    _, _, most_high, most_wide = crop_box(height, width)
    size = min(1.0, max(LEAST, crop.size))
    high, wide = max(1, round(most_high * size)), max(1, round(most_wide * size))
    return int((height - high) * crop.down), int((width - wide) * crop.across), high, wide


def cut(image: Image, crop: Crop) -> Image:
    """The part of a picture inside the crop."""
    top, left, high, wide = place(image.shape[0], image.shape[1], crop)
    return np.ascontiguousarray(image[top : top + high, left : left + wide])
