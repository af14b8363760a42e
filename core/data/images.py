"""Images as arrays: decoding and preprocessing, the same for training, evaluation and serving."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.config import SOURCE_SIZE
from core.data.metadata import Dataset
from core.errors import UserError, name_offenders

Image = NDArray[np.uint8]
"""(height, width, 3), RGB, 0-255."""
ASPECT = 4 / 3
"""Width divided by height of every HAM10000 image."""


def read_image(path: Path) -> Image:
    """Decode a dataset image.

    Returns:
        uint8, (height, width, 3), RGB.

    Raises:
        UserError: The file is missing or unreadable.
    """
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise UserError(f"{path.name} cannot be read: {error.strerror}.") from error
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) if data.size else None
    if decoded is None:
        raise UserError(f"{path.name} is not a readable image; fetch it again or delete it.")
    return np.asarray(decoded, np.uint8)


def jpeg(image: Image, quality: int = 90) -> bytes:
    """Encode an image as a JPEG file; other threads run meanwhile, which Pillow doesn't let them.

    Args:
        image: uint8, (height, width, 3), RGB.
        quality: 0 to 100.

    Example:
        >>> jpeg(np.zeros((8, 8, 3), np.uint8))[:2].hex()
        'ffd8'
    """
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()


def crop_box(height: int, width: int) -> tuple[int, int, int, int]:
    """Compute the largest centered 4:3 crop.

    Returns:
        (top, left, crop height, crop width) in pixels.

    Example:
        >>> crop_box(100, 100)
        (12, 0, 75, 100)
    """
    crop_height = min(height, max(1, round(width / ASPECT)))
    crop_width = min(width, max(1, round(height * ASPECT)))
    return (height - crop_height) // 2, (width - crop_width) // 2, crop_height, crop_width


def resize(image: Image, size: tuple[int, int]) -> Image:
    """Resize to (height, width): area average when shrinking, bilinear when growing."""
    height, width = size
    if image.shape[:2] == (height, width):
        return image
    shrinking = height * width < image.shape[0] * image.shape[1]
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8)


def reduced_crop(image: Image) -> Image:
    """Cut the centred 4:3 crop and reduce it to SOURCE_SIZE if it is larger: every model input is resized from it.

    Args:
        image: uint8, (height, width, 3), RGB.
    """
    top, left, height, width = crop_box(*image.shape[:2])
    crop = image[top : top + height, left : left + width]
    return np.ascontiguousarray(resize(crop, SOURCE_SIZE) if height > SOURCE_SIZE[0] else crop)


def preprocess(image: Image, size: tuple[int, int]) -> Image:
    """Make a model's input: the centered 4:3 crop, reduced to SOURCE_SIZE if larger, resized to `size`.

    Args:
        image: uint8, (height, width, 3), RGB.
        size: The model's input (height, width) in pixels.

    Returns:
        uint8, (*size, 3), RGB; the network's first layer scales it to floats.
    """
    return resize(reduced_crop(image), size)


def load_images(
    paths: Iterable[Path], size: tuple[int, int], on_done: Callable[[int], object] | None = None
) -> NDArray[np.uint8]:
    """Decode and preprocess many images.

    Args:
        paths: Image files.
        size: (height, width) in pixels.
        on_done: Called with the number done so far, for a progress bar.

    Returns:
        uint8, (n, *size, 3), RGB, in the order of `paths`.

    Raises:
        UserError: Names the first file that cannot be read.
    """
    files = list(paths)
    out = np.empty((len(files), *size, 3), np.uint8)
    with ThreadPoolExecutor() as pool:
        for i, image in enumerate(pool.map(lambda path: preprocess(read_image(path), size), files)):
            out[i] = image
            if on_done:
                on_done(i + 1)
    return out


def check_images(dataset: Dataset) -> None:
    """Decode every image of a dataset.

    Raises:
        UserError: Names the files that cannot be read.
    """

    def fault(path: Path) -> str | None:
        try:
            read_image(path)
        except UserError:
            return path.name
        return None

    with ThreadPoolExecutor() as pool:
        unreadable = sorted(name for name in pool.map(fault, dataset.images.values()) if name)
    if unreadable:
        raise UserError(f"Images that cannot be read: {name_offenders(unreadable)}; fetch them again or delete them.")
