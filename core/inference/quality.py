"""Plain checks of a picture before a model sees it: blur, exposure, and whether anything is in its middle."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.config import SOURCE_SIZE
from core.data.images import Image, preprocess

CLIPPED = 4
"""Levels next to black or white that count as such."""
SMOOTHING = 3.0
"""Pixels (standard deviation) by which grain is smoothed away before the middle is looked at."""
MEASURES = ("sharpness", "brightness", "clipped", "structure")


@dataclass(frozen=True)
class Quality:
    """How good a picture is, at the size that models learned from.

    Attributes:
        sharpness: Logarithm of the Laplacian's variance (Pech-Pacheco et al. 2000, doi:10.1109/ICPR.2000.903548).
        brightness: Mean grey level, 0-255.
        clipped: Share of pixels that are as good as black or white.
        structure: Spread of colour in the middle once grain is smoothed away, in grey levels: near 0 on bare skin.
    """

    sharpness: float
    brightness: float
    clipped: float
    structure: float

    def as_array(self) -> NDArray[np.float64]:
        """(4,) in the order of MEASURES."""
        return np.array([getattr(self, name) for name in MEASURES], np.float64)


@dataclass(frozen=True)
class Fault:
    """What is wrong with a picture.

    Attributes:
        what: One sentence.
        advice: What to try, one sentence.
    """

    what: str
    advice: str


BLURRED = Fault("It is blurred.", "Hold still, tap on the spot to focus, and come no nearer than the camera can focus.")
DARK = Fault("It is too dark.", "Turn on more light, without a shadow on the spot.")
BRIGHT = Fault("It is too bright.", "Turn off the flash or move away from the lamp.")
CLIPPED_FAULT = Fault("Much of it is pure black or white.", "Crop away black or white margins, and avoid glare.")
EMPTY = Fault("There is nothing in its middle.", "Move the crop so that the spot lies in the middle.")


def assess(image: Image) -> Quality:
    """Measure a picture.

    Args:
        image: uint8, (height, width, 3), RGB.
    """
    small = preprocess(image, SOURCE_SIZE)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    extreme = (grey < CLIPPED) | (grey > 255 - CLIPPED)
    smooth = cv2.GaussianBlur(small, (0, 0), SMOOTHING).astype(np.float64)
    height, width = SOURCE_SIZE
    middle = smooth[height // 5 : -height // 5, width // 5 : -width // 5]
    return Quality(
        sharpness=float(np.log(cv2.Laplacian(grey, cv2.CV_64F).var() + 1)),
        brightness=float(grey.mean()),
        clipped=float(extreme.mean()),
        structure=float(np.sqrt(middle.reshape(-1, 3).var(axis=0).mean())),
    )


def faults(quality: Quality, limits: dict[str, float]) -> list[Fault]:
    """What is wrong with a picture, worst first.

    Args:
        quality: As `assess` returns it.
        limits: Least sharpness and structure, least and most brightness, most clipped: "sharpness", "structure",
            "dark", "bright", "clipped".
    """
    checks = (
        (quality.structure < limits["structure"], EMPTY),
        (quality.brightness < limits["dark"], DARK),
        (quality.brightness > limits["bright"], BRIGHT),
        (quality.clipped > limits["clipped"], CLIPPED_FAULT),
        (quality.sharpness < limits["sharpness"], BLURRED),
    )
    return [fault for wrong, fault in checks if wrong]


def fit_limits(measured: NDArray[np.float64], outside: float = 0.001) -> dict[str, float]:
    """Limits beyond which so few good pictures lie.

    Args:
        measured: (n, 4) of the training pictures, in the order of MEASURES.
        outside: Share of them beyond each limit.
    """
    low, high = np.quantile(measured, [outside, 1 - outside], axis=0)
    named = {"sharpness": low[0], "dark": low[1], "bright": high[1], "clipped": high[2], "structure": low[3]}
    return {name: round(float(value), 4) for name, value in named.items()}
