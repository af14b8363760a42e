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
    turned = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    view = np.asarray(turned, np.uint8)
    if how.saturation or how.hue:
        view = np.asarray(cv2.transform(view, _color_matrix(how, rng)), np.uint8)
    if how.color or how.contrast or how.gamma:
        view = np.asarray(cv2.LUT(view, _tone_table(how, rng)[None]), np.uint8)
    if how.cutout and rng.random() < how.cutout:
        _cut_out(view, rng)
    if how.scope or how.vignette:
        view = _optics(view, how, rng)
    return view


def _transform(height: int, width: int, how: Augmentation, rng: np.random.Generator) -> NDArray[np.float64]:
    """Affine map (2, 3) about the picture's centre."""
    angle = np.deg2rad(rng.uniform(-how.rotation, how.rotation))
    scale = 1 + rng.uniform(-how.zoom, how.zoom)
    flip = rng.choice([-1.0, 1.0], 2) if how.flips else np.ones(2)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]]) * flip
    center = np.array([(width - 1) / 2, (height - 1) / 2])
    shift = rng.uniform(-how.shift, how.shift, 2) * (width, height)
    if how.shear:
        linear = linear @ np.array([[1.0, np.tan(np.deg2rad(rng.uniform(-how.shear, how.shear)))], [0.0, 1.0]])
    if how.crop < 1:
        enlarged = rng.uniform(how.crop, 1) ** -0.5
        linear, shift = linear * enlarged, shift + rng.uniform(-1, 1, 2) * (enlarged - 1) / 2 * (width, height)
    return np.column_stack([linear, center + shift - linear @ center])


def _tone_table(how: Augmentation, rng: np.random.Generator) -> NDArray[np.uint8]:
    """New value of each of the 256 old ones, by channel: (256, 3)."""
    gain = 1 + rng.uniform(-how.color, how.color) + rng.uniform(-how.color / 2, how.color / 2, 3)
    values = np.arange(256)[:, None] / 255
    if how.gamma:
        values = values ** (1 + rng.uniform(-how.gamma, how.gamma))
    if how.contrast:
        values = (values - 0.5) * (1 + rng.uniform(-how.contrast, how.contrast)) + 0.5
    return np.clip(values * gain * 255, 0, 255).astype(np.uint8)


def _color_matrix(how: Augmentation, rng: np.random.Generator) -> NDArray[np.float64]:
    """Linear map (3, 3) of RGB that changes saturation and hue and keeps the luma of NTSC's YIQ."""
    to_yiq = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    turn = np.deg2rad(rng.uniform(-how.hue, how.hue))
    factor = 1 + rng.uniform(-how.saturation, how.saturation)
    cos, sin = factor * np.cos(turn), factor * np.sin(turn)
    turned = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    return np.asarray(np.linalg.inv(to_yiq) @ turned @ to_yiq, np.float64)


def _cut_out(view: Image, rng: np.random.Generator) -> None:
    """Hide a rectangle of up to a third of each side behind the image's mean color, in place (DeVries, Taylor 2017)."""
    sides = np.array(view.shape[:2])
    size = (sides * rng.uniform(0.1, 0.33, 2)).astype(int)
    top, left = (rng.random(2) * (sides - size)).astype(int)
    view[top : top + size[0], left : left + size[1]] = view.mean(axis=(0, 1))


def _optics(view: Image, how: Augmentation, rng: np.random.Generator) -> Image:
    """Black surround of a dermatoscope and darkened corners, as other devices take them."""
    scope, vignette = rng.random(2) < (how.scope, how.vignette)
    if not (scope or vignette):
        return view
    height, width = view.shape[:2]
    row, column = np.ogrid[:height, :width]
    middle = np.array([height, width]) * rng.uniform(0.45, 0.55, 2)
    distance = np.hypot(row - middle[0], column - middle[1]) / height
    light = np.ones((height, width))
    if vignette:
        light *= 1 - rng.uniform(0.2, 0.6) * np.minimum(distance / 0.83, 1) ** 2
    if scope:
        light *= np.clip((rng.uniform(0.46, 0.72) - distance) / rng.uniform(0.005, 0.05), 0, 1)
    return (view * light[..., None]).astype(np.uint8)
