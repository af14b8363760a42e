"""What is kept of a visitor's uploads besides the files, and what the server didn't keep."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFile

from core.config import MOST_UPLOADS, UPLOADS_BYTES
from dashboard.text.format import count

MANY = "classify-many"
"""Session state: several images that are being classified, reduced, and what came of them."""


def uploaded_ids(key: str) -> list[str]:
    """Return the ids of all files that the visitor sees at an uploader, those that the server has dropped too.

    Args:
        key: Of the uploader, which has been drawn.
    """
    return [file.file_id for file in _files(key)]


def warn_of_dropped(key: str) -> None:
    """Say so if the server has dropped files that the visitor still sees at an uploader.

    Args:
        key: Of the uploader, which has been drawn.
    """
    dropped = sum(isinstance(file, DeletedFile) for file in _files(key))
    if dropped:
        verb, them = ("is", "it") if dropped == 1 else ("are", "them")
        st.warning(
            f"{count(dropped, 'files')} {verb} no longer here: the server keeps at most {MOST_UPLOADS} files and "
            f"{UPLOADS_BYTES // 2**20} MB for one visitor, less when many people upload. Remove all files, then upload "
            f"{them} again, a few at a time.",
            icon=":material/folder_off:",
        )


def _files(key: str) -> list[UploadedFile | DeletedFile]:
    value = st.session_state.get(key)
    return value if isinstance(value, list) else [value] if value else []
