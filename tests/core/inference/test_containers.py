"""Whatever else a file holds, a sound image in it is read; what lacks a part of it is not."""

import io
import itertools
import struct
import zlib

import numpy as np
import pytest
from PIL import Image as Pillow

from core.errors import UserError
from core.inference.containers import MAX_PARTS, Damaged, exif_orientation, read_jpeg, read_png
from core.inference.decode import DAMAGED, decode
from tests.core.inference.test_decode import chunk, photo, saved

UPRIGHT = saved(photo(160, 120), "JPEG", quality=95)
SIDEWAYS = saved(photo(160, 120).transpose(Pillow.Transpose.ROTATE_90), "JPEG", quality=95)


def with_exif(data: bytes, tiff: bytes) -> bytes:
    """A JPEG with an EXIF segment right after its start."""
    body = b"Exif\0\0" + tiff
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]


def tiff(*entries: bytes, order: str = "<", tail: bytes = bytes(64)) -> bytes:
    start = b"II*\0" if order == "<" else b"MM\0*"
    return start + struct.pack(f"{order}IH", 8, len(entries)) + b"".join(entries) + bytes(4) + tail


def orientation(value: int, order: str = "<") -> bytes:
    return struct.pack(f"{order}HHIHH", 0x0112, 3, 1, value, 0)


ODD = [
    struct.pack("<HHI4s", tag, kind, count, value)
    for tag, kind, count, value in itertools.product(
        (0x010E, 0x011A, 0x0128, 0x8769, 0x8825, 0x9286, 0xA005, 0xC4A5),
        range(14),
        (1, 4, 0xFFFFFFFF),
        (b"\x26\0\0\0", b"\xff\xff\xff\xff", b"\0\0\xc0\x7f"),
    )
]


def test_odd_exif_never_makes_a_sound_photo_damaged_and_its_orientation_counts() -> None:
    upright = decode(UPRIGHT).astype(int)
    for entry in ODD:
        for value, data in ((1, UPRIGHT), (6, SIDEWAYS)):
            found = decode(with_exif(data, tiff(orientation(value), entry))).astype(int)
            assert np.abs(found - upright).max() < 12, (value, entry)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("value", range(10))
def test_the_orientation_is_read_in_either_byte_order(value: int, order: str) -> None:
    assert exif_orientation(tiff(orientation(value, order), order=order)) == (value if 1 <= value <= 8 else 1)


def test_exif_cut_short_or_random_has_no_orientation() -> None:
    whole = tiff(orientation(6), tail=b"")
    assert exif_orientation(whole) == 6
    assert {exif_orientation(whole[:n]) for n in range(18)} == {1}
    rng = np.random.default_rng(0)
    for _ in range(300):
        assert 1 <= exif_orientation(b"II*\0" + rng.bytes(40)) <= 8


def test_scans_in_a_trailing_video_or_a_makers_note_are_not_counted() -> None:
    noise = b"\xff\xda" * 500
    note = b"\xff\xe1" + struct.pack(">H", len(noise) + 2) + noise
    plain = decode(UPRIGHT)
    for data in (UPRIGHT + b"ftypmp42" + noise, UPRIGHT[:2] + note + UPRIGHT[2:]):
        assert read_jpeg(data).scans == 1
        np.testing.assert_array_equal(decode(data), plain)


def test_a_jpeg_that_lacks_only_its_end_marker_is_read() -> None:
    for options in ({}, {"progressive": True}, {"subsampling": 2}):
        whole = saved(photo(160, 120), "JPEG", **options)
        np.testing.assert_array_equal(decode(whole[:-2]), decode(whole))
        assert not read_jpeg(whole[:-2]).complete and read_jpeg(whole).complete


@pytest.mark.parametrize("between", [b"", b"\0\0MotionPhoto_Data"])
def test_a_jpeg_that_lacks_its_end_marker_before_a_video_is_read(between: bytes) -> None:
    plain = decode(UPRIGHT)
    for seed in range(20):
        video = np.random.default_rng(seed).bytes(5000)
        np.testing.assert_array_equal(decode(UPRIGHT[:-2] + between + video), plain)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_lacks_more_is_damaged(progressive: bool) -> None:
    rng = np.random.default_rng(0)
    noisy = Pillow.fromarray(rng.integers(0, 256, (120, 160, 3), np.uint8))
    whole = saved(noisy, "JPEG", progressive=progressive)
    for share in (0.3, 0.6, 0.9, 0.99):
        with pytest.raises(UserError) as caught:
            decode(whole[: int(share * len(whole))])
        assert str(caught.value) == DAMAGED


