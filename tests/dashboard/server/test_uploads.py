"""Uploads hold no more memory than they may."""

import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from core.config import MOST_UPLOADS
from dashboard.server import uploads
from dashboard.server.uploads import Bound
from tests.servers import start_server
from tests.visitors import Visitor, run_apart


@pytest.fixture
def manager() -> MemoryUploadedFileManager:
    made = MemoryUploadedFileManager("/upload")
    Bound(made, per_session=2, session_bytes=70, total=100)
    return made


def put(manager: MemoryUploadedFileManager, session: str, file: str, size: int = 10) -> None:
    manager.add_file(session, UploadedFileRec(file, "spot.jpg", "image/jpeg", bytes(size)))


def held(manager: MemoryUploadedFileManager) -> dict[str, list[str]]:
    return {session: list(files) for session, files in manager.file_storage.items() if files}


def test_a_session_holds_its_two_newest_files(manager: MemoryUploadedFileManager) -> None:
    for file in "abcd":
        put(manager, "one", file)
    put(manager, "two", "e")
    assert held(manager) == {"one": ["c", "d"], "two": ["e"]}


def test_a_session_holds_no_more_than_its_bytes(manager: MemoryUploadedFileManager) -> None:
    put(manager, "one", "a", 40)
    put(manager, "one", "b", 40)
    assert held(manager) == {"one": ["b"]}
    put(manager, "one", "c", 90)
    assert held(manager) == {"one": ["c"]}


def test_all_sessions_together_hold_no_more_than_the_total(manager: MemoryUploadedFileManager) -> None:
    for number in range(20):
        put(manager, f"session {number}", "a", 30)
    assert held(manager) == {f"session {number}": ["a"] for number in (17, 18, 19)}


def test_what_was_removed_otherwise_no_longer_counts(manager: MemoryUploadedFileManager) -> None:
    for number in range(3):
        put(manager, f"session {number}", "a", 30)
    manager.remove_session_files("session 0")
    manager.remove_file("session 1", "a")
    put(manager, "session 3", "a", 60)
    assert held(manager) == {"session 2": ["a"], "session 3": ["a"]}


def test_another_page_forgets_the_files_of_its_visitor_alone(
    manager: MemoryUploadedFileManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(manager, "one", "a")
    put(manager, "two", "b")
    monkeypatch.setattr(uploads, "_manager", lambda: manager)
    monkeypatch.setattr(uploads, "get_script_run_ctx", lambda: SimpleNamespace(session_id="one"))
    monkeypatch.setattr(uploads.st, "session_state", {})
    assert [uploads.forget_uploads(page) for page in ("classify", "classify")] == [False, False]
    assert held(manager) == {"one": ["a"], "two": ["b"]}
    assert uploads.forget_uploads("leaderboard")
    assert held(manager) == {"two": ["b"]}


def test_one_file_that_is_larger_than_all_is_still_kept(manager: MemoryUploadedFileManager) -> None:
    put(manager, "one", "a")
    put(manager, "two", "b", 1000)
    assert held(manager) == {"two": ["b"]}


def test_a_running_server_lets_go_of_what_no_page_shows(tmp_path: Path) -> None:
    async def send_and_show_nothing(url: str) -> None:
        async with Visitor(url) as visitor:
            await visitor.visit("classify")
            for _ in range(MOST_UPLOADS + 3):
                await visitor.send_file(bytes(2**20))
            with urllib.request.urlopen(f"{url}/_stcore/metrics?families=cache_memory_bytes") as answer:
                (line,) = [line for line in answer.read().decode().splitlines() if "UploadedFileManager" in line]
            assert int(line.split()[-1]) == MOST_UPLOADS * 2**20

    plain = {"PATH": "/usr/bin:/bin"}
    server, url = start_server(tmp_path / "log", plain)
    try:
        run_apart(send_and_show_nothing(url))
    finally:
        server.terminate()
        server.wait(timeout=20)
