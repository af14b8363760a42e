"""Bytes from strangers to pixels, with hard limits; the only way an uploaded picture enters the program."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps

from core.data.images import Image
from core.errors import UserError
from core.inference.pool import BUSY, TIMEOUT

MAX_BYTES = 10 * 2**20
MAX_MEGAPIXELS = 40
MAX_SCANS = 64
"""A progressive JPEG of a camera has about ten; thousands make a few kilobytes take seconds."""
MIN_SIDE = 32
MAX_ASPECT = 10
LONGEST_SIDE = 1024
"""Pictures are reduced to this before anything else is done with them."""
MAX_AT_ONCE = 2
"""Pictures in decoding at a time, over all sessions: one of 40 megapixels takes 160 MB meanwhile."""
_slots = threading.BoundedSemaphore(MAX_AT_ONCE)

Format = Literal["JPEG", "PNG", "WEBP"]
FTYP_PICTURES = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")
SIXTEEN_BIT = ("I", "I;16", "I;16B", "I;16L", "I;16N")
UNSUPPORTED = "This file is unsupported: it is no JPEG, PNG or WebP picture, whatever its name says."
DAMAGED = "This picture is damaged or cut short; save or export it again and try once more."


def decode(data: bytes) -> Image:
    """Decode a JPEG, PNG or WebP picture of unknown origin.

    EXIF orientation is applied, 16 bits are reduced to 8, transparency is laid on white, colours are converted
    to sRGB, and what is larger than LONGEST_SIDE is reduced to it. File names are never looked at.

    Args:
        data: The file's bytes.

    Returns:
        uint8, (height, width, 3), RGB.

    Raises:
        UserError: Unsupported kind, damaged, animated, too many bytes or pixels, too small, too long and narrow; or
            the server is busy with other pictures.
    """
    if len(data) > MAX_BYTES:
        raise UserError(f"This file is larger than {MAX_BYTES // 2**20} MB; send a smaller or more compressed picture.")
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
        if kind == "PNG":
            with _open(data, kind) as picture:
                _check_frame(picture, kind)
                picture.verify()  # the only call that checks every CRC; it uses the object up
        with _open(data, kind) as picture:
            _check_frame(picture, kind)
            return _pixels(picture)
    except UserError:
        raise
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning):
        raise _too_large() from None
    except Exception:  # the decoders raise a dozen types on hostile bytes, and all mean the same here
        raise UserError(DAMAGED) from None


def sniff(data: bytes) -> Format:
    """The kind of picture by its first bytes.

    Raises:
        UserError: Empty, a kind that is refused by name, or no picture at all.
    """
    if not data:
        raise UserError(f"The file is empty. {DAMAGED}")
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    name = _refused_name(data)
    if name:
        raise UserError(f"{name} pictures are not read here; save it as JPEG or PNG and try again.")
    raise UserError(UNSUPPORTED)


def _refused_name(data: bytes) -> str | None:
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if data[4:8] == b"ftyp" and data[8:12] in FTYP_PICTURES:
        return "AVIF" if data[8:11] == b"avi" else "HEIC"
    return "BMP" if data.startswith(b"BM") and data[6:10] == bytes(4) else None


def _open(data: bytes, kind: Format) -> Pillow.Image:
    if kind == "JPEG" and data.count(b"\xff\xda") > MAX_SCANS:
        raise UserError(f"This JPEG has more than {MAX_SCANS} scans, which no camera makes; save it again.")
    return Pillow.open(io.BytesIO(data), formats=(kind,))


def _too_large() -> UserError:
    return UserError(f"This picture has more than {MAX_MEGAPIXELS} megapixels; send a smaller one.")


def _check_frame(picture: Pillow.Image, kind: Format) -> None:
    """Refuse by the header alone, before a pixel is decoded."""
    width, height = picture.size
    if width * height > MAX_MEGAPIXELS * 1_000_000:
        raise _too_large()
    if min(width, height) < MIN_SIDE:
        raise UserError(f"This picture is {width} x {height} pixels; each side must have at least {MIN_SIDE}.")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise UserError(f"This picture is {width} x {height} pixels, too long and narrow; crop it around the spot.")
    # A JPEG may carry a preview or a depth map as second picture (phones do): its first is the photo.
    if kind != "JPEG" and getattr(picture, "n_frames", 1) > 1:
        name = "PNG" if kind == "PNG" else "WebP"
        raise UserError(f"Animated {name} pictures are not read here; save one frame as JPEG or PNG.")


def _pixels(picture: Pillow.Image) -> Image:
    picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # JPEG only: decodes at 1/2, 1/4 or 1/8 where that is enough
    profile = picture.info.get("icc_profile")
    upright = ImageOps.exif_transpose(picture)
    if upright.mode in SIXTEEN_BIT:
        # convert("RGB") would clip everything above 255 to white
        upright = Pillow.fromarray((np.clip(np.asarray(upright, np.int64), 0, 65535) // 257).astype(np.uint8))
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        upright = Pillow.alpha_composite(Pillow.new("RGBA", upright.size, "white"), upright).convert("RGB")
    if upright.mode not in ("L", "RGB", "CMYK"):
        upright = upright.convert("RGB")
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return np.array(_to_srgb(upright, profile), np.uint8)


def _to_srgb(picture: Pillow.Image, profile: bytes | None) -> Pillow.Image:
    """Apply an embedded colour profile; one that is broken or of another kind is as good as none."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            converted = None
        if converted is not None:
            return converted
    return picture.convert("RGB")
