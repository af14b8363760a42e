"""Atomic file writes, hashes, and a fingerprint of files for caches."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; rename it to `path` if the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


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
