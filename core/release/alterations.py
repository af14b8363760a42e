"""What other devices and programs do to a dermatoscopic image: the image check must not mind it."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from core.data.images import Image

Array = NDArray[np.float64]
Alteration = Callable[[Image, np.random.Generator], Image]
QUALITIES = (60, 95)
"""Lowest and highest JPEG quality of images as they arrive."""


def scope_circle(image: Image, rng: np.random.Generator) -> Image:
    """Blacken what lies outside the round view of a dermatoscope."""
    return _shade(image, rng, lambda radius: np.clip((rng.uniform(0.47, 0.62) - radius) / 0.02, 0, 1))


def vignette(image: Image, rng: np.random.Generator) -> Image:
    """Darken the image towards its corners."""
    strength = rng.uniform(0.4, 0.8)
    return _shade(image, rng, lambda radius: 1 - strength * np.minimum(radius / 0.83, 1) ** 2)


def shades_of_gray(image: Image, rng: np.random.Generator) -> Image:  # noqa: ARG001, nothing is random
    """Remove the light's color: color constancy as used on ISIC images (Finlayson and Trezzi 2004)."""
    values = image.astype(np.float64)
    light = (values**6).mean(axis=(0, 1)) ** (1 / 6)
    return np.asarray((values * light.mean() / np.maximum(light, 1)).clip(0, 255), np.uint8)


def slight_blur(image: Image, rng: np.random.Generator) -> Image:
    """Blur it a little, as a hand that moves or another lens."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.0) * image.shape[0] / 150), np.uint8)


def zoom(image: Image, rng: np.random.Generator) -> Image:  # noqa: ARG001
    """Show the middle 1.5 times as large."""
    height, width = image.shape[:2]
    top, left = height // 6, width // 6
    return np.ascontiguousarray(image[top : height - top, left : width - left])


def ruler(image: Image, rng: np.random.Generator) -> Image:
    """Draw the marks of a millimetre scale along one side."""
    out, (height, width) = image.copy(), image.shape[:2]
    step, ink = width / rng.uniform(10, 25), (int(rng.integers(0, 80)),) * 3
    for i in range(int(width / step)):
        length = height // (10 if i % 5 == 0 else 18)
        cv2.line(out, (round(i * step), height - length), (round(i * step), height), ink, 1, cv2.LINE_AA)
    return np.asarray(out[:: rng.choice([-1, 1])], np.uint8)


def gel_bubbles(image: Image, rng: np.random.Generator) -> Image:
    """Add the bright rings of air bubbles in the gel."""
    out, (height, width) = image.astype(np.float64), image.shape[:2]
    for _ in range(rng.integers(4, 12)):
        ring, center = np.zeros((height, width), np.uint8), (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(ring, center, int(rng.uniform(0.01, 0.05) * width) + 1, 255, 1, cv2.LINE_AA)
        out += ring[..., None] * rng.uniform(0.2, 0.6)
    return out.clip(0, 255).astype(np.uint8)


def hair(image: Image, rng: np.random.Generator) -> Image:
    """Draw dark hairs across the image."""
    out, (height, width) = image.copy(), image.shape[:2]
    for _ in range(rng.integers(5, 20)):
        ends = rng.uniform(-0.1, 1.1, (3, 2)) * (width, height)
        t = np.linspace(0, 1, 30)[:, None]
        curve = (1 - t) ** 2 * ends[0] + 2 * t * (1 - t) * ends[1] + t**2 * ends[2]
        ink = tuple(int(x) for x in rng.integers(10, 70) * np.array([1.2, 1.0, 0.8]))
        cv2.polylines(out, [curve.astype(np.int32)], False, ink, 1 + int(width > 300), cv2.LINE_AA)
    return np.asarray(out, np.uint8)


def _shade(image: Image, rng: np.random.Generator, light: Callable[[Array], Array]) -> Image:
    height, width = image.shape[:2]
    row, column = np.ogrid[:height, :width]
    center = np.array([height, width]) * rng.uniform(0.46, 0.54, 2)
    radius = np.hypot(row - center[0], column - center[1]) / height
    return np.asarray(image * light(radius)[..., None], np.uint8)


ALTERATIONS: dict[str, Alteration] = {
    "scope circle": scope_circle,
    "vignette": vignette,
    "shades of gray": shades_of_gray,
    "slight blur": slight_blur,
    "zoom": zoom,
    "ruler": ruler,
    "gel bubbles": gel_bubbles,
    "hair": hair,
}
"""By name."""


def as_file(image: Image, kind: str, rng: np.random.Generator) -> Image:
    """Return an image as it comes back from a file: "png" keeps it, "jpeg" and "webp" lose detail."""
    if kind == "png":
        return image
    flag, ending = (cv2.IMWRITE_JPEG_QUALITY, ".jpg") if kind == "jpeg" else (cv2.IMWRITE_WEBP_QUALITY, ".webp")
    encoded = cv2.imencode(ending, image[..., ::-1], [flag, int(rng.integers(*QUALITIES, endpoint=True))])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB), np.uint8)
