import io
import resource
import struct
import subprocess
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from core.config import MAX_BYTES, ROOT
from core.data.images import preprocess, read_image
from core.data.metadata import Dataset
from core.errors import UserError
from core.inference import decode as module
from core.inference.decode import DAMAGED, LONGEST_SIDE, UNSUPPORTED, decode

PNG = b"\x89PNG\r\n\x1a\n"


def saved(image: Pillow.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def photo(width: int = 80, height: int = 60) -> Pillow.Image:
    """Smooth colours, so that JPEG keeps them; no two quarters alike."""
    y, x = np.mgrid[0:height, 0:width]
    channels = (x * 200 / width + 20, y * 200 / height + 20, 120 + 0 * x)
    return Pillow.fromarray(np.stack(channels, -1).astype(np.uint8))


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(width: int, height: int) -> bytes:
    """A valid header and a stream of zeros that inflates a thousandfold."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return PNG + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(2_000_000), 9)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("kind", "tolerance"), [("PNG", 0), ("JPEG", 6), ("WEBP", 6)])
def test_the_three_kinds_are_read(kind, tolerance):
    options = {"quality": 95} if kind != "PNG" else {}
    decoded = decode(saved(photo(), kind, **options))
    assert decoded.dtype == np.uint8
    assert decoded.shape == (60, 80, 3)
    assert np.abs(decoded.astype(int) - np.asarray(photo()).astype(int)).max() <= tolerance


def test_a_dataset_image_decodes_to_what_training_read(real_ham: Dataset):
    for path in list(real_ham.images.values())[::500]:
        np.testing.assert_array_equal(decode(path.read_bytes()), read_image(path))


@pytest.mark.parametrize(
    "data",
    [
        b"just a few words",
        b"<!DOCTYPE html><html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n",
        b"PK\x03\x04" + bytes(40),
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
    ],
    ids=["text", "html", "svg", "pdf", "zip", "wav"],
)
def test_what_is_not_an_image_is_refused(data):
    with pytest.raises(UserError, match="isn't a JPEG, PNG or WebP") as caught:
        decode(data)
    assert str(caught.value) == UNSUPPORTED


def test_an_empty_file_is_called_so():
    with pytest.raises(UserError, match=r"^This file is empty"):
        decode(b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_truncated_is_damaged(kind, share):
    data = saved(photo(320, 240), kind)
    with pytest.raises(UserError) as caught:
        decode(data[: max(12, int(len(data) * share))])
    assert str(caught.value) == DAMAGED


def test_a_jpeg_cut_inside_an_escaped_byte_is_damaged():
    noise = Pillow.fromarray(np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8))
    whole = saved(noise, "JPEG", quality=95)
    middle = whole.index(b"\xff\x00", len(whole) // 2)
    with pytest.raises(UserError, match=DAMAGED[:20]):
        decode(whole[: middle + 1])


@pytest.mark.parametrize("where", [b"IDAT", b"IHDR"])
def test_a_bad_crc_is_damaged(where):
    data = bytearray(saved(photo()))
    start = data.index(where)
    length = struct.unpack(">I", data[start - 4 : start])[0]
    data[start + 4 + length] ^= 1
    with pytest.raises(UserError) as caught:
        decode(bytes(data))
    assert str(caught.value) == DAMAGED


def test_random_bytes_behind_a_true_start_never_escape():
    rng = np.random.default_rng(0)
    for start in (b"\xff\xd8\xff\xe0", PNG, b"RIFF\x40\x00\x00\x00WEBPVP8 ", b"RIFF\x40\x00\x00\x00WEBPVP8X"):
        for _ in range(25):
            with pytest.raises(UserError):
                decode(start + rng.bytes(200))


def test_flipped_bytes_are_read_or_refused():
    rng = np.random.default_rng(0)
    for kind in ("PNG", "JPEG", "WEBP"):
        whole = saved(photo(), kind)
        for _ in range(60):
            data = bytearray(whole)
            data[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
            try:
                assert decode(bytes(data)).ndim == 3
            except UserError as error:
                assert str(error)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (saved(photo(), "GIF"), "GIF"),
        (saved(photo(), "TIFF"), "TIFF"),
        (saved(photo(), "BMP"), "BMP"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(40), "HEIC"),
        (b"\x00\x00\x00\x1cftypmiaf" + bytes(4) + b"mif1heic" + bytes(40), "HEIC"),
        (b"\x00\x00\x00\x18ftypavif" + bytes(40), "AVIF"),
        (b"\x00\x00\x00\x20ftypavis" + bytes(4) + b"msf1miafMA1B" + bytes(40), "AVIF"),
        (b"\xff\x0a" + bytes(40), "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40), "JPEG 2000"),
        (b"8BPS\0\1" + bytes(40), "Photoshop"),
        (bytes(128) + b"DICM" + bytes(40), "DICOM"),
        (saved(photo(), save_all=True, append_images=[photo().rotate(180)]), "Animated PNG"),
        (saved(photo(), "WEBP", save_all=True, append_images=[photo().rotate(180)]), "Animated WebP"),
    ],
    ids=[
        "gif",
        "tiff",
        "bmp",
        "heic",
        "heic by a later brand",
        "avif",
        "animated avif",
        "jpeg xl",
        "jpeg 2000",
        "photoshop",
        "dicom",
        "apng",
        "animated webp",
    ],
)
def test_other_formats_are_refused_by_name(data, name):
    with pytest.raises(UserError, match=f"^{name} images"):
        decode(data)


def test_too_many_bytes():
    start = b"\xff\xd8\xff"
    with pytest.raises(UserError, match="larger than 40 MB"):
        decode(start + bytes(MAX_BYTES - 2))
    with pytest.raises(UserError) as caught:  # one byte less is only damaged
        decode(start + bytes(MAX_BYTES - 3))
    assert str(caught.value) == DAMAGED


@pytest.mark.parametrize("side", [7_000, 12_000, 60_000])
def test_pixel_bombs_are_refused_by_their_header(side):
    data = png_bomb(side, side)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UserError, match="more than 40 megapixels"):
        decode(data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024


SMALL_BOMBS = {
    "grey, 16 bits": (16, 0, 2),
    "grey and transparency": (8, 4, 2),
    "colours and transparency": (8, 6, 4),
    "colours, 16 bits": (16, 2, 6),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process's own peak")
@pytest.mark.parametrize("name", SMALL_BOMBS)
def test_forty_megapixels_are_decoded_in_little_more_than_their_own_memory(name):
    """A file of under a megabyte; 4 bytes a pixel, which Pillow needs, are 160 MB, and 2 bytes of a grey one 80 MB."""
    bits, colours, each = SMALL_BOMBS[name]
    packed = zlib.compressobj(9)
    rows = b"".join(packed.compress(bytes(1 + 8000 * each)) for _ in range(5000)) + packed.flush()
    header = struct.pack(">IIBBBBB", 8000, 5000, bits, colours, 0, 0, 0)
    data = PNG + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    assert 50 < peak_of(data) < 200


def test_a_webp_bomb_is_refused_by_its_header():
    data = saved(Pillow.new("RGBA", (5000, 4000), (200, 150, 120, 9)), "WEBP", lossless=True)
    assert len(data) < 2000
    with pytest.raises(UserError, match="more than 16 megapixels"):
        decode(data)


def peak_of(data: bytes) -> float:
    """Megabytes by which the peak memory of a fresh process grows while it decodes."""
    code = (
        "import re, sys; from core.inference.decode import decode; data = sys.stdin.buffer.read();"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) / 1024;"
        "before = peak(); decode(data); print(peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True, cwd=ROOT)
    return float(done.stdout)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "1", "I;16"])
def test_bands_of_a_large_image_join_without_a_seam(mode):
    y, x = np.mgrid[0:4500, 0:5000]
    smooth = Pillow.fromarray(((x + y) // 40).astype(np.uint8))
    image = smooth.convert(mode) if mode != "I;16" else Pillow.fromarray(((x + y) // 40 * 257).astype(np.uint16))
    decoded = decode(saved(image)).astype(int)
    assert decoded.shape == (922, 1024, 3)
    expected = np.asarray(smooth.resize((1024, 922), Pillow.Resampling.BOX), int)
    if mode != "1":  # a dithered image is only grey on average
        assert np.abs(decoded[..., 0] - expected).max() <= 2
    assert abs(decoded.mean() - expected.mean()) < 2


def test_a_scan_bomb_is_refused():
    data = saved(photo(), "JPEG", progressive=True)
    assert decode(data).shape == (60, 80, 3)
    start = data.rindex(b"\xff\xda")
    with pytest.raises(UserError, match="scans"):
        decode(data[:-2] + data[start:-2] * 64 + data[-2:])


@pytest.mark.parametrize("size", [(32, 32), (32, 320), (320, 32)])
def test_the_smallest_and_narrowest_images_are_read(size):
    assert decode(saved(Pillow.new("RGB", size))).shape == (size[1], size[0], 3)


@pytest.mark.parametrize(("width", "accepted"), [(8000, True), (8001, False)])
def test_forty_megapixels_are_read_and_a_column_more_is_not(width, accepted, monkeypatch):
    monkeypatch.setattr(module, "_pixels", lambda image, _orientation: image.size)
    data = saved(Pillow.new("L", (width, 5000)), "PNG")
    if accepted:
        assert decode(data) == (8000, 5000)
    else:
        with pytest.raises(UserError, match="more than 40 megapixels"):
            decode(data)


@pytest.mark.parametrize(("scans", "accepted"), [(64, True), (65, False)])
def test_sixty_four_scans_are_read_and_one_more_is_not(scans, accepted):
    data = saved(photo(), "JPEG", progressive=True)
    start, more = data.rindex(b"\xff\xda"), scans - data.count(b"\xff\xda")
    long = data[:-2] + data[start:-2] * more + data[-2:]
    assert long.count(b"\xff\xda") == scans
    if accepted:
        assert decode(long).shape == (60, 80, 3)
    else:
        with pytest.raises(UserError, match="more than 64 scans"):
            decode(long)


def test_an_image_of_the_longest_side_is_not_resampled():
    image = np.random.default_rng(0).integers(0, 256, (768, 1024, 3)).astype(np.uint8)
    np.testing.assert_array_equal(decode(saved(Pillow.fromarray(image))), image)
    assert decode(saved(Pillow.new("RGB", (1025, 768)))).shape[1] == 1024


def test_the_first_image_of_a_jpeg_with_several_is_read():
    twin = saved(photo(), "MPO", save_all=True, append_images=[photo().rotate(180)])
    first = decode(twin).astype(int)
    assert np.abs(first - np.asarray(photo()).astype(int)).max() < 24


@pytest.mark.parametrize(("kind", "name"), [("PNG", "PNG"), ("WEBP", "WebP")])
def test_two_frames_are_an_animation(kind, name):
    data = saved(photo(), kind, save_all=True, append_images=[photo().rotate(180)])
    with pytest.raises(UserError, match=f"Animated {name} images"):
        decode(data)


def test_a_jpeg_that_lacks_its_end_marker_alone_is_whole():
    data = saved(photo(320, 240), "JPEG")
    assert data.endswith(b"\xff\xd9")
    np.testing.assert_array_equal(decode(data[:-2]), decode(data))


def test_bands_reduce_as_the_whole_image_does():
    noise = Pillow.fromarray(np.random.default_rng(0).integers(0, 256, (300, 4 * LONGEST_SIDE), np.uint8))
    np.testing.assert_array_equal(np.asarray(module._reduced(noise)), np.asarray(noise.reduce(2)))


def test_starts_that_only_resemble_a_format_are_not_that_format():
    for data in (b"BM" + b"\1" * 40, b"\0" * 4 + b"ftypmp42" + bytes(40), b"RIFF\0\0\0\0WEBX" + bytes(40)):
        with pytest.raises(UserError) as caught:
            decode(data)
        assert str(caught.value) == UNSUPPORTED


@pytest.mark.parametrize("size", [(1, 1), (31, 60), (1, 4000), (20000, 2), (400, 39)])
def test_too_small_or_narrow_is_refused_with_its_size(size):
    with pytest.raises(UserError, match=f"{size[0]} x {size[1]} pixels"):
        decode(saved(Pillow.new("RGB", size)))


def test_all_eight_orientations_give_the_same_image():
    upright = saved(photo())
    turns = {
        1: None, 2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM",
        5: "TRANSPOSE", 6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270",
    }  # fmt: skip
    for orientation, turn in turns.items():
        exif = Pillow.Exif()
        exif[0x0112] = orientation
        stored = photo().transpose(Pillow.Transpose[turn]) if turn else photo()
        np.testing.assert_array_equal(decode(saved(stored, exif=exif)), decode(upright))


def test_sixteen_bits_keep_their_brightness():
    grey = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    encoded = cv2.imencode(".png", grey)[1].tobytes()
    np.testing.assert_array_equal(decode(encoded)[..., 0], grey // 257)


def test_transparency_lies_on_white():
    clear = photo().convert("RGBA")
    clear.putalpha(0)
    for image in (clear, clear.convert("LA")):
        assert decode(saved(image)).min() == 255
    assert decode(saved(Pillow.new("P", (64, 64), 0), transparency=0)).min() == 255


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGB", "RGBA", "LA"])
def test_every_mode_keeps_its_brightness(mode):
    white = Pillow.new("RGB", (64, 64), "white").convert(mode)
    assert decode(saved(white)).min() >= 254


def test_cmyk_keeps_its_brightness():
    assert abs(int(decode(saved(Pillow.new("CMYK", (64, 64), (0, 0, 0, 128)), "JPEG")).mean()) - 127) < 3


def test_a_colour_profile_is_applied_and_a_broken_one_ignored():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    plain = decode(saved(photo()))
    for profile in (b"no profile", lab):
        np.testing.assert_array_equal(decode(saved(photo(), icc_profile=profile)), plain)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.abs(decode(saved(photo(), icc_profile=srgb)).astype(int) - plain).max() <= 1
    swapped = srgb.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    red = decode(saved(Pillow.new("RGB", (64, 64), (250, 0, 0)), icc_profile=swapped))
    assert red[..., 2].min() > 200 > 50 > red[..., 0].max()


@pytest.mark.parametrize("mode", ["1", "P", "L", "RGB", "LA"])
@pytest.mark.parametrize("transparent", [False, True])
def test_black_and_white_dots_shrink_to_grey(mode, transparent):
    """Shrinking must average colours; taking every n-th pixel (all that Pillow can do in modes 1 and P) keeps dots."""
    y, x = np.mgrid[0:2400, 0:3200]
    dots = Pillow.fromarray(((x + y) % 2 * 255).astype(np.uint8))
    image = dots.convert("1", dither=Pillow.Dither.NONE) if mode == "1" else dots.convert(mode)
    options = {"transparency": 255} if transparent and mode in ("P", "L") else {}
    decoded = decode(saved(image, **options)).astype(int)
    assert decoded.shape == (768, 1024, 3)
    if not options:
        assert np.abs(decoded - 127.5).max() < 12
    else:
        assert np.ptp(decoded) < 24  # the transparent half lies on white, and is averaged as well


@pytest.mark.parametrize("mode", ["1", "P"])
def test_dots_of_a_scan_shrink_to_grey_in_what_the_model_is_fed(mode):
    y, x = np.mgrid[0:450, 0:600]
    dots = Pillow.fromarray(((x + y) % 2 * 255).astype(np.uint8)).convert(mode)
    fed = preprocess(decode(saved(dots)), (150, 200)).astype(int)
    assert np.abs(fed - 127.5).max() < 30


def test_a_palettes_colours_are_averaged_not_its_numbers():
    """Numbers 0 and 255 stand for red and blue; their mean number 127 is green."""
    y, x = np.mgrid[0:1536, 0:2048]
    image = Pillow.fromarray(((x + y) % 2 * 255).astype(np.uint8)).convert("L")
    image = Pillow.frombytes("P", image.size, image.tobytes())
    image.putpalette([200, 0, 0] + [0, 200, 0] * 254 + [0, 0, 200])
    red, green, blue = (decode(saved(image))[..., i].astype(int) for i in range(3))
    assert np.abs(red - 100).max() < 12
    assert green.max() == 0
    assert np.abs(blue - 100).max() < 12


def test_more_images_at_once_than_slots_are_turned_away(monkeypatch):
    monkeypatch.setattr(module, "_slots", threading.BoundedSemaphore(1))
    data = saved(photo())
    with module._slot(), pytest.raises(UserError, match="busy"), module._slot(timeout=0.01):
        pass
    assert decode(data).shape == (60, 80, 3)
    with pytest.raises(UserError):
        decode(data[:60])
    assert decode(data).shape == (60, 80, 3)  # a refusal gives its slot back


def test_eight_threads_decode_as_one():
    files = [saved(photo(200 + 20 * i, 200), "JPEG") for i in range(8)]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(decode, files))
    for file, image in zip(files, together, strict=True):
        np.testing.assert_array_equal(image, decode(file))


def test_a_large_image_is_reduced():
    assert decode(saved(photo(2000, 1500), "JPEG")).shape == (LONGEST_SIDE * 3 // 4, LONGEST_SIDE, 3)


def test_nothing_is_written(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    decode(saved(photo(), "WEBP"))
    assert not list(tmp_path.iterdir())
