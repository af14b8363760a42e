"""Random views of a picture: flips, rotation, zoom, shift and mild colour."""

import cv2
import numpy as np
from numpy.typing import NDArray

from core.data.images import Image
from core.training.recipes import Augmentation


def augment(image: Image, how: Augmentation, rng: np.random.Generator) -> Image:
    """One random view.

    Args:
        image: uint8, (height, width, 3).
        rng: Decides everything; the same state gives the same view.

    Returns:
        uint8, same shape; pixels from outside the picture are mirrored in.
    """
    height, width = image.shape[:2]
    matrix = _transform(height, width, how, rng)
    view = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    if how.color:
        gain = 1 + rng.uniform(-how.color, how.color) + rng.uniform(-how.color / 2, how.color / 2, 3)
        table = np.clip(np.arange(256)[:, None] * gain, 0, 255).astype(np.uint8)
        view = cv2.LUT(view, table[None])
    return np.asarray(view, np.uint8)


def _transform(height: int, width: int, how: Augmentation, rng: np.random.Generator) -> NDArray[np.float64]:
    """Affine map (2, 3) about the picture's centre."""
    angle = np.deg2rad(rng.uniform(-how.rotation, how.rotation))
    scale = 1 + rng.uniform(-how.zoom, how.zoom)
    flip = rng.choice([-1.0, 1.0], 2) if how.flips else np.ones(2)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]]) * flip
    center = np.array([(width - 1) / 2, (height - 1) / 2])
    shift = rng.uniform(-how.shift, how.shift, 2) * (width, height)
    return np.column_stack([linear, center + shift - linear @ center])
