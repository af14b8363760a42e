"""A release of Streamlit that renames an undocumented part stops the server at its start."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
import streamlit as st
from streamlit import file_util
from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from dashboard.server import middleware, streamlit_parts, uploads
from dashboard.server.streamlit_parts import require_streamlit_parts


def test_the_pinned_release_has_every_part() -> None:
    require_streamlit_parts()


@pytest.mark.parametrize(
    ("owner", "part"),
    [
        (Runtime, "uploaded_file_mgr"),
        (MemoryUploadedFileManager, "add_file"),
        (MemoryUploadedFileManager, "remove_file"),
        (file_util, "get_static_dir"),
    ],
)
def test_a_renamed_part_is_named(monkeypatch: pytest.MonkeyPatch, owner: object, part: str) -> None:
    monkeypatch.delattr(owner, part)
    with pytest.raises(RuntimeError, match=rf"requirements\.txt: \S+\.{part}\.$"):
        require_streamlit_parts()


def test_a_renamed_logger_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamlit_parts, "SCRIPT_LOG", "streamlit.runtime.renamed")
    with pytest.raises(RuntimeError, match=r"streamlit\.runtime\.renamed"):
        require_streamlit_parts()


def test_static_files_in_another_folder_are_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(file_util, "get_static_dir", lambda: str(tmp_path))
    with pytest.raises(RuntimeError, match="get_static_dir"):
        require_streamlit_parts()


def test_the_server_checks_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    async def start() -> None:
        async with middleware.lifespan(st.App("Home.py")):
            raise AssertionError("the server has started")

    monkeypatch.delattr(Runtime, "uploaded_file_mgr")
    # In a thread of its own: where Playwright has run before, this one has a loop already.
    with ThreadPoolExecutor(1) as thread, pytest.raises(RuntimeError, match="uploaded_file_mgr"):
        thread.submit(lambda: asyncio.run(start())).result()


def test_uploads_that_are_kept_elsewhere_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = object.__new__(Runtime)
    runtime._uploaded_file_mgr = object()
    monkeypatch.setattr(uploads, "exists", lambda: True)
    monkeypatch.setattr(uploads, "get_instance", lambda: runtime)
    with pytest.raises(RuntimeError, match="uploaded_file_mgr is a object"):
        uploads.bound_uploads()
    runtime._uploaded_file_mgr = manager = MemoryUploadedFileManager("/upload")
    for _ in range(2):
        uploads.bound_uploads()
    assert isinstance(manager.add_file, uploads.Bound)
    assert not isinstance(manager.add_file._add, uploads.Bound)
