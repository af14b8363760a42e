"""Image quality before a model sees the image: blur, exposure, and whether anything is in the middle."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.config import SOURCE_SIZE
from core.inference.crop import PreparedImage

CLIPPED = 4
"""Grey levels this close to black or white count as clipped."""
SMOOTHING = 3.0
"""Standard deviation in pixels of the blur that removes grain before the middle is measured."""
MEASURES = ("sharpness", "brightness", "clipped", "structure")


@dataclass(frozen=True)
class Quality:
    """Quality of an image, measured at the size that models were trained on.

    Attributes:
        sharpness: Logarithm of the Laplacian's variance (Pech-Pacheco et al. 2000, doi:10.1109/ICPR.2000.903548).
        brightness: Mean grey level, 0-255.
        clipped: Share of pixels that are almost black or white.
        structure: Spread of colour in the middle without grain, in grey levels: near 0 on bare skin.
    """

    sharpness: float
    brightness: float
    clipped: float
    structure: float

    def as_array(self) -> NDArray[np.float64]:
        """(4,) in the order of MEASURES."""
        return np.array([getattr(self, name) for name in MEASURES], np.float64)


@dataclass(frozen=True)
class ImageWarning:
    """A problem with an image.

    Attributes:
        problem: What is wrong, one sentence.
        advice: What to try, one sentence.
    """

    problem: str
    advice: str


BLURRED = ImageWarning("It's blurred.", "Hold still, tap on the spot to focus, and don't go too close to focus.")
DARK = ImageWarning("It's too dark.", "Use more light, and don't let a shadow fall on the spot.")
BRIGHT = ImageWarning("It's too bright.", "Turn off the flash or move away from the lamp.")
CLIPPED_WARNING = ImageWarning("Much of it is pure black or white.", "Crop black or white margins, and avoid glare.")
EMPTY = ImageWarning("There is nothing in the middle.", "Move the crop so that the spot is in the middle.")


def assess(image: PreparedImage) -> Quality:
    """Measure the quality of an image.

    Args:
        image: From `core.inference.crop.prepare`.
    """
    small = image.resized(SOURCE_SIZE)
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


def quality_warnings(quality: Quality, limits: dict[str, float]) -> list[ImageWarning]:
    """Compare the quality of an image with limits; a value at its limit is still good.

    Args:
        quality: From `assess`.
        limits: Lowest "sharpness" and "structure", lowest and highest brightness ("dark", "bright"), highest share
            "clipped".

    Returns:
        Warnings, most serious first; empty if the image is good.

    Example:
        >>> limits = {"sharpness": 3.0, "dark": 60.0, "bright": 220.0, "clipped": 0.1, "structure": 5.0}
        >>> [each.problem for each in quality_warnings(Quality(4.0, 40.0, 0.0, 9.0), limits)]
        ["It's too dark."]
    """
    checks = (
        (quality.structure < limits["structure"], EMPTY),
        (quality.brightness < limits["dark"], DARK),
        (quality.brightness > limits["bright"], BRIGHT),
        (quality.clipped > limits["clipped"], CLIPPED_WARNING),
        (quality.sharpness < limits["sharpness"], BLURRED),
    )
    return [warning for failed, warning in checks if failed]


def fit_limits(measured: NDArray[np.float64], outside: float = 0.001) -> dict[str, float]:
    """Fit quality limits to good images.

    Args:
        measured: (n, 4) of the training images, in the order of MEASURES.
        outside: Share of these images beyond each limit.

    Returns:
        As `quality_warnings` takes it, rounded to four decimals.
    """
    low, high = np.quantile(measured, [outside, 1 - outside], axis=0)
    named = {"sharpness": low[0], "dark": low[1], "bright": high[1], "clipped": high[2], "structure": low[3]}
    return {name: round(float(value), 4) for name, value in named.items()}
