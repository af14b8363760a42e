"""A graph whose weights take no memory twice while interpreters of it are open."""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from ai_edge_litert.interpreter import Interpreter

OPEN_FILES = Path("/proc/self/fd")
"""Where Linux shows a process its open files, those without a name too."""


class StoredGraph:
    """A .tflite file's bytes, in a temporary file where there can be one (on Linux).

    An interpreter unpacks the weights into memory of its own and doesn't read the file's again, so what is in memory of
    the file can go: 7 to 10 MB a network.

    Attributes:
        data: The bytes.

    Example:
        >>> from core.config import TRAINED_MODELS
        >>> stored = StoredGraph((TRAINED_MODELS / "baseline_cnn" / "model.tflite").read_bytes())
        >>> stored.open().get_signature_runner().get_input_details()["image"]["shape"].tolist()
        [1, 64, 64, 3]
        >>> forget([stored])
        >>> stored.data[4:8]
        b'TFL3'
    """

    def __init__(self, graph: bytes) -> None:
        """Store a graph; it stays in memory if no temporary file can be written."""
        self.data: bytes | mmap.mmap = graph
        self._file = None
        if OPEN_FILES.is_dir():
            with suppress(OSError, ValueError):  # not writable, or full before the end
                file = TemporaryFile(buffering=0)  # noqa: SIM115, open for as long as the graph is
                file.write(graph)
                self.data = mmap.mmap(file.fileno(), len(graph), access=mmap.ACCESS_READ)
                self._file = file

    def __del__(self) -> None:
        """Close the file; interpreters that are still open keep what they need of it."""
        if file := getattr(self, "_file", None):
            file.close()

    def open(self) -> Interpreter:
        """Open an interpreter, which takes one thread.

        Raises:
            ValueError: LiteRT can't read the graph.
        """
        if self._file:
            return Interpreter(model_path=str(OPEN_FILES / str(self._file.fileno())), num_threads=1)
        return Interpreter(model_content=self.data, num_threads=1)

    @property
    def mapped(self) -> tuple[int, int] | None:
        """The file's number and its size, by which its pages are found; None of a graph in memory."""
        return (os.fstat(self._file.fileno()).st_ino, len(self.data)) if self._file else None


def forget(graphs: Iterable[StoredGraph]) -> None:
    """Give back the memory of all that was read of graphs' files; what is needed again is read from them again."""
    sizes = dict(filter(None, (graph.mapped for graph in graphs)))
    if not sizes:
        return
    with suppress(OSError, AttributeError):
        advise = ctypes.CDLL("libc.so.6").madvise
        for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
            span, access, _, _, number, *_ = line.split(maxsplit=5)
            size = sizes.get(int(number))
            # A library's pages may differ from its file, whose number could be the same by chance.
            if size and access.startswith("r--"):
                start, end = (int(each, 16) for each in span.split("-"))
                if 0 <= end - start - size < mmap.PAGESIZE:
                    advise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), mmap.MADV_DONTNEED)
