"""A schematic body, front and back, whose parts are HAM10000's body sites: outlines alone, no data.

Drawn in units of which a person is ten tall, x to the right, the floor at zero. Limbs are capsules, the trunk smoothed
polygons; the right half is drawn and mirrored.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Outline = NDArray[np.float64]
BACK = 4.6
"""How far to the right of the front view the back view stands."""
LOOSE = {"trunk": (-1.55, 1.35), "acral": (1.65, 0.95), "unknown": (4.85, 1.35)}
"""Sites with no place of their own, as (left edge, width) of a chip below the figures."""
CHIP_TOP, CHIP_BOTTOM = -0.6, -1.2


def ellipse(x: float, y: float, width: float, height: float, start: float = 0, end: float = 360) -> Outline:
    """Points of an ellipse, or of the slice of it between two angles in degrees; shape (n, 2)."""
    angle = np.radians(np.linspace(start, end, 41))
    return np.column_stack([x + width / 2 * np.cos(angle), y + height / 2 * np.sin(angle)])


def smooth(*corners: tuple[float, float], rounds: int = 3) -> Outline:
    """Smooth a closed polygon by cutting its corners again and again (Chaikin); shape (n, 2)."""
    points = np.array(corners, float)
    for _ in range(rounds):
        following = np.roll(points, -1, axis=0)
        cut = np.stack([0.8 * points + 0.2 * following, 0.2 * points + 0.8 * following], axis=1)
        points = cut.reshape(-1, 2)
    return np.vstack([points, points[:1]])


def limb(*joints: tuple[float, float, float]) -> Outline:
    """Draw a limb through joints (x, y, radius), rounded at both ends; shape (n, 2)."""
    path = np.array(joints, float)
    way = np.gradient(path[:, :2], axis=0)
    normal = np.column_stack([-way[:, 1], way[:, 0]]) / np.linalg.norm(way, axis=1, keepdims=True)
    side = path[:, 2:] * normal
    tip = way[[0, -1]] / np.linalg.norm(way[[0, -1]], axis=1, keepdims=True) * path[[0, -1], 2:]
    start, end = path[0, :2] - tip[0], path[-1, :2] + tip[1]
    left, right = path[:, :2] + side, path[:, :2] - side
    return smooth(*map(tuple, left), tuple(end), *map(tuple, right[::-1]), tuple(start))


def _both(outline: Outline) -> list[Outline]:
    return [outline, outline * [-1, 1]]


def _mirrored(*right: tuple[float, float]) -> Outline:
    return smooth(*right, *((-x, y) for x, y in reversed(right)))


def _limbs() -> dict[str, list[Outline]]:
    """Return what front and back have in common."""
    return {
        "upper extremity": _both(limb((1.2, 7.85, 0.33), (1.5, 6.5, 0.27), (1.78, 5.15, 0.17))),
        "hand": _both(limb((1.86, 4.72, 0.16), (1.95, 4.35, 0.21), (1.98, 4.0, 0.12))),
        "lower extremity": _both(limb((0.5, 4.55, 0.47), (0.5, 2.75, 0.33), (0.47, 0.85, 0.18))),
        "foot": _both(smooth((0.3, 0.58), (0.62, 0.58), (0.95, 0.05), (0.25, 0.05))),
        "ear": _both(ellipse(0.6, 9.22, 0.2, 0.42)),
        "neck": [smooth((-0.27, 8.62), (0.27, 8.62), (0.33, 8.22), (-0.33, 8.22))],
    }


def _front() -> dict[str, list[Outline]]:
    chest = smooth(
        (-0.42, 8.2), (0.42, 8.2), (1.02, 8.02), (0.92, 7.2), (0.84, 6.5), (-0.84, 6.5), (-0.92, 7.2), (-1.02, 8.02)
    )
    abdomen = smooth(
        (-0.84, 6.42), (0.84, 6.42), (0.8, 5.8), (0.95, 5.05), (0.3, 4.82), (-0.3, 4.82), (-0.95, 5.05), (-0.8, 5.8)
    )
    return {
        "scalp": [ellipse(0, 9.38, 1.08, 1.3, 20, 160)],
        "face": [ellipse(0, 9.36, 1.08, 1.42, 168, 372)],
        "chest": [chest],
        "abdomen": [abdomen],
        "genital": [ellipse(0, 4.62, 0.34, 0.36)],
    }


def _rear() -> dict[str, list[Outline]]:
    back = _mirrored((0.42, 8.2), (1.02, 8.02), (0.92, 7.2), (0.8, 5.9), (0.9, 5.3))
    return {"scalp": [ellipse(0, 9.35, 1.1, 1.42)], "back": [back]}


def _chip(left: float, width: float) -> Outline:
    right = left + width
    return smooth((left, CHIP_BOTTOM), (right, CHIP_BOTTOM), (right, CHIP_TOP), (left, CHIP_TOP))


@cache
def outlines() -> dict[str, list[Outline]]:
    """Draw every site's outlines on the two figures, and chips for the sites without a place."""
    shapes: dict[str, list[Outline]] = {site: [_chip(*place)] for site, place in LOOSE.items()}
    for view, shift in (((_limbs() | _front()), 0.0), ((_limbs() | _rear()), BACK)):
        for site, parts in view.items():
            shapes.setdefault(site, []).extend(np.round(part + np.array([shift, 0]), 2) for part in parts)
    return shapes


LABELS: dict[str, tuple[float, float, float, float]] = {
    "face": (-0.3, 9.1, -1.7, 9.4),
    "chest": (-0.5, 7.5, -2.0, 8.0),
    "abdomen": (-0.5, 5.9, -2.2, 6.3),
    "genital": (-0.05, 4.62, -2.35, 3.2),
    "hand": (-1.95, 4.3, -2.35, 4.7),
    "scalp": (BACK + 0.3, 9.6, BACK + 1.7, 10.1),
    "ear": (BACK + 0.63, 9.2, BACK + 1.8, 8.8),
    "neck": (BACK + 0.2, 8.42, BACK + 1.9, 7.5),
    "back": (BACK + 0.5, 6.6, BACK + 2.1, 6.2),
    "upper extremity": (BACK + 1.7, 5.2, BACK + 2.3, 4.5),
    "lower extremity": (BACK + 0.6, 2.3, BACK + 1.9, 2.5),
    "foot": (BACK + 0.65, 0.3, BACK + 1.9, 0.6),
}
"""Where each site is pointed at and where its label stands: (x, y, label x, label y)."""
