"""What serving costs: bombs, one image from bytes to answer, and memory. Many visitors: bench_load.py.

Run by hand: `python -m tests.benchmarks.bench_serving [MODEL]`.
"""

import argparse
import gc
import io
import statistics
import struct
import time
import zlib

import numpy as np
import psutil
from PIL import Image as Pillow

from core.errors import UserError
from core.inference.decode import decode
from core.inference.pipeline import Pipeline
from core.synthetic.lesions import sample_lesion

IMAGES = 200
BOMBS = (12_000, 20_000, 60_000)
PHONES = ((4000, 3000), (8064, 6048), (12_000, 9_000))
PHONE_IMAGES = 10


def jpeg(seed: int, width: int = 600) -> bytes:
    stream = io.BytesIO()
    image = Pillow.fromarray(sample_lesion("mel", seed).image).resize((width, width * 3 // 4))
    image.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def bomb(side: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(2_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def print_times(name: str, seconds: list[float]) -> None:
    ordered = sorted(1000 * each for each in seconds)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    print(f"{name:44} median {statistics.median(ordered):7.1f} ms, p95 {p95:7.1f} ms, n = {len(ordered)}")


def time_bombs() -> None:
    scans = jpeg(0)
    start = scans.rindex(b"\xff\xda")
    files = {f"{side**2 / 1e6:,.0f} megapixels": bomb(side) for side in BOMBS}
    files["1,000 scans"] = scans[:-2] + scans[start:-2][:90] * 1000 + scans[-2:]
    for name, data in files.items():
        before, begin = psutil.Process().memory_info().rss, time.perf_counter()
        try:
            decode(data)
            result = "DECODED"
        except UserError as error:
            result = str(error)
        spent, grown = time.perf_counter() - begin, psutil.Process().memory_info().rss - before
        print(f"{name:20} {1000 * spent:6.1f} ms {grown / 2**20:6.1f} MB  {result}")


def time_phones() -> None:
    """Decode JPEGs as large as phones make them: smooth colours with a sensor's noise, quality 90."""
    noise = np.random.default_rng(0).integers(-6, 7, (512, 512, 1))
    for width, height in PHONES:
        y, x = np.mgrid[0 : height // 8, 0 : width // 8]
        small = np.stack([x * 7 % 256, y * 5 % 256, (x + y) % 256], axis=-1).astype(np.uint8)
        pixels = np.asarray(Pillow.fromarray(small).resize((width, height), Pillow.Resampling.BICUBIC))
        tiles = np.tile(noise, (height // 512 + 1, width // 512 + 1, 1))[:height, :width]
        stream, times = io.BytesIO(), []
        Pillow.fromarray((pixels + tiles).clip(0, 255).astype(np.uint8)).save(stream, "JPEG", quality=90)
        data = stream.getvalue()
        for _ in range(PHONE_IMAGES):
            begin = time.perf_counter()
            decode(data)
            times.append(time.perf_counter() - begin)
        print_times(f"{width * height / 1e6:.0f} megapixels, {len(data) / 1e6:.0f} MB, decoded", times)


def time_images(model: str) -> None:
    begin = time.perf_counter()
    pipeline = Pipeline.load(model)
    pipeline.predict_bytes(jpeg(0))
    print(f"{model}: opened and first answer in {time.perf_counter() - begin:.2f} s (modules imported before)")
    for name, width, flips in (("600x450, one view", 600, False), ("600x450, four flips", 600, True),
                               ("4000x3000, four flips", 4000, True)):  # fmt: skip
        files, times = [jpeg(seed, width) for seed in range(4)], []
        for i in range(IMAGES):
            begin = time.perf_counter()
            pipeline.predict_bytes(files[i % 4], flips=flips)
            times.append(time.perf_counter() - begin)
        print_times(f"{name}, bytes to answer with heatmaps", times)
    gc.collect()
    before = psutil.Process().memory_info().rss
    for i in range(500):
        pipeline.predict_bytes(files[i % 4], flips=False)
    gc.collect()
    print(f"memory after 500 more: {(psutil.Process().memory_info().rss - before) / 2**20:+.1f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="efficientnet_lite0")
    given = parser.parse_args()
    time_bombs()
    time_phones()
    time_images(given.model)