def test_a_png_with_megabytes_of_text_is_read() -> None:
    plain = saved(photo(160, 120))
    text = chunk(b"tEXt", b"Comment\0" + b"x" * 6_000_000)
    packed = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000), 9))
    for extra in (text, packed, chunk(b"iTXt", b"not even text"), chunk(b"abCd", bytes(9))):
        np.testing.assert_array_equal(decode(plain[:33] + extra + plain[33:]), decode(plain))


PROFILES = {
    "too large": zlib.compress(bytes(3_000_000)),
    "a bomb": zlib.compress(bytes(300_000_000), 9),
    "not packed": b"not packed",
    "cut": zlib.compress(bytes(5000))[:-6],
}


@pytest.mark.parametrize("packed", PROFILES.values(), ids=PROFILES)
def test_a_png_with_an_unusable_profile_is_read_without_it(packed: bytes) -> None:
    plain = saved(photo(160, 120))
    profile = chunk(b"iCCP", b"icc\0\0" + packed)
    np.testing.assert_array_equal(decode(plain[:33] + profile * 3 + plain[33:]), decode(plain))


@pytest.mark.parametrize("frames", [0, 1])
def test_a_png_that_says_it_has_one_frame_is_not_animated(frames: int) -> None:
    plain = saved(photo(160, 120))
    control = chunk(b"acTL", struct.pack(">II", frames, 0)) + chunk(b"fcTL", bytes(26))
    np.testing.assert_array_equal(decode(plain[:33] + control + plain[33:]), decode(plain))


def test_a_file_of_countless_parts_is_refused_before_they_are_all_read() -> None:
    png, webp = saved(photo(160, 120)), saved(photo(160, 120), "WEBP")
    parts = MAX_PARTS + 1
    for data in (
        UPRIGHT[:2] + b"\xff\xfe\0\2" * parts + UPRIGHT[2:],
        png[:33] + chunk(b"tEXt", b"") * parts + png[33:],
        webp + b"JUNK\0\0\0\0" * parts,
    ):
        with pytest.raises(UserError) as caught:
            decode(data)
        assert str(caught.value) == DAMAGED


def test_a_pngs_exif_turns_it() -> None:
    sideways = saved(photo(160, 120).transpose(Pillow.Transpose.ROTATE_90))
    turned = sideways[:33] + chunk(b"eXIf", tiff(orientation(6))) + sideways[33:]
    np.testing.assert_array_equal(decode(turned), np.asarray(photo(160, 120)))
    assert len(read_png(turned).data) == len(sideways)


def test_a_webps_exif_turns_it() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    photo(160, 120).transpose(Pillow.Transpose.ROTATE_90).save(stream, "WEBP", lossless=True, exif=exif)
    assert np.abs(decode(stream.getvalue()).astype(int) - np.asarray(photo(160, 120))).max() <= 1


def test_a_baseline_jpeg_of_a_phones_200_megapixels_is_read_and_a_progressive_one_is_not() -> None:
    """Decoded at a fraction of its size from the start, which a progressive one can't be."""
    small = saved(Pillow.new("L", (16, 16), 128), "JPEG", quality=50)
    with pytest.raises(UserError, match="more than 200 megapixels"):
        decode(grey_jpeg(small, 17_000, 12_000))
    large = saved(Pillow.new("L", (8000, 6000), 128), "JPEG")
    assert decode(large).shape == (768, 1024, 3)
    with pytest.raises(UserError, match="more than 40 megapixels"):
        decode(saved(Pillow.new("L", (8000, 6000), 128), "JPEG", progressive=True))


def grey_jpeg(small: bytes, width: int, height: int) -> bytes:
    """The same JPEG with another size in its frame header."""
    at = small.index(b"\xff\xc0") + 5
    return small[:at] + struct.pack(">HH", height, width) + small[at + 4 :]


@pytest.mark.parametrize("data", [b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\0\1", b"\xff\xd8\xff\xd9", UPRIGHT[:300]])
def test_a_jpeg_without_an_image_is_damaged(data: bytes) -> None:
    with pytest.raises(Damaged):
        read_jpeg(data)
