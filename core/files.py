"""Writing files so that no reader ever meets half of one."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; rename it over `path` if the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def state_of(files: Iterable[Path]) -> str:
    """Name, size and time of each file as one text: another one whenever a file has changed.

    One text, for as a cache's key Streamlit hashes it in no time, and a tuple of many parts slowly.
    """
    facts = ((str(file), file.stat()) for file in files)
    return repr([(name, found.st_size, found.st_mtime_ns) for name, found in facts])
