"""Why HEIC isn't read: what libheif takes for photos and for a small hostile file, each in a process of its own.

Run by hand: `pip install pillow-heif==1.8.1`, then `python -m tests.benchmarks.bench_heic`. The app itself doesn't
depend on it. The bounds are those of JPEG: 60 ms for 12 megapixels, 200 ms and 60 MB for 48.
"""

import io
import struct
import subprocess
import sys

import numpy as np
from PIL import Image as Pillow

TILE = 512
"""A phone's HEIC is a grid of such tiles."""


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def full(name: bytes, version: int, body: bytes) -> bytes:
    return box(name, bytes([version, 0, 0, 0]) + body)


def photo(width: int, height: int) -> bytes:
    import pillow_heif

    pillow_heif.options.GRID_TILE_SIZE = TILE
    coarse = np.random.default_rng(0).normal(150, 20, (height // 8, width // 8, 3)).clip(0, 255).astype(np.uint8)
    return saved(Pillow.fromarray(coarse).resize((width, height), Pillow.Resampling.NEAREST))


def saved(image: Pillow.Image) -> bytes:
    import pillow_heif

    stream = io.BytesIO()
    pillow_heif.from_pillow(image).save(stream, quality=50)
    return stream.getvalue()


def overlay_bomb(times: int, side: int = 8192) -> bytes:
    """An image of 64 x 64 pixels that is an overlay of one large plain image, so many times."""
    import pillow_heif

    pillow_heif.options.GRID_TILE_SIZE = 0
    large = saved(Pillow.new("RGB", (side, side), (200, 150, 120)))
    parts = {}
    for name in (b"hvcC", b"mdat"):
        at = large.index(name) - 4
        parts[name] = large[at : at + struct.unpack(">I", large[at : at + 4])[0]]
    pixels = parts[b"mdat"][8:]
    payload = struct.pack(">BB4HHH", 0, 0, 0, 0, 0, 65535, 64, 64) + bytes(4) * times
    entries = b"".join(
        full(b"infe", 2, struct.pack(">HH", i, 0) + kind + b"\0") for i, kind in ((1, b"iovl"), (2, b"hvc1"))
    )
    reference = box(b"dimg", struct.pack(">HH", 1, times) + struct.pack(">H", 2) * times)
    sizes = b"".join(full(b"ispe", 0, struct.pack(">II", each, each)) for each in (64, side))
    owners = struct.pack(">IHBBHBBB", 2, 1, 1, 1, 2, 2, 2, 0x83)

    def meta(offset: int) -> bytes:
        places = struct.pack(">BBH", 0x44, 0, 2) + struct.pack(">HHHHII", 1, 1, 0, 1, 0, len(payload))
        places += struct.pack(">HHHHII", 2, 0, 0, 1, offset, len(pixels))
        body = full(b"hdlr", 0, bytes(4) + b"pict" + bytes(13)) + full(b"pitm", 0, struct.pack(">H", 1))
        body += (
            full(b"iloc", 1, places) + full(b"iinf", 0, struct.pack(">H", 2) + entries) + full(b"iref", 0, reference)
        )
        body += box(b"iprp", box(b"ipco", sizes + parts[b"hvcC"]) + full(b"ipma", 0, owners)) + box(b"idat", payload)
        return full(b"meta", 0, body)

    start = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    return start + meta(len(start) + len(meta(0)) + 8) + box(b"mdat", pixels)


CODE = """
import io, re, sys, time
import pillow_heif
from PIL import Image
data = sys.stdin.buffer.read()
peak = lambda: int(re.search("VmHWM:\\\\s+(\\\\d+)", open("/proc/self/status").read())[1]) / 1024
pillow_heif.register_heif_opener()
before, start = peak(), time.process_time()
with Image.open(io.BytesIO(data), formats=("HEIF",)) as image:
    image.load()
print(f"{time.process_time() - start:6.2f} s  {peak() - before:5.0f} MB")
"""


def measure(name: str, data: bytes) -> None:
    """Print the processor's seconds and the memory that a fresh process takes to decode."""
    done = subprocess.run([sys.executable, "-c", CODE], input=data, capture_output=True, check=True)
    print(f"{name:28}{len(data):>10,} bytes{done.stdout.decode().rstrip()}", flush=True)


if __name__ == "__main__":
    measure("12 megapixels", photo(4032, 3024))
    measure("48 megapixels", photo(8064, 6048))
    measure("four overlays of one image", overlay_bomb(4))
