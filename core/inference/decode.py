"""From untrusted bytes to pixels, with hard limits; the only way an uploaded image enters the program."""

import io
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal

import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms

from core.data.images import Image
from core.errors import UserError
from core.inference.containers import Contents, Damaged, read_jpeg, read_png, read_webp
from core.inference.pool import BUSY, TIMEOUT

MAX_BYTES = 40 * 2**20
"""A phone's JPEG of 200 megapixels has up to 40 MB."""
MAX_MEGAPIXELS = 40
MAX_BASELINE_MEGAPIXELS = 200
"""For JPEGs that are decoded at reduced size from the start, which all but the progressive ones are."""
MAX_SCANS = 64
"""A camera's progressive JPEG has about ten; with thousands, a few kilobytes take seconds to decode."""
MIN_SIDE = 32
MAX_ASPECT = 10
LONGEST_SIDE = 1024
"""Larger images are reduced to this before anything else happens to them."""
MAX_AT_ONCE = 2
"""Images decoded at the same time, over all sessions: one of 40 megapixels needs 160 MB."""
_slots = threading.BoundedSemaphore(MAX_AT_ONCE)

Format = Literal["JPEG", "PNG", "WEBP"]
READERS: dict[Format, Callable[[bytes], Contents]] = {"JPEG": read_jpeg, "PNG": read_png, "WEBP": read_webp}
MORE = bytes(range(1, 255)) * 8 + b"\xff\xd9"
"""Image data that could follow a JPEG that breaks off."""
TURNS = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT, 3: Pillow.Transpose.ROTATE_180, 4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE, 6: Pillow.Transpose.ROTATE_270, 7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}  # fmt: skip
"""What makes an image upright, by EXIF orientation."""
Pillow.MAX_IMAGE_PIXELS = MAX_BASELINE_MEGAPIXELS * 1_000_000  # _check_frame has the narrower limits
FTYP_IMAGES = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")
SIXTEEN_BIT = ("I", "I;16", "I;16B", "I;16L", "I;16N")
UNSUPPORTED = "This file isn't a JPEG, PNG or WebP image, even though its name suggests it."
DAMAGED = "This image is damaged or incomplete. Save or export it again, then try once more."


def decode(data: bytes) -> Image:
    """Decode a JPEG, PNG or WebP image of unknown origin.

    Only what the image needs is read (see `core.inference.containers`). EXIF orientation is applied, 16
    bits are reduced to 8, transparency becomes white, colours are converted to sRGB, and images larger than
    LONGEST_SIDE are reduced to it. File names are ignored.

    Args:
        data: The file's bytes.

    Returns:
        uint8, (height, width, 3), RGB.

    Raises:
        UserError: The format isn't supported; the image is damaged, animated, too large, too small or too narrow; or
            the server is busy.

    Example:
        >>> stream = io.BytesIO()
        >>> Pillow.new("L", (60, 45)).save(stream, "PNG")
        >>> decode(stream.getvalue()).shape
        (45, 60, 3)
    """
    if len(data) > MAX_BYTES:
        raise UserError(f"This file is larger than {MAX_BYTES // 2**20} MB. Use a smaller or more compressed image.")
    kind = sniff(data)
    with _slot():
        return _decode(data, kind)


@contextmanager
def _slot(timeout: float = TIMEOUT) -> Iterator[None]:
    if not _slots.acquire(timeout=timeout):
        raise UserError(BUSY)
    try:
        yield
    finally:
        _slots.release()


def _decode(data: bytes, kind: Format) -> Image:
    try:
        contents = READERS[kind](data)
        if contents.scans > MAX_SCANS:
            raise UserError(f"This JPEG has more than {MAX_SCANS} scans, which no camera produces. Save it again.")
        pixels = _read(contents, kind)
        # Of a JPEG without its end marker nothing is missing if what could follow changes nothing.
        if not contents.complete and (pixels != _read(replace(contents, data=contents.data[:-2] + MORE), kind)).any():
            raise Damaged
        return pixels
    except UserError:
        raise
    except Exception:  # decoders raise a dozen types on hostile bytes, all with the same meaning here
        raise UserError(DAMAGED) from None


def _read(contents: Contents, kind: Format) -> Image:
    limit = MAX_MEGAPIXELS if contents.buffered else MAX_BASELINE_MEGAPIXELS
    try:
        with warnings.catch_warnings(), Pillow.open(io.BytesIO(contents.data), formats=(kind,)) as image:
            _check_frame(image, kind, limit)
            return _pixels(image, contents.orientation)
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning):
        raise _too_large(limit) from None


def sniff(data: bytes) -> Format:
    """Find the format from the first bytes.

    Raises:
        UserError: The file is empty, of a format that isn't supported, or not an image.

    Example:
        >>> sniff(bytes.fromhex("ffd8ffe0"))
        'JPEG'
    """
    if not data:
        raise UserError("This file is empty.")
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    name = _refused_name(data)
    if name:
        raise UserError(f"{name} images aren't supported. Save it as JPEG or PNG and try again.")
    raise UserError(UNSUPPORTED)


def _refused_name(data: bytes) -> str | None:
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if data[4:8] == b"ftyp" and data[8:12] in FTYP_IMAGES:
        return "AVIF" if data[8:11] == b"avi" else "HEIC"
    return "BMP" if data.startswith(b"BM") and data[6:10] == bytes(4) else None


def _too_large(limit: int) -> UserError:
    return UserError(f"This image has more than {limit} megapixels. Use a smaller one.")


def _check_frame(image: Pillow.Image, kind: Format, limit: int) -> None:
    """Raise if the header alone shows that the image can't be used, before any pixel is decoded."""
    width, height = image.size
    if width * height > limit * 1_000_000:
        raise _too_large(limit)
    if min(width, height) < MIN_SIDE:
        raise UserError(f"This image is {width} x {height} pixels. Each side must have at least {MIN_SIDE}.")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise UserError(f"This image is {width} x {height} pixels, which is too narrow. Crop it around the spot.")
    if kind != "JPEG" and getattr(image, "n_frames", 1) > 1:
        name = "PNG" if kind == "PNG" else "WebP"
        raise UserError(f"Animated {name} images aren't supported. Save one frame as JPEG or PNG.")


def _pixels(image: Pillow.Image, orientation: int) -> Image:
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # JPEG only: decodes at 1/2, 1/4 or 1/8 where that is enough
    profile = image.info.get("icc_profile")
    upright: Pillow.Image = image
    if upright.mode in SIXTEEN_BIT:
        # convert("RGB") would clip everything above 255 to white
        upright = Pillow.fromarray((np.clip(np.asarray(upright, np.int64), 0, 65535) // 257).astype(np.uint8))
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        upright = Pillow.alpha_composite(Pillow.new("RGBA", upright.size, "white"), upright).convert("RGB")
    if upright.mode not in ("L", "RGB", "CMYK"):
        upright = upright.convert("RGB")
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if orientation in TURNS:
        upright = upright.transpose(TURNS[orientation])
    return np.array(_to_srgb(upright, profile), np.uint8)


def _to_srgb(image: Pillow.Image, profile: bytes | None) -> Pillow.Image:
    """Apply an embedded colour profile; ignore one that is broken or of another kind."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            converted = None
        if converted is not None:
            return converted
    return image.convert("RGB")
