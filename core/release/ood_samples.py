"""Images that are not dermatoscopic: the OOD detector is chosen and measured on them.

Photographs and figures come from the sample data of scikit-image and scikit-learn (see the licences there; no copy
of them is stored here), the rest is drawn. Half of the sources are for choosing the detector, the other half, which
it never saw, for the reported rates.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core.config import SEED
from core.data.images import Image
from core.errors import UserError

SIZE = (300, 400)
"""(height, width) of drawn images in pixels."""
PHOTOS = (
    "astronaut.png", "camera.png", "cell.png", "chelsea.png", "china.jpg", "clock_motion.png", "coffee.png",
    "coins.png", "flower.jpg", "horse.png", "hubble_deep_field.jpg", "ihc.png", "microaneurysms.png", "moon.png",
    "motorcycle_left.png", "retina.jpg", "rocket.jpg",
)  # fmt: skip
TEXTURES = ("brick.png", "grass.png", "gravel.png")
FIGURES = ("chessboard_RGB.png", "color.png", "logo.png", "phantom.png")
PAGES = ("page.png", "text.png")
SAMPLES = {"photograph": PHOTOS, "texture": TEXTURES, "figure": FIGURES, "text": PAGES}
CROPS = 6
DRAWN = 20
"""Images of each drawn kind, half of them for choosing."""
SKIN = ((255, 224, 196), (224, 172, 105), (198, 134, 66), (141, 85, 36), (236, 188, 180), (90, 56, 37))
LOREM = ("Lorem", "ipsum", "dolor", "sit", "amet", "consectetur", "adipiscing", "elit", "sed", "do", "tempor", "labore")

Draw = Callable[[np.random.Generator], Image]


@dataclass(frozen=True)
class OODSample:
    """An image that must be refused.

    Attributes:
        image: uint8, (height, width, 3), RGB.
        kind: "photograph", "crop", "texture", "figure", "text", "chart", "plain", "bare skin" or "noise".
        source: File or drawing that it comes from; images from one source are not independent.
        report: True if it is for the reported rates, False if it is for choosing.
    """

    image: Image
    kind: str
    source: str
    report: bool


def ood_samples(seed: int = SEED) -> list[OODSample]:
    """Load and draw all samples; the same seed gives the same samples.

    Raises:
        UserError: scikit-image is not installed.
    """
    return [*_samples(seed), *_drawn(seed)]


def _samples(seed: int) -> Iterator[OODSample]:
    for kind, names in SAMPLES.items():
        for i, name in enumerate(names):
            image, rng, report = _read(name), np.random.default_rng((seed, i)), bool(i % 2)
            yield OODSample(image, kind, name, report)
            for _ in range(CROPS if kind in ("photograph", "texture") else 2):
                yield OODSample(_crop(image, rng), "crop" if kind == "photograph" else kind, name, report)


def _read(name: str) -> Image:
    try:
        import skimage
        import sklearn
    except ImportError:
        raise UserError(
            "The OOD detector is measured on scikit-image's sample images. Install requirements-dev.txt."
        ) from None
    folders = (Path(skimage.__file__).parent / "data", Path(sklearn.__file__).parent / "datasets" / "images")
    for folder in folders:
        if (folder / name).is_file():
            return np.asarray(cv2.imread(str(folder / name), cv2.IMREAD_COLOR_RGB), np.uint8)
    raise UserError(f"scikit-image's sample image {name} is missing. Install requirements-dev.txt again.")


def _crop(image: Image, rng: np.random.Generator) -> Image:
    """Cut out a 4:3 part, a quarter to three quarters of the largest that fits."""
    height = int(min(image.shape[0], image.shape[1] * 3 / 4) * rng.uniform(0.25, 0.75))
    width = height * 4 // 3
    top, left = (int(rng.integers(0, n - m + 1)) for n, m in zip(image.shape[:2], (height, width), strict=True))
    return np.ascontiguousarray(image[top : top + height, left : left + width])


def _drawn(seed: int) -> Iterator[OODSample]:
    for number, (kind, draw) in enumerate(DRAWINGS.items()):
        for i in range(DRAWN):
            image = draw(np.random.default_rng((seed, number, i)))
            yield OODSample(image, kind, f"{kind} {i}", bool(i % 2))


def _canvas(rng: np.random.Generator) -> Image:
    paper = rng.integers(225, 256, 3) if rng.random() < 0.7 else rng.integers(0, 60, 3)
    return np.full((*SIZE, 3), paper, np.uint8)


def _ink(canvas: Image, rng: np.random.Generator) -> tuple[int, int, int]:
    low, high = (0, 130) if canvas[0, 0].mean() > 128 else (140, 256)
    red, green, blue = (int(x) for x in rng.integers(low, high, 3))
    return red, green, blue


def _text(rng: np.random.Generator) -> Image:
    canvas = _canvas(rng)
    ink, scale = _ink(canvas, rng), float(rng.uniform(0.4, 1.4))
    for y in range(30, SIZE[0], int(30 * scale) + 6):
        line = " ".join(rng.choice(LOREM, 12))
        cv2.putText(canvas, line, (10, y), int(rng.integers(0, 5)), scale, ink, 1 + int(scale), cv2.LINE_AA)
    return canvas


def _chart(rng: np.random.Generator) -> Image:
    canvas = _canvas(rng)
    frame = _ink(canvas, rng)
    cv2.line(canvas, (40, 20), (40, 270), frame, 2)
    cv2.line(canvas, (40, 270), (380, 270), frame, 2)
    kind, values = int(rng.integers(3)), rng.integers(20, 240, 8)
    if kind == 0:
        for x, value in zip(range(55, 375, 40), values, strict=True):
            cv2.rectangle(canvas, (x, 270 - int(value)), (x + 28, 270), _ink(canvas, rng), -1)
    elif kind == 1:
        points = np.stack([np.linspace(45, 375, 8), 270 - values], 1).astype(np.int32)
        cv2.polylines(canvas, [points], False, _ink(canvas, rng), 3, cv2.LINE_AA)
    else:
        ends = np.cumsum(values) * 360 / values.sum()
        for start, end in zip([0, *ends[:-1]], ends, strict=True):
            cv2.ellipse(canvas, (210, 145), (100, 100), 0, start, end, _ink(canvas, rng), -1, cv2.LINE_AA)
    return canvas


def _plain(rng: np.random.Generator) -> Image:
    return np.full((*SIZE, 3), rng.integers(0, 256, 3), np.uint8)


def _skin(rng: np.random.Generator) -> Image:
    """Draw skin without a spot: an even tone, uneven light, a little grain."""
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]] / SIZE[1]
    light = 1 + rng.uniform(-0.2, 0.2) * x + rng.uniform(-0.2, 0.2) * y
    tone = np.asarray(SKIN[rng.integers(len(SKIN))], float)
    grain = rng.normal(0, rng.uniform(1, 5), (*SIZE, 1))
    return np.asarray((tone * light[..., None] + grain).clip(0, 255), np.uint8)


def _noise(rng: np.random.Generator) -> Image:
    """Draw random noise at some scale, in colour or grey."""
    cells = 2 ** int(rng.integers(0, 6))
    small = rng.integers(0, 256, (SIZE[0] // cells, SIZE[1] // cells, 3 if rng.random() < 0.6 else 1), np.uint8)
    large = cv2.resize(small, (SIZE[1], SIZE[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.broadcast_to(large.reshape(*SIZE, -1), (*SIZE, 3)), np.uint8)


DRAWINGS: dict[str, Draw] = {
    "text": _text, "chart": _chart, "plain": _plain, "bare skin": _skin, "noise": _noise,
}  # fmt: skip
