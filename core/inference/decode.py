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

from core.config import MAX_BYTES
from core.data.images import Image
from core.errors import BusyError, UserError
from core.inference.containers import Contents, Damaged, read_jpeg, read_png, read_webp
from core.inference.pool import BUSY, TIMEOUT

MAX_MEGAPIXELS = 40
"""For what a decoder must hold as a whole: PNG and progressive JPEG, at most 4 bytes a pixel."""
MAX_WEBP_MEGAPIXELS = 16
"""libwebp's decoder for animations, which Pillow uses for every WebP, holds three copies."""
MAX_BASELINE_MEGAPIXELS = 200
"""For JPEGs that are decoded at reduced size from the start, which all but the progressive ones are."""
MAX_SCANS = 64
"""A camera's progressive JPEG has about ten; with thousands, a few kilobytes take seconds to decode."""
MIN_SIDE = 32
MAX_ASPECT = 10
BAND = 64
"""Rows of the reduced image that are made at a time, so that only they exist in several modes at once."""
LONGEST_SIDE = 1024
"""Larger images are reduced to this before anything else happens to them."""
MAX_AT_ONCE = 2
"""Images decoded at the same time, over all sessions: one of 40 megapixels needs 160 MB."""
_slots = threading.BoundedSemaphore(MAX_AT_ONCE)

Format = Literal["JPEG", "PNG", "WEBP"]
READERS: dict[Format, Callable[[bytes], Contents]] = {"JPEG": read_jpeg, "PNG": read_png, "WEBP": read_webp}
MORE = b"\0" + bytes(range(1, 255)) * 8 + b"\xff\xd9"
"""Image data that could follow a JPEG that breaks off."""
TURNS = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT, 3: Pillow.Transpose.ROTATE_180, 4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE, 6: Pillow.Transpose.ROTATE_270, 7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}  # fmt: skip
"""What makes an image upright, by EXIF orientation."""
Pillow.MAX_IMAGE_PIXELS = MAX_BASELINE_MEGAPIXELS * 1_000_000  # _check_frame has the narrower limits
HEIF = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"heif", b"mif1", b"msf1"}
"""Brands of HEIC. It isn't read: libheif can't decode at reduced size, and a file of 40 kB that names a size of
64 x 64 pixels costs it seconds and hundreds of megabytes (`tests/benchmarks/README.md` has the figures)."""
SIGNATURES = {
    b"GIF87a": "GIF", b"GIF89a": "GIF", b"II*\0": "TIFF", b"MM\0*": "TIFF", b"II+\0": "TIFF", b"MM\0+": "TIFF",
    b"8BPS": "Photoshop", b"\xff\x0a": "JPEG XL", b"\0\0\0\x0cJXL ": "JPEG XL", b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
}  # fmt: skip
"""First bytes of formats that are refused by name."""
TO_JPEG = "Save it as JPEG or PNG and try again."
FROM_IPHONE = "Export it as JPEG; an iPhone takes JPEGs with Settings, Camera, Formats, Most Compatible."
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
        raise BusyError(BUSY)
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
    limit = MAX_WEBP_MEGAPIXELS if kind == "WEBP" else MAX_MEGAPIXELS
    limit = limit if contents.buffered else MAX_BASELINE_MEGAPIXELS
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
        raise UserError(f"{name} images aren't supported. {FROM_IPHONE if name == 'HEIC' else TO_JPEG}")
    raise UserError(UNSUPPORTED)


def _refused_name(data: bytes) -> str | None:
    for start, name in SIGNATURES.items():
        if data.startswith(start):
            return name
    if data[4:8] == b"ftyp":
        brands = {data[at : at + 4] for at in (8, *range(16, min(int.from_bytes(data[:4], "big"), 256), 4))}
        return "AVIF" if brands & {b"avif", b"avis"} else "HEIC" if brands & HEIF else None
    if data[128:132] == b"DICM":
        return "DICOM"
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
    upright = _reduced(image)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if orientation in TURNS:
        upright = upright.transpose(TURNS[orientation])
    return np.array(_to_srgb(upright, profile), np.uint8)


def _reduced(image: Pillow.Image) -> Pillow.Image:
    """Reduce a much larger image by a whole factor, band by band, to one of modes L, RGB or CMYK on white."""
    factor = max(1, max(image.size) // (2 * LONGEST_SIDE))
    if factor == 1:
        return _flat(image)
    width, height = image.size
    rows = BAND * factor
    bands = [
        _flat(image.crop((0, top, width, min(top + rows, height)))).reduce(factor) for top in range(0, height, rows)
    ]
    whole = Pillow.new(bands[0].mode, (bands[0].width, sum(band.height for band in bands)))
    for i, band in enumerate(bands):
        whole.paste(band, (0, i * BAND))
    return whole


def _flat(image: Pillow.Image) -> Pillow.Image:
    """Convert to 8 bits, transparency to white, and any other mode to L, RGB or CMYK."""
    if image.mode in SIXTEEN_BIT:
        # convert("RGB") would clip everything above 255 to white
        image = Pillow.fromarray((np.clip(np.asarray(image, np.int32), 0, 65535) // 257).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Pillow.alpha_composite(Pillow.new("RGBA", image.size, "white"), image)
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


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
