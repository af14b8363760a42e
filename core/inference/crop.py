"""Which part of an image the model sees: a 4:3 crop that a person can shrink and move, prepared once for all checks."""

from dataclasses import dataclass, field

import numpy as np

from core.data.images import Image, crop_box, reduced_crop, resize

SMALLEST = 0.2
"""Smallest crop, as a share of the largest that fits."""


@dataclass(frozen=True)
class Crop:
    """Position and size of the crop.

    Attributes:
        size: Its height and width as a share of the largest that fits, SMALLEST to 1.
        across: Horizontal position from 0 (left edge) to 1 (right edge).
        down: Vertical position from 0 (top) to 1 (bottom).
    """

    size: float = 1.0
    across: float = 0.5
    down: float = 0.5


def crop_pixels(height: int, width: int, crop: Crop) -> tuple[int, int, int, int]:
    """Convert a crop to pixels.

    Args:
        height: Of the image, in pixels.
        width: Of the image, in pixels.
        crop: Where the crop lies.

    Returns:
        (top, left, crop height, crop width); with Crop() the same as `core.data.images.crop_box`.

    Example:
        >>> crop_pixels(450, 600, Crop(size=0.5, across=1.0, down=0.0))
        (0, 300, 225, 300)
    """
    _, _, largest_height, largest_width = crop_box(height, width)
    size = min(1.0, max(SMALLEST, crop.size))
    crop_height, crop_width = max(1, round(largest_height * size)), max(1, round(largest_width * size))
    return int((height - crop_height) * crop.down), int((width - crop_width) * crop.across), crop_height, crop_width


def cut(image: Image, crop: Crop) -> Image:
    """Cut the crop out of an image.

    Example:
        >>> cut(np.zeros((450, 600, 3), np.uint8), Crop(size=0.5)).shape
        (225, 300, 3)
    """
    top, left, height, width = crop_pixels(image.shape[0], image.shape[1], crop)
    return np.ascontiguousarray(image[top : top + height, left : left + width])


@dataclass(frozen=True)
class PreparedImage:
    """An image that is ready for models and checks; only `prepare` makes one.

    Attributes:
        pixels: uint8, (height, width, 3), RGB: the centred 4:3 crop, at most `core.config.SOURCE_SIZE`.
    """

    pixels: Image
    _by_size: dict[tuple[int, int], Image] = field(default_factory=dict, repr=False, compare=False)

    def resized(self, size: tuple[int, int]) -> Image:
        """Resize to (height, width) in pixels, as `core.data.images.preprocess` does; not to be written to."""
        if size not in self._by_size:
            self._by_size[size] = resize(self.pixels, size)
        return self._by_size[size]


def prepare(image: Image) -> PreparedImage:
    """Crop and reduce an image once, for every model and check that looks at it.

    Args:
        image: uint8, (height, width, 3), RGB, of any size.

    Example:
        >>> prepare(np.zeros((900, 900, 3), np.uint8)).pixels.shape
        (150, 200, 3)
    """
    return PreparedImage(reduced_crop(image))
