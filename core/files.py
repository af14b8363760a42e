"""Atomic file writes and what can prevent them, hashes, and a fingerprint of files for caches."""

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import UserError

REMEDIES = {
    errno.ENOSPC: "the disk is full; free some space and try again",
    errno.EDQUOT: "the disk quota is used up; free some space and try again",
    errno.EFBIG: "the file would be larger than this system allows; choose another disk",
    errno.EACCES: "permission is denied; choose another place or change the permissions",
    errno.EPERM: "permission is denied; choose another place or change the permissions",
    errno.EROFS: "the disk is read-only; choose another place",
    errno.ENOTDIR: "there is a file where a folder is needed; move it or choose another place",
    errno.EEXIST: "there is a file where a folder is needed; move it or choose another place",
    errno.EISDIR: "it is a folder; name a file",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.ENOENT: "it isn't there",
}
"""What happened and what to do, by error number."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; rename it to `path` if the block succeeds.

    Every file that this project writes is written this way, so that none is ever half-written.

    Raises:
        UserError: The file can't be written; the old one, if any, stays.
    """
    beside = path.with_name(f".{os.getpid()}-{path.name}")
    with writing(path, beside):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield beside
            beside.replace(path)
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)


@contextmanager
def writing(path: Path, *others: Path) -> Iterator[None]:
    """Turn the file system's refusal inside into one sentence that names the file.

    Args:
        path: The file.
        others: Temporary names of it. An error about any other file, one that is read, is passed on.

    Raises:
        UserError: The file can't be written.
    """
    try:
        yield
    except OSError as error:
        own = (None, *(os.fspath(each) for each in (path, *path.parents, *others)))
        if error.filename not in own:
            raise
        raise UserError(f"Can't write {path}: {explain(error)}.") from error


def explain(error: OSError) -> str:
    """Say what the file system refused, and what to do about it.

    Example:
        >>> explain(OSError(errno.ENOSPC, "No space left on device"))
        'the disk is full; free some space and try again'
    """
    return REMEDIES.get(error.errno or 0, str(error.strerror or error))


def require_writable(path: Path, need: int = 1) -> None:
    """Check before hours of work that a file can be written afterwards; nothing is left behind.

    Args:
        path: The file; its folder may be missing, if it can be made.
        need: Bytes that its disk must have free.

    Raises:
        UserError: It can't; the message says why and what to do.
    """
    with writing(path):
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            what = "a folder" if path.is_dir() else "not an ordinary file"
            raise UserError(f"Can't write {path}: it is {what}; name a file.")
    require_writable_folder(path.parent, need, path)


def require_writable_folder(folder: Path, need: int = 1, file: Path | None = None) -> None:
    """Check before hours of work that files can be written into a folder; it may be missing, if it can be made.

    Args:
        folder: The folder.
        need: Bytes that its disk must have free.
        file: What shall be written there, for the message.

    Raises:
        UserError: They can't; the message says why and what to do.
    """
    named = file or folder
    there = next(each for each in (folder, *folder.absolute().parents) if os.path.lexists(each))
    with writing(named, there):
        if not there.is_dir():
            raise UserError(f"Can't write {named}: {there} is not a folder; move it or choose another place.")
        _try(there)
        free = shutil.disk_usage(there).free
    if free < need:
        raise UserError(
            f"Can't write {named}: {need / 1e6:,.1f} MB are needed and its disk has {free / 1e6:,.1f} MB free; free "
            "some space or choose another place."
        )


def _try(folder: Path) -> None:
    """Write a byte into a folder and take it back."""
    try:
        with tempfile.TemporaryFile(dir=folder) as stream:
            stream.write(b"0")
            stream.flush()
    except OSError as error:
        raise OSError(error.errno, error.strerror) from error  # without the temporary file's name


def short_path(path: Path) -> str:
    """Name a file in a message by its folder and its own name.

    Example:
        >>> short_path(Path("trained_models/baseline_cnn/card.json"))
        'baseline_cnn/card.json'
    """
    return f"{path.parent.name}/{path.name}"


def sha256(path: Path) -> str:
    """Compute the hex SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def state_of(files: Iterable[Path]) -> str:
    """Return a string that changes whenever a file changes, from names, sizes and modification times.

    It is a string because Streamlit hashes strings much faster than tuples when it uses them as cache keys.
    """
    stats = ((str(file), file.stat()) for file in files)
    return repr([(name, found.st_size, found.st_mtime_ns) for name, found in stats])


def state_of_folder(folder: Path) -> str:
    """Return a string that changes whenever a file in a folder changes, as `state_of` does for single files.

    It lists the folder with one call, which takes a quarter of the time.
    """
    with os.scandir(folder) as found:
        stats = sorted((entry.name, entry.stat()) for entry in found)
    return repr([(str(folder), *((name, each.st_size, each.st_mtime_ns) for name, each in stats))])
