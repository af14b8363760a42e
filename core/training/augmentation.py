"""Random augmentation of images: flips, rotation, zoom, shift, color, and what other cameras do."""

import cv2
import numpy as np
from numpy.typing import NDArray

from core.data.images import Image
from core.training.recipes import Augmentation


def augment(image: Image, limits: Augmentation, rng: np.random.Generator) -> Image:
    """Draw one randomly augmented view of an image.

    Args:
        image: uint8, (height, width, 3).
        limits: Largest random changes.
        rng: Source of randomness; the same state gives the same view.

    Returns:
        uint8, (height, width, 3); areas from outside the image are filled by mirroring.
    """
    height, width = image.shape[:2]
    matrix = _transform(height, width, limits, rng)
    turned = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    view = np.asarray(turned, np.uint8)
    if limits.saturation or limits.hue:
        view = np.asarray(cv2.transform(view, _color_matrix(limits, rng)), np.uint8)
    if limits.color or limits.contrast or limits.gamma:
        view = np.asarray(cv2.LUT(view, _tone_table(limits, rng)[None]), np.uint8)
    if limits.cutout and rng.random() < limits.cutout:
        _cut_out(view, rng)
    if limits.scope or limits.vignette:
        view = _optics(view, limits, rng)
    return view


def _transform(height: int, width: int, limits: Augmentation, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a random affine map, (2, 3), about the image's center."""
    angle = np.deg2rad(rng.uniform(-limits.rotation, limits.rotation))
    scale = 1 + rng.uniform(-limits.zoom, limits.zoom)
    flip = rng.choice([-1.0, 1.0], 2) if limits.flips else np.ones(2)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]]) * flip
    center = np.array([(width - 1) / 2, (height - 1) / 2])
    shift = rng.uniform(-limits.shift, limits.shift, 2) * (width, height)
    if limits.shear:
        linear = linear @ np.array([[1.0, np.tan(np.deg2rad(rng.uniform(-limits.shear, limits.shear)))], [0.0, 1.0]])
    if limits.crop < 1:
        enlarged = rng.uniform(limits.crop, 1) ** -0.5
        linear, shift = linear * enlarged, shift + rng.uniform(-1, 1, 2) * (enlarged - 1) / 2 * (width, height)
    return np.column_stack([linear, center + shift - linear @ center])


def _tone_table(limits: Augmentation, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a random lookup table for brightness and contrast, (256, 3): new value by old value and channel."""
    gain = 1 + rng.uniform(-limits.color, limits.color) + rng.uniform(-limits.color / 2, limits.color / 2, 3)
    values = np.arange(256)[:, None] / 255
    if limits.gamma:
        values = values ** (1 + rng.uniform(-limits.gamma, limits.gamma))
    if limits.contrast:
        values = (values - 0.5) * (1 + rng.uniform(-limits.contrast, limits.contrast)) + 0.5
    return np.clip(values * gain * 255, 0, 255).astype(np.uint8)


def _color_matrix(limits: Augmentation, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a random linear map of RGB, (3, 3), that changes saturation and hue but keeps the luma (NTSC YIQ)."""
    to_yiq = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    turn = np.deg2rad(rng.uniform(-limits.hue, limits.hue))
    factor = 1 + rng.uniform(-limits.saturation, limits.saturation)
    cos, sin = factor * np.cos(turn), factor * np.sin(turn)
    turned = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    return np.asarray(np.linalg.inv(to_yiq) @ turned @ to_yiq, np.float64)


def _cut_out(view: Image, rng: np.random.Generator) -> None:
    """Cover a random rectangle with the image's mean color, in place (Cutout; DeVries and Taylor 2017)."""
    shape = np.array(view.shape[:2])
    size = (shape * rng.uniform(0.1, 0.33, 2)).astype(int)
    top, left = (rng.random(2) * (shape - size)).astype(int)
    view[top : top + size[0], left : left + size[1]] = view.mean(axis=(0, 1))


def _optics(view: Image, limits: Augmentation, rng: np.random.Generator) -> Image:
    """Add a dermatoscope's black surround and darkened corners, as in images from other devices."""
    scope, vignette = rng.random(2) < (limits.scope, limits.vignette)
    if not (scope or vignette):
        return view
    height, width = view.shape[:2]
    row, column = np.ogrid[:height, :width]
    center = np.array([height, width]) * rng.uniform(0.45, 0.55, 2)
    distance = np.hypot(row - center[0], column - center[1]) / height
    light = np.ones((height, width))
    if vignette:
        light *= 1 - rng.uniform(0.2, 0.6) * np.minimum(distance / 0.83, 1) ** 2
    if scope:
        light *= np.clip((rng.uniform(0.46, 0.72) - distance) / rng.uniform(0.005, 0.05), 0, 1)
    return (view * light[..., None]).astype(np.uint8)
