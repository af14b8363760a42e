"""The undocumented parts of Streamlit that the server relies on, checked when it starts.

A release may rename any of them. Without this check the server would run on with unbounded uploads or uncompressed
files, and nobody would notice.
"""

from importlib.util import find_spec
from pathlib import Path

from streamlit import file_util
from streamlit.runtime import Runtime, app_session
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

SCRIPT_LOG = "streamlit.runtime.scriptrunner_utils.script_run_context"
"""Module and logger that warns of a thread without a visitor."""
MANAGER_PARTS = ("add_file", "remove_file", "file_storage")
UNSUPPORTED = "This version of Streamlit lacks what the server relies on; install the one in requirements.txt"


def require_streamlit_parts() -> None:
    """Check that Streamlit has every undocumented part that the server relies on.

    Raises:
        RuntimeError: At least one has been renamed or removed.
    """
    manager = MemoryUploadedFileManager("")
    static_dir = getattr(file_util, "get_static_dir", None)
    parts = {
        "Runtime.uploaded_file_mgr": hasattr(Runtime, "uploaded_file_mgr"),
        **{f"MemoryUploadedFileManager.{name}": hasattr(manager, name) for name in MANAGER_PARTS},
        "file_util.get_static_dir": static_dir is not None and Path(static_dir(), "static").is_dir(),
        "app_session._populate_theme_msg": hasattr(app_session, "_populate_theme_msg"),
        SCRIPT_LOG: find_spec(SCRIPT_LOG) is not None,
    }
    if missing := [name for name, found in parts.items() if not found]:
        raise RuntimeError(f"{UNSUPPORTED}: {', '.join(missing)}.")
