"""Heatmaps over images, as RGB arrays."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.data.images import Image

COLORMAPS = {
    "viridis": cv2.COLORMAP_VIRIDIS,
    "inferno": cv2.COLORMAP_INFERNO,
    "jet": cv2.COLORMAP_JET,
}
"""The first two are perceptually uniform; the sources use jet, which shows edges that are not there."""
FULL_SIZE = (600, 1600)
"""Fewest and most pixels that an image at full size is wide; HAM10000's have 600."""
GAP = 4
"""Pixels between an image and its overlay."""

Heatmap = NDArray[np.float32]
Mask = NDArray[np.bool_]


def colored(heatmap: Heatmap, size: tuple[int, int], colormap: str = "viridis") -> Image:
    """Colour a heatmap.

    Args:
        heatmap: (rows, columns) in [0, 1].
        size: (height, width) in pixels to enlarge it to, bilinearly.
        colormap: A key of COLORMAPS.

    Returns:
        uint8, (*size, 3), RGB.
    """
    levels = np.round(enlarged(heatmap, size) * 255).astype(np.uint8)
    return np.asarray(cv2.applyColorMap(levels, COLORMAPS[colormap])[..., ::-1])


def enlarged(heatmap: Heatmap, size: tuple[int, int]) -> Heatmap:
    """Enlarge a heatmap to (height, width), each cell centred on its part of the image."""
    height, width = size
    large = cv2.resize(np.asarray(heatmap, np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large.clip(0, 1))


def overlay(image: Image, heatmap: Heatmap, opacity: float, colormap: str = "viridis") -> Image:
    """Lay a heatmap over its image.

    The image shows unchanged where the heatmap is zero.

    Args:
        image: uint8, (height, width, 3), RGB.
        heatmap: (rows, columns) in [0, 1].
        opacity: Of the hottest point, 0 to 1.
        colormap: A key of COLORMAPS.

    Returns:
        uint8, as `image`.
    """
    size = (image.shape[0], image.shape[1])
    share = opacity * np.sqrt(enlarged(heatmap, size))
    return np.asarray(cv2.blendLinear(image, colored(heatmap, size, colormap), 1 - share, share), np.uint8)


def panels(
    image: Image, heatmap: Heatmap, opacity: float, colormap: str = "viridis", mask: Mask | None = None
) -> NDArray[np.uint8]:
    """Put an image, its heatmap and the overlay side by side, with transparent gaps: RGBA.

    Args:
        image: uint8, (height, width, 3), RGB.
        heatmap: (rows, columns) in [0, 1].
        opacity: Of the hottest point, 0 to 1.
        colormap: A key of COLORMAPS.
        mask: (height, width), True inside the lesion, whose outline is drawn on all three; None for no outline.
    """
    size = (image.shape[0], image.shape[1])
    views = [image, colored(heatmap, size, colormap), overlay(image, heatmap, opacity, colormap)]
    opaque = [np.dstack([outlined(view, mask), np.full(size, 255, np.uint8)]) for view in views]
    gap = np.zeros((size[0], GAP, 4), np.uint8)
    return np.hstack([opaque[0], gap, opaque[1], gap, opaque[2]])


def film(images: Sequence[Image]) -> Image:
    """Put images of one size side by side, without gaps."""
    return np.hstack(images)


def full_size_image(image: Image) -> Image:
    """Enlarge a small image, so that lines that are drawn on it look thin, and reduce one that takes long to load."""
    width = min(max(image.shape[1], FULL_SIZE[0]), FULL_SIZE[1])
    height = round(image.shape[0] * width / image.shape[1])
    interpolation = cv2.INTER_CUBIC if width > image.shape[1] else cv2.INTER_AREA
    return (
        image
        if width == image.shape[1]
        else np.asarray(cv2.resize(image, (width, height), interpolation=interpolation))
    )


def enlarged_mask(mask: Mask, size: tuple[int, int]) -> Mask:
    """Enlarge a mask to (height, width), with a smooth edge."""
    return np.asarray(enlarged(mask.astype(np.float32), size) >= 0.5)


def outlined(image: Image, mask: Mask | None) -> Image:
    """Draw the outline of the lesion, white beside black so that it shows on any colour."""
    if mask is None:
        return image
    out = image.copy()
    lines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(out, lines, -1, (0, 0, 0), 2)
    cv2.drawContours(out, lines, -1, (255, 255, 255), 1)
    return out


def framed(image: Image, box: tuple[int, int, int, int]) -> Image:
    """Dim an image except for one part, and frame that part.

    Args:
        image: uint8, (height, width, 3), RGB.
        box: (top, left, height, width) of the part in pixels.

    Returns:
        uint8, as `image`.
    """
    top, left, high, wide = box
    out = np.asarray(image // 3 + 96, np.uint8)
    out[top : top + high, left : left + wide] = image[top : top + high, left : left + wide]
    line = max(1, round(max(image.shape[:2]) / 250))
    cv2.rectangle(out, (left, top), (left + wide - 1, top + high - 1), (255, 255, 255), 2 * line)
    cv2.rectangle(out, (left, top), (left + wide - 1, top + high - 1), (51, 101, 138), line)
    return out
