"""Limit how much uploads hold in memory, and for how long.

Streamlit keeps every file that a browser sends until two minutes after its session ends, even if no page uses the file
or the visitor has replaced it. Here it goes as soon as its visitor opens another page, whose uploader can't read it.
"""

import threading

import streamlit as st
from streamlit.runtime import Runtime, exists, get_instance
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from core.config import MOST_UPLOADS, UPLOADS_BYTES
from dashboard.server.streamlit_parts import UNSUPPORTED

MEGABYTES = 256
"""Limit over all sessions; beyond it, the oldest upload is dropped and its visitor has to upload again."""


PAGE = "page-of-uploads"
"""Session state: the page that was open last."""


class Bound:
    """Replaces a manager's `add_file` and drops the oldest files beyond the limits."""

    def __init__(self, manager: MemoryUploadedFileManager, per_session: int, session_bytes: int, total: int) -> None:
        """Replace the manager's method.

        Args:
            manager: Streamlit's manager of uploaded files.
            per_session: Maximum number of files per session.
            session_bytes: Maximum number of bytes per session; one file alone may be larger.
            total: Maximum number of bytes over all sessions.
        """
        self._manager, self._per_session = manager, per_session
        self._session_bytes, self._total = session_bytes, total
        self._add, self._lock = manager.add_file, threading.Lock()
        self._held: dict[tuple[str, str], int] = {}  # bytes by session and file, oldest first
        manager.add_file = self  # type: ignore[method-assign]

    def __call__(self, session_id: str, file: UploadedFileRec) -> None:
        """Store a file and drop the oldest files beyond the limits."""
        with self._lock:
            self._add(session_id, file)
            self._forget_removed()
            self._held[session_id, file.file_id] = len(file.data)
            own = [key for key in self._held if key[0] == session_id]
            while len(own) > self._per_session or (
                len(own) > 1 and sum(self._held[key] for key in own) > self._session_bytes
            ):
                self._drop(own.pop(0))
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
    manager = _manager()
    if manager and not isinstance(manager.add_file, Bound):
        Bound(manager, MOST_UPLOADS, UPLOADS_BYTES, MEGABYTES * 2**20)


def forget_uploads(page: str) -> bool:
    """Drop what the visitor has uploaded if another page is open than before.

    Args:
        page: The page that is open.

    Returns:
        Whether another one is.

    Raises:
        RuntimeError: See `bound_uploads`.
    """
    before, st.session_state[PAGE] = st.session_state.get(PAGE, page), page
    manager, context = _manager(), get_script_run_ctx()
    if before != page and manager and context:
        manager.remove_session_files(context.session_id)
    return bool(before != page)


def _manager() -> MemoryUploadedFileManager | None:
    if not exists() or type(get_instance()) is not Runtime:  # no server: a plain script, or Streamlit's AppTest
        return None
    manager = get_instance().uploaded_file_mgr
    if not isinstance(manager, MemoryUploadedFileManager):
        raise RuntimeError(f"{UNSUPPORTED}: Runtime.uploaded_file_mgr is a {type(manager).__name__}.")
    return manager
