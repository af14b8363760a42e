"""What an image file holds around its pixels: only what decoding needs is passed on to the decoder.

Phones add previews, depth maps, whole videos and makers' notes, and programs add faulty EXIF. None of that changes
the image, except for the orientation, so everything else is dropped before a decoder can stumble over it.
"""

import re
import struct
import zlib
from dataclasses import dataclass

ORIENTATION = 0x0112
EOI, SOS, APP1, COMMENT = 0xD9, 0xDA, 0xE1, 0xFE
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of a frame header (SOF0 to SOF15)."""
SEQUENTIAL = {0xC0, 0xC1}
KEPT = {0xE0, 0xE2, 0xEE}
"""Application segments that change the pixels' colours: JFIF, colour profile, Adobe's colour transform."""
SEGMENT = re.compile(rb"\xff+[^\x00\xff]")
IN_SCAN = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
"""In a scan's data: the next marker that isn't a stuffed byte or a restart."""
CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"sRGB", b"gAMA", b"cHRM"}
"""PNG chunks that change the pixels; iCCP and acTL are kept on conditions."""
MAX_PARTS = 20_000
"""Segments or chunks; 40 MB of PNG in libpng's blocks of 8 kB have 5,000."""
MAX_PROFILE = 2**20
"""Bytes of a PNG's unpacked colour profile, above which Pillow refuses the image."""


class Damaged(Exception):
    """The file breaks off or contradicts itself."""


@dataclass(frozen=True)
class Contents:
    """An image file without what decoding doesn't need.

    Attributes:
        data: The file's bytes that matter; a JPEG always ends with its end marker.
        orientation: EXIF orientation, 1 to 8.
        scans: Number of scans of a JPEG's image; 1 for other formats.
        buffered: Whether a decoder must hold all of the image at once, as for a progressive JPEG.
        complete: False for a JPEG without its end marker, which may lack data too.
    """

    data: bytes
    orientation: int = 1
    scans: int = 1
    buffered: bool = True
    complete: bool = True


def read_jpeg(data: bytes) -> Contents:
    """Keep the segments of a JPEG's first image.

    Raises:
        Damaged: It breaks off before its first scan, has too many segments, or one of an impossible length.
    """
    kept, at, orientation, scans, frame, components = [data[:2]], 2, 1, 0, 0, b""
    complete = whole = False
    for _ in range(MAX_PARTS):
        # Before the first scan, segments follow one another; after it, image data lies between them.
        found = IN_SCAN.search(data, at) if scans else SEGMENT.match(data, at)
        if scans:
            kept.append(data[at : found.start() if found else len(data)])
        if found is None:
            break
        marker, at = data[found.end() - 1], found.end()
        complete = marker == EOI
        if whole:  # without an end marker, what follows is not of this image: a phone's video, perhaps
            break
        size = int.from_bytes(data[at : at + 2], "big")
        segment = data[at : at + size]
        if complete or (scans and len(segment) < size):
            break
        if size < 2 or len(segment) < size or (marker in FRAMES and frame):
            raise Damaged
        at += size
        if marker in FRAMES:
            frame, components = marker, segment[7:8]
        scans += marker == SOS
        whole = marker == SOS and frame in SEQUENTIAL and segment[2:3] == components
        if marker == APP1 and segment[2:8] == b"Exif\0\0" and orientation == 1:
            orientation = exif_orientation(segment[8:])
        if marker in KEPT or not (0xE0 <= marker <= 0xEF or marker == COMMENT):
            kept.append(bytes((0xFF, marker)) + segment)
    else:
        raise Damaged
    if not scans or not frame:
        raise Damaged
    return Contents(b"".join([*kept, b"\xff\xd9"]), orientation, scans, frame not in SEQUENTIAL or scans > 1, complete)


def read_png(data: bytes) -> Contents:
    """Keep the chunks of a PNG that decoding needs.

    Raises:
        Damaged: It breaks off, has too many chunks, or the checksum of one that is needed is wrong.
    """
    kept, at, orientation, profile = [data[:8]], 8, 1, False
    for _ in range(MAX_PARTS):
        head = data[at : at + 8]
        if len(head) < 8:
            raise Damaged
        size, name = struct.unpack(">I4s", head)
        chunk = data[at : at + 12 + size]
        if len(chunk) < 12 + size:
            raise Damaged
        critical = not name[0] & 0x20
        if name == b"iCCP" and not profile:
            profile = True
            wanted = _unpacks(chunk[8:-4])
        else:
            wanted = critical or name in CHUNKS or (name == b"acTL" and int.from_bytes(chunk[8:12], "big") > 1)
        if wanted:
            if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
                raise Damaged
            kept.append(chunk)
        elif name == b"eXIf":
            orientation = exif_orientation(chunk[8:-4])
        if name == b"IEND":
            return Contents(b"".join(kept), orientation)
        at += 12 + size
    raise Damaged


def _unpacks(profile: bytes) -> bool:
    """Whether a PNG's colour profile can be unpacked and has a usual size; Pillow would refuse the image else."""
    _, _, packed = profile.partition(b"\0")
    unpacker = zlib.decompressobj()
    try:
        return bool(unpacker.decompress(packed[1:], MAX_PROFILE)) and unpacker.eof
    except zlib.error:
        return False


def read_webp(data: bytes) -> Contents:
    """Find a WebP's orientation; the file stays as it is.

    Raises:
        Damaged: It has too many chunks.
    """
    at, orientation = 12, 1
    for _ in range(MAX_PARTS):
        if at + 8 > len(data):
            return Contents(data, orientation)
        name, size = struct.unpack("<4sI", data[at : at + 8])
        if name == b"EXIF":
            body = data[at + 8 : at + 8 + size]
            orientation = exif_orientation(body.removeprefix(b"Exif\0\0"))
        at += 8 + size + size % 2
    raise Damaged


def exif_orientation(tiff: bytes) -> int:
    r"""Read the orientation alone; 1 if there is none or the rest makes no sense.

    Args:
        tiff: EXIF data from its TIFF header on.

    Example:
        >>> exif_orientation(b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, ORIENTATION, 3, 1, 6, 0, 0))
        6
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return 1
    start = struct.unpack(f"{order}I", tiff[4:8])[0]
    count = tiff[start : start + 2]
    entries = struct.unpack(f"{order}H", count)[0] if len(count) == 2 else 0
    for at in range(start + 2, start + 2 + 12 * entries, 12):
        entry = tiff[at : at + 12]
        if len(entry) < 12:
            break
        tag, kind = struct.unpack(f"{order}HH", entry[:4])
        if tag == ORIENTATION:
            value = struct.unpack(f"{order}{'I' if kind == 4 else 'H'}", entry[8 : 12 if kind == 4 else 10])[0]
            return value if 1 <= value <= 8 else 1
    return 1
