"""ZIP archives of images of unknown origin: what is in them is counted and bounded before anything is unpacked."""

import io
import struct
import zipfile
import zlib
from pathlib import PurePosixPath

from core.config import MAX_BYTES
from core.errors import UserError

SUFFIXES = (".jpg", ".jpeg", ".jfif", ".jpe", ".png", ".webp")
MAX_TOTAL = 200 * 2**20
"""Bytes of all images in an archive, unpacked."""
MAX_FILES = 1000
"""Entries of an archive, whether they are images or not."""
_DIRECTORY_ENTRY = 46
_LONGEST_NAME = 256
_END, _END64 = b"PK\x05\x06", b"PK\x06\x07"
_END_SIZE, _END64_SIZE, _LONGEST_COMMENT = 22, 20, 65_536
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DAMAGED = "is damaged or incomplete. Make the ZIP again, then try once more."


class Archive:
    """A ZIP file in memory.

    Attributes:
        images: Paths of its images, in the archive's order.
        others: Number of its files that aren't images by their name.

    Example:
        >>> stream = io.BytesIO()
        >>> with zipfile.ZipFile(stream, "w") as made:
        ...     made.writestr("a/spot.jpg", b"not really")
        ...     made.writestr("notes.txt", b"")
        >>> found = Archive(stream.getvalue(), "a.zip")
        >>> found.images, found.others, found.read("a/spot.jpg")
        (['a/spot.jpg'], 1, b'not really')
    """

    def __init__(self, data: bytes, name: str) -> None:
        """Read the archive's list of files.

        Args:
            data: The file's bytes.
            name: File name for messages.

        Raises:
            UserError: It isn't a ZIP file, is damaged or encrypted, or holds too many files or bytes.
        """
        self._name = name
        _check_directory(data, name)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, struct.error, OverflowError, NotImplementedError) as error:
            raise UserError(f"{name} {DAMAGED}") from error
        if len(self._zip.infolist()) > MAX_FILES:
            raise UserError(_too_many(name))
        files = [info for info in self._zip.infolist() if not info.is_dir() and not _hidden(info.filename)]
        images = {info.filename: info for info in files if info.filename.lower().endswith(SUFFIXES)}
        self._infos = images
        self.images = list(images)
        self.others = sum(not info.filename.lower().endswith(SUFFIXES) for info in files)
        self._check_images()

    def read(self, path: str) -> bytes:
        """Unpack one image.

        Args:
            path: One of `images`.

        Raises:
            UserError: It is damaged, or larger than the archive claims.
        """
        info = self._infos[path]
        try:
            with self._zip.open(info) as stream:
                data = stream.read(info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError) as error:
            raise UserError(f"{PurePosixPath(path).name} in {self._name} {DAMAGED}") from error
        if len(data) > info.file_size:
            raise UserError(f"{PurePosixPath(path).name} in {self._name} is larger than the ZIP claims.")
        return data

    def _check_images(self) -> None:
        infos = self._infos.values()
        if any(info.flag_bits & 0x1 for info in infos):
            raise UserError(f"{self._name} is encrypted. Make a ZIP without a password.")
        if any(info.compress_type not in _METHODS for info in infos):
            raise UserError(f"{self._name} has an unusual compression. Make the ZIP again with the usual settings.")
        large = next((info for info in infos if info.file_size > MAX_BYTES), None)
        if large:
            inside = PurePosixPath(large.filename).name
            raise UserError(f"{inside} in {self._name} is larger than {MAX_BYTES // 2**20} MB.")
        if sum(info.file_size for info in infos) > MAX_TOTAL:
            raise UserError(f"The images in {self._name} are larger than {MAX_TOTAL // 2**20} MB together.")


def _check_directory(data: bytes, name: str) -> None:
    """Refuse an archive whose list of files is too long, before it is read into memory."""
    tail = data[-(_END64_SIZE + _END_SIZE + _LONGEST_COMMENT) :]
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_SIZE:
        raise UserError(f"{name} isn't a ZIP file, even though its name suggests it.")
    (size,) = struct.unpack_from("<L", tail, at + 12)
    zip64 = tail[max(0, at - _END64_SIZE) : at].startswith(_END64)
    if zip64 or size > MAX_FILES * (_DIRECTORY_ENTRY + _LONGEST_NAME):
        raise UserError(_too_many(name))


def _too_many(name: str) -> str:
    return f"{name} holds too many files. Make a ZIP that contains only the images."


def _hidden(path: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(path).parts)
