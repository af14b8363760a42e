"""Artefacts of synthetic images (hairs, dark corners) and conversion from Lab to RGB."""

import cv2
import numpy as np

from core.config import SOURCE_SIZE
from core.data.images import Image
from core.synthetic.model import CENTRE, Array

HEIGHT, WIDTH = SOURCE_SIZE


def draw_hairs(lab: Array, count: int, rng: np.random.Generator) -> Array:
    """Draw dark curved hairs, all of similar direction and color.

    Args:
        lab: (height, width, 3).
        count: Number of hairs.
    """
    from scipy.ndimage import gaussian_filter

    cover = np.zeros((HEIGHT, WIDTH), np.uint8)
    lean, colour = rng.uniform(0, np.pi), np.array([rng.uniform(12, 35), 7.0, 9.0])
    t = np.linspace(0, 1, 16)[:, None]
    for _ in range(count):
        start = rng.uniform((-20, -20), (WIDTH, HEIGHT))
        angle, length = lean + rng.normal(0, 0.4), rng.uniform(25, 120)
        along = length * np.array([np.cos(angle), np.sin(angle)])
        bend = rng.normal(0, 0.1) * length * np.array([-np.sin(angle), np.cos(angle)])
        points = np.rint((start + along * t + bend * 4 * t * (1 - t)) * 16).astype(np.int32)
        cv2.polylines(cover, [points], False, int(rng.integers(110, 256)), 1, cv2.LINE_AA, shift=4)
    alpha = 0.8 * gaussian_filter(cover / 255, 0.6)[..., None]
    return np.asarray(lab * (1 - alpha) + alpha * colour)


def draw_dark_corners(lab: Array, share: float, rng: np.random.Generator) -> Array:
    """Darken the area outside the dermatoscope's round field of view.

    Args:
        lab: (height, width, 3).
        share: Dark share of the image, 0 to 1.
    """
    x, y = CENTRE[0] + rng.normal(0, 4), CENTRE[1] + rng.normal(0, 4)
    distance = np.hypot(np.arange(WIDTH) - x, np.arange(HEIGHT)[:, None] - y)
    rim = np.sort(distance, axis=None)[int((1 - share) * (distance.size - 1))]
    light = (1 / (1 + np.exp(np.clip((distance - rim) / 1.5, -30, 30))))[..., None]
    shade = 1 - 0.25 * np.clip((distance - 0.75 * rim) / (0.25 * rim), 0, 1)[..., None] ** 2
    return np.asarray(lab * shade * light + (1 - light) * np.array([6.0, 1.0, 1.0]))


def lab_to_rgb(lab: Array) -> Image:
    """Convert CIE Lab (D65, L 0-100) to sRGB, uint8; clips colors outside the gamut."""
    fy = (lab[..., 0] + 16) / 116
    xyz = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], axis=-1)
    xyz = np.where(xyz > 6 / 29, xyz * xyz * xyz, (xyz - 4 / 29) * (108 / 841)) * np.array([0.950456, 1.0, 1.088754])
    linear = xyz @ np.array(
        [[3.240479, -0.969256, 0.055648], [-1.53715, 1.875991, -0.204043], [-0.498535, 0.041556, 1.057311]]
    )
    linear = np.clip(linear, 0, 1)
    rgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(rgb * 255), np.uint8)
