"""How much of the server's memory uploads may hold.

Streamlit keeps every file that a browser sends until its session ends, also those that no page has asked for or that
the visitor has replaced without saying so; two minutes more after the visitor has left.
"""

import threading

from streamlit.runtime import Runtime, exists, get_instance
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from dashboard.server.streamlit_parts import UNSUPPORTED

PER_SESSION = 2
"""Files: the one on the page and the one that is about to take its place."""
MEGABYTES = 256
"""Of all sessions together; beyond them the visitor who uploaded longest ago is asked to upload again."""


class Bound:
    """Stands before a manager's `add_file` and drops what is too much, oldest first."""

    def __init__(self, manager: MemoryUploadedFileManager, per_session: int, total: int) -> None:
        """Take the place of the manager's own method.

        Args:
            manager: Streamlit's.
            per_session: Files.
            total: Bytes.
        """
        self._manager, self._per_session, self._total = manager, per_session, total
        self._add, self._lock = manager.add_file, threading.Lock()
        self._held: dict[tuple[str, str], int] = {}  # bytes by session and file, oldest first
        manager.add_file = self  # type: ignore[method-assign]

    def __call__(self, session_id: str, file: UploadedFileRec) -> None:
        """Keep a file, and let go of others for it."""
        with self._lock:
            self._add(session_id, file)
            self._forget_removed()
            self._held[session_id, file.file_id] = len(file.data)
            mine = [key for key in self._held if key[0] == session_id]
            for key in mine[: -self._per_session]:
                self._drop(key)
            while sum(self._held.values()) > self._total and len(self._held) > 1:
                self._drop(next(iter(self._held)))

    def _drop(self, key: tuple[str, str]) -> None:
        self._manager.remove_file(*key)
        del self._held[key]

    def _forget_removed(self) -> None:
        there = {(session, file) for session, files in list(self._manager.file_storage.items()) for file in list(files)}
        self._held = {key: size for key, size in self._held.items() if key in there}


def bound_uploads() -> None:
    """Bound what uploads hold, once for the server.

    Raises:
        RuntimeError: This Streamlit keeps uploads in another way.
    """
    if not exists() or type(get_instance()) is not Runtime:  # no server: a plain script, or Streamlit's AppTest
        return
    manager = get_instance().uploaded_file_mgr
    if not isinstance(manager, MemoryUploadedFileManager):
        raise RuntimeError(f"{UNSUPPORTED}: Runtime.uploaded_file_mgr is a {type(manager).__name__}.")
    if not isinstance(manager.add_file, Bound):
        Bound(manager, PER_SESSION, MEGABYTES * 2**20)
