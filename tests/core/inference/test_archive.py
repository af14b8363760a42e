"""ZIP archives: images come out as they went in; bombs, liars and damage are one sentence."""

import io
import struct
import zipfile
import zlib

import pytest

from core.errors import UserError
from core.inference import archive
from core.inference.archive import Archive


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return stream.getvalue()


def test_images_are_found_and_read() -> None:
    files = {"a/1.JPG": b"one", "2.png": b"two", "notes.txt": b"x", "__MACOSX/a/._1.JPG": b"y", ".hidden.png": b"z"}
    found = Archive(zipped(files), "a.zip")
    assert found.images == ["a/1.JPG", "2.png"] and found.others == 1
    assert [found.read(path) for path in found.images] == [b"one", b"two"]


def test_an_archive_may_have_something_before_it() -> None:
    assert Archive(b"before" + zipped({"1.png": b"one"}), "a.zip").read("1.png") == b"one"


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x03\x04" + bytes(99)])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(UserError, match=r"^a\.zip isn't a ZIP file"):
        Archive(data, "a.zip")


def test_damage_is_named() -> None:
    data = zipped({"1.png": bytes(range(256)) * 40})
    with pytest.raises(UserError, match=r"^a\.zip (isn't a ZIP|is damaged)"):
        Archive(data[:-30], "a.zip")
    broken = bytearray(data)
    broken[60:80] = bytes(20)
    with pytest.raises(UserError, match=r"^1\.png in a\.zip is damaged"):
        Archive(bytes(broken), "a.zip").read("1.png")


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({"1.png": bytes(archive.MAX_BYTES + 1)})
    assert len(bomb) < 100_000
    with pytest.raises(UserError, match=r"^1\.png in a\.zip is larger than 40 MB"):
        Archive(bomb, "a.zip")
    monkeypatch.setattr(archive, "MAX_TOTAL", 1000)
    with pytest.raises(UserError, match="larger than 0 MB together"):
        Archive(zipped({"1.png": bytes(600), "2.png": bytes(600)}), "a.zip")


def test_a_file_that_claims_to_be_small_gives_no_more_than_it_claims() -> None:
    data = zipped({"1.png": bytes(10_000)})
    start = data.index(b"PK\x01\x02")
    lying = bytearray(data)
    lying[start + 24 : start + 28] = struct.pack("<L", 10)
    lying[start + 16 : start + 20] = struct.pack("<L", zlib.crc32(bytes(10)))
    assert len(Archive(bytes(lying), "a.zip").read("1.png")) == 10


def test_too_long_a_list_of_files_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILES", 2)
    many = zipped({f"{i}.png": b"" for i in range(20)})
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(UserError, match=r"^a\.zip holds too many files"):
        Archive(many, "a.zip")


def test_a_comment_hides_no_list_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a ZIP64's list stands before a comment of the greatest length, where nobody looks for it."""
    end = b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 0xFFFF, 0xFFFF, 46, 0xFFFFFFFF, 0xFFFF)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(UserError, match="holds too many files"):
        Archive(bytes(9) + b"PK\x06\x07" + bytes(16) + end + bytes(0xFFFF), "a.zip")


def test_short_names_are_no_way_to_more_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILES", 20)
    assert len(Archive(zipped({f"{i}.png": b"" for i in range(20)}), "a.zip").images) == 20
    with pytest.raises(UserError, match="holds too many files"):
        Archive(zipped({f"{i}.png": b"" for i in range(21)}), "a.zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_image_that_is_there_twice_is_an_image() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for data in (b"one", b"two"):
            made.writestr("1.png", data)
    assert Archive(stream.getvalue(), "a.zip").others == 0


def test_what_needs_a_password_or_another_method_is_refused() -> None:
    locked = bytearray(zipped({"1.png": b"one"}))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UserError, match="without a password"):
        Archive(bytes(locked), "a.zip")
    with pytest.raises(UserError, match="unusual compression"):
        Archive(zipped({"1.png": b"one"}, zipfile.ZIP_LZMA), "a.zip")
