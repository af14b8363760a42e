"""Fetching one file, over a connection that does all that connections do."""

import hashlib
import os
from pathlib import Path

import pytest

from core.data.download.web import Remote, Web
from core.errors import UserError

CONTENT = bytes(range(256)) * 4096


def silent(_done: int, _total: int) -> None: ...


@pytest.fixture
def remote(server) -> Remote:
    server.files["/file"] = CONTENT
    return Remote("file.bin", f"{server.url}/file", len(CONTENT), hashlib.md5(CONTENT).hexdigest())


def test_fetches_reports_and_skips_what_is_there(server, remote: Remote, tmp_path: Path) -> None:
    seen = []
    with Web() as web:
        path = web.fetch(remote, tmp_path / "new", lambda done, total: seen.append((done, total)))
        assert path.read_bytes() == CONTENT
        assert seen[0] == (0, len(CONTENT))
        assert seen[-1] == (len(CONTENT), len(CONTENT))
        web.fetch(remote, tmp_path / "new", silent)
    assert len(server.requests) == 1
    assert os.listdir(tmp_path / "new") == ["file.bin"]
    assert not any("python-requests" in agent for agent in server.agents)  # which Dataverse refuses


def test_what_is_there_and_damaged_is_fetched_anew(remote: Remote, tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(b"half")
    with Web() as web:
        assert web.fetch(remote, tmp_path, silent).read_bytes() == CONTENT


@pytest.mark.parametrize("fault", ["cut", "stall"])
def test_lost_connection_is_resumed_within_one_run(server, remote: Remote, tmp_path: Path, fault: str) -> None:
    server.faults["/file"] = [fault, fault]
    with Web(timeout=0.2, retries=2) as web:
        assert web.fetch(remote, tmp_path, silent).read_bytes() == CONTENT
    assert server.asked("/file") == [None, "bytes=524288-", "bytes=786432-"]


@pytest.mark.parametrize("fault", ["cut", "stall"])
def test_lost_connection_is_resumed_by_the_next_run(server, remote: Remote, tmp_path: Path, fault: str) -> None:
    server.faults["/file"] = [fault]
    with (
        Web(timeout=0.2, retries=0) as web,
        pytest.raises(UserError, match=r"127\.0\.0\.1 failed .*to resume it"),
    ):
        web.fetch(remote, tmp_path, silent)
    assert not (tmp_path / "file.bin").exists()
    with Web(retries=0) as web:
        assert web.fetch(remote, tmp_path, silent).read_bytes() == CONTENT
    assert server.asked("/file") == [None, "bytes=524288-"]


def test_server_that_knows_no_range(server, remote: Remote, tmp_path: Path) -> None:
    server.faults["/file"] = ["cut", "whole"]
    with Web(retries=1) as web:
        assert web.fetch(remote, tmp_path, silent).read_bytes() == CONTENT
    assert server.asked("/file") == [None, "bytes=524288-"]


def test_part_that_is_whole_already_is_used(remote: Remote, tmp_path: Path) -> None:
    (tmp_path / ".file.bin.part").write_bytes(CONTENT)
    with Web(retries=0) as web:
        assert web.fetch(remote, tmp_path, silent).read_bytes() == CONTENT


def test_part_of_another_file_is_thrown_away(remote: Remote, tmp_path: Path) -> None:
    (tmp_path / ".file.bin.part").write_bytes(b"of an older version")
    with Web(retries=0) as web:
        with pytest.raises(UserError, match=r"file\.bin arrived damaged .* start the download again"):
            web.fetch(remote, tmp_path, silent)
        assert os.listdir(tmp_path) == []
        assert web.fetch(remote, tmp_path, silent).read_bytes() == CONTENT


def test_file_without_checksum_is_never_pieced_together(remote: Remote, tmp_path: Path) -> None:
    (tmp_path / ".file.bin.part").write_bytes(b"of an older version")
    with Web(retries=0) as web:
        path = web.fetch(Remote(remote.name, remote.url, remote.size), tmp_path, silent)
    assert path.read_bytes() == CONTENT


def test_damage_is_tried_again_then_explained(server, remote: Remote, tmp_path: Path) -> None:
    server.faults["/file"] = ["corrupt"]
    with Web(retries=1) as web:
        assert web.fetch(remote, tmp_path / "a", silent).read_bytes() == CONTENT
    server.faults["/file"] = ["corrupt", "corrupt"]
    with Web(retries=1) as web, pytest.raises(UserError, match="arrived damaged"):
        web.fetch(remote, tmp_path / "b", silent)
    assert os.listdir(tmp_path / "b") == []


def test_check_refuses_a_file(remote: Remote, tmp_path: Path) -> None:
    def refuse(_path: Path) -> None:
        raise ValueError

    with Web(retries=0) as web, pytest.raises(UserError, match="arrived damaged"):
        web.fetch(remote, tmp_path, silent, check=refuse)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("status", ["403", "404"])
def test_http_error_is_named_at_once(server, remote: Remote, tmp_path: Path, status: str) -> None:
    server.faults["/file"] = [status]
    with Web() as web:
        with pytest.raises(UserError, match=f"127.0.0.1 answered HTTP {status} for file.bin; try again later"):
            web.fetch(remote, tmp_path, silent)
        assert len(server.requests) == 1
        assert web.fetch(remote, tmp_path, silent).read_bytes() == CONTENT


def test_busy_server_is_asked_again(server, remote: Remote, tmp_path: Path) -> None:
    server.faults["/file"] = ["503", "429"]
    with Web(retries=2) as web:
        assert web.fetch(remote, tmp_path, silent).read_bytes() == CONTENT
    server.files["/json"], server.faults["/json"] = b"{}", ["500", "503"]
    with Web(retries=1) as web, pytest.raises(UserError, match="HTTP 503"):
        web.json(f"{server.url}/json")


def test_no_server(tmp_path: Path) -> None:
    with Web(retries=0) as web:
        with pytest.raises(UserError, match=r"The connection to 127\.0\.0\.1 failed.* check the network"):
            web.fetch(Remote("file.bin", "http://127.0.0.1:1/file", 1), tmp_path, silent)
        with pytest.raises(UserError, match="The connection to"):
            web.json("http://127.0.0.1:1/json")


def test_something_else_than_json(remote: Remote) -> None:
    with Web() as web, pytest.raises(UserError, match="did not send its list"):
        web.json(remote.url)
