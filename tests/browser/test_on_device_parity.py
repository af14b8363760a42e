"""Browser and server predict the same of the same files: the page's modules beside core/inference."""

import io
import os
import random
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image as Pillow
from playwright.sync_api import Browser

from core.data.metadata import load_dataset
from core.errors import UserError
from core.inference.crop import Crop
from core.inference.pipeline import Pipeline
from core.labels import DX
from core.release.web import SERVER_PAGE, build_site, write_site
from core.synthetic.lesions import sample_lesion
from tests.browser.on_device import Harness, StaticSite, open_page, visitor

EACH = 7
"""Synthetic lesions of each class."""
REAL = 51
"""Images of HAM10000, where it is installed: 100 together."""
LESION = sample_lesion("mel", 1).image


def encoded(image: np.ndarray | Pillow.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    (Pillow.fromarray(image) if isinstance(image, np.ndarray) else image).save(stream, kind, **options)
    return stream.getvalue()


@pytest.fixture(scope="module")
def harness(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    folder = tmp_path_factory.mktemp("page")
    write_site(folder, [build_site(server_page=SERVER_PAGE).default])
    served = StaticSite(folder)
    with visitor(browser) as context:
        yield Harness(open_page(context, served.url))
    served.close()


@pytest.fixture(scope="module")
def pipeline(harness: Harness) -> Pipeline:
    return Pipeline.load(harness.name)


def files() -> list[bytes]:
    """Synthetic lesions as PNG and JPEG, small and large, and images of HAM10000 where it is installed."""
    found = [encoded(sample_lesion(dx, seed).image, "PNG" if seed % 2 else "JPEG") for dx in DX for seed in range(EACH)]
    if os.environ.get("HAM10000_DIR"):
        images = sorted(load_dataset().images.values())
        found += [path.read_bytes() for path in random.Random(0).sample(images, min(REAL, len(images)))]
    return found


def test_the_same_predictions_heatmaps_and_image_check(harness, pipeline):
    rows = []
    for data in files():
        there, here = harness.predict(data), pipeline.predict_bytes(data, Crop(), flips=False)
        top = int(here.probabilities.argmax())
        rows.append(
            {
                "probabilities": np.abs(there["probabilities"] - here.probabilities).max(),
                "heatmap": np.abs(there["heatmaps"] - here.heatmaps)[..., top].max(),
                "first": int(np.argmax(there["probabilities"])) == top,
                "check": bool(there["warnings"]) == bool(here.warnings),
                "set": [DX[i] for i in there["set"]] == list(here.conformal_set),
            }
        )
    rates = {name: np.mean([row[name] for row in rows]) for name in ("first", "check", "set")}
    worst = {name: max(row[name] for row in rows) for name in ("probabilities", "heatmap")}
    print(len(rows), rates, worst)
    assert min(rates.values()) >= 0.99
    assert worst["probabilities"] <= 0.02 and worst["heatmap"] <= 0.05


SIZES = [
    (150, 200),
    (450, 600),
    (460, 613),
    (2000, 3000),
    (3000, 4000),
    (4400, 3300),
    (768, 1024),
    (1500, 700),
    (40, 41),
]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_size_is_reduced_alike(harness, pipeline, size):
    large = Pillow.fromarray(LESION).resize(size[::-1], Pillow.Resampling.BICUBIC)
    for kind, options in {"JPEG": {}, "PNG": {"compress_level": 1}}.items():
        data = encoded(large, kind, **options)
        assert_alike(harness.predict(data), pipeline.predict_bytes(data, Crop(), flips=False), 0.02)


@pytest.mark.parametrize("crop", [Crop(0.5, 0.3, 0.7), Crop(0.2, 1, 0), Crop(0.85, 0.5, 0.5)], ids=str)
def test_a_moved_crop_shows_the_same_part(harness, pipeline, crop):
    data = encoded(Pillow.fromarray(LESION).resize((613, 460)))
    found = harness.predict(data, vars(crop))
    assert_alike(found, pipeline.predict_bytes(data, crop, flips=False), 0.02)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientations_are_applied(harness, pipeline, orientation):
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    corner = LESION.copy()
    corner[:60, :80] = (40, 160, 60)  # so that every orientation gives another prediction
    data = encoded(corner, "JPEG", exif=exif, quality=95)
    assert_alike(harness.predict(data), pipeline.predict_bytes(data, Crop(), flips=False), 0.02)


GREY = Pillow.fromarray(LESION).convert("L")
CLEAR = Pillow.fromarray(np.dstack([LESION, np.linspace(0, 255, 200).astype(np.uint8)[None].repeat(150, 0)]))
KINDS = {
    "grey": lambda: encoded(GREY),
    "grey jpeg": lambda: encoded(GREY, "JPEG"),
    "16 bit": lambda: encoded(np.asarray(GREY).astype(np.uint16) * 257),
    "palette": lambda: encoded(Pillow.fromarray(LESION).quantize(64)),
    "transparent": lambda: encoded(CLEAR),
    "webp": lambda: encoded(LESION, "WEBP", lossless=True),
    "lossy webp": lambda: encoded(LESION, "WEBP", quality=90),
    "transparent webp": lambda: encoded(CLEAR, "WEBP", lossless=True),
    "progressive": lambda: encoded(LESION, "JPEG", progressive=True),
    "4:4:4": lambda: encoded(LESION, "JPEG", subsampling=0),
    "cmyk": lambda: encoded(Pillow.fromarray(LESION).convert("CMYK"), "JPEG"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_images_are_decoded_alike(harness, pipeline, kind):
    data = KINDS[kind]()
    assert_alike(harness.predict(data), pipeline.predict_bytes(data, Crop(), flips=False), 0.02)


def assert_alike(there, here, tolerance):
    assert "problem" not in there, there
    print(np.abs(there["probabilities"] - here.probabilities).max())
    assert there["probabilities"] == pytest.approx(here.probabilities.tolist(), abs=tolerance)
    assert bool(there["warnings"]) == bool(here.warnings)


def header(width: int, height: int) -> bytes:
    """A JPEG's first bytes with another size in its frame header."""
    data = bytearray(encoded(LESION, "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(data)


FAULTY = {
    "empty": b"",
    "text": b"not an image at all",
    "gif": b"GIF89a" + bytes(40),
    "tiff": b"II*\0" + bytes(40),
    "heic": b"\0\0\0\x18ftypheic" + bytes(40),
    "avif": b"\0\0\0\x18ftypavif" + bytes(40),
    "bmp": b"BM" + bytes(40),
    "small": encoded(LESION[:20, :30]),
    "narrow": encoded(np.zeros((40, 500, 3), np.uint8)),
    "cut jpeg": encoded(LESION, "JPEG")[:3000],
    "cut png": encoded(LESION)[:2000],
    "cut webp": encoded(LESION, "WEBP")[:2000],
    "animated": encoded(
        Pillow.fromarray(LESION), "WEBP", save_all=True, append_images=[Pillow.fromarray(LESION[::-1])]
    ),
    "animated png": encoded(Pillow.fromarray(LESION), save_all=True, append_images=[Pillow.fromarray(LESION[::-1])]),
    "damaged": encoded(LESION)[:300] + bytes(200) + encoded(LESION)[500:],
}


@pytest.mark.parametrize("kind", FAULTY)
def test_what_the_server_refuses_the_page_refuses_with_the_same_sentence(harness, pipeline, kind):
    there = harness.predict(FAULTY[kind])
    with pytest.raises(UserError) as refused:
        pipeline.predict_bytes(FAULTY[kind])
    assert harness.site["problems"][there["problem"]].format(**there["values"]) == str(refused.value)


def test_two_hundred_megapixels_are_refused_before_they_are_decoded(harness):
    assert harness.predict(header(20_000, 10_000))["problem"] == "too_many_pixels"
