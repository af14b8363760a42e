"""The server around the app: script files come packed, and what the first visitor needs is ready."""

import gzip
import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import plotly
import pytest
from streamlit import file_util

from core.config import ROOT
from dashboard import views
from dashboard.caches import heatmaps, predictions
from dashboard.server import middleware
from dashboard.views import first_charts
from tests.servers import start_server

STATIC = Path(file_util.get_static_dir())
SCRIPT = max(STATIC.rglob("*.js"), key=lambda file: file.stat().st_size)
HINTED = b"//# allFunctionsCalledOnLoad\n" + SCRIPT.read_bytes()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[http.client.HTTPConnection]:
    process, url = start_server(tmp_path_factory.mktemp("packed") / "log", {})
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    yield connection
    connection.close()
    process.terminate()
    process.wait(timeout=20)


class Got(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def get(served: http.client.HTTPConnection, path: str, method: str = "GET", **headers: str) -> Got:
    elsewhere = {"X-Forwarded-For": "192.0.2.1"}  # a proxy's word for a visitor who is not on this machine
    served.request(method, path, headers=elsewhere | {key.replace("_", "-"): value for key, value in headers.items()})
    answer = served.getresponse()
    return Got(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())


def test_a_script_comes_packed_and_stays_in_the_browser(served):
    address = f"/{SCRIPT.relative_to(STATIC)}"
    for _ in range(2):
        got = get(served, address, Accept_Encoding="gzip, deflate, br")
        assert got.headers["content-encoding"] == "gzip"
        assert len(got.body) < 0.5 * SCRIPT.stat().st_size
        assert gzip.decompress(got.body) == HINTED
    plain, streamlits = get(served, address), get(served, address, "HEAD")
    assert "content-encoding" not in plain.headers and plain.body == HINTED
    for header in ("cache-control", "content-type"):
        assert got.headers[header] == plain.headers[header] == streamlits.headers[header]


def test_on_the_same_machine_a_script_comes_uncompressed(served):
    address = f"/{SCRIPT.relative_to(STATIC)}"
    got = get(served, address, X_Forwarded_For="127.0.0.1", Accept_Encoding="gzip")
    assert "content-encoding" not in got.headers and got.body == HINTED


def test_styles_and_scripts_that_are_hardly_used_come_as_they_are(served):
    for pattern in ("css/*.css", "js/protobuf.*.js"):
        file = next((STATIC / "static").glob(pattern))
        assert get(served, f"/{file.relative_to(STATIC)}").body == file.read_bytes()


def test_what_is_no_whole_script_is_left_to_streamlit(served):
    address = f"/{SCRIPT.relative_to(STATIC)}"
    part = get(served, address, Accept_Encoding="gzip", Range="bytes=0-99")
    assert part.status == 206 and part.body == SCRIPT.read_bytes()[:100]
    assert get(served, address, "HEAD", Accept_Encoding="gzip").body == b""
    assert "content-encoding" not in get(served, "/favicon.png", Accept_Encoding="gzip").headers
    outside = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    assert outside.is_file()
    for path in (
        "js/none.js",
        "../index.html",
        "%00.js",
        f"{'x' * 300}.js",
        os.path.relpath(outside, STATIC / "static"),
    ):
        got = get(served, f"/static/{path}", Accept_Encoding="gzip")
        assert "content-encoding" not in got.headers and not got.body.startswith(b"//#"), path


def test_under_a_base_path_a_script_comes_packed_too(tmp_path):
    process, url = start_server(tmp_path / "log", {}, base="some/lab")
    connection = http.client.HTTPConnection(url.split("/")[2])
    address = f"/{SCRIPT.relative_to(STATIC)}"
    got = get(connection, f"/some/lab{address}", Accept_Encoding="gzip")
    assert got.headers["content-encoding"] == "gzip" and gzip.decompress(got.body) == HINTED
    assert "content-encoding" not in get(connection, f"/some/lab/../lab{address}x", Accept_Encoding="gzip").headers
    connection.close()
    process.terminate()
    process.wait(timeout=20)


def test_the_first_visitor_finds_modules_imported_and_the_leaderboard_read(monkeypatch):
    read = []
    real = predictions.read_leaderboard
    monkeypatch.setattr(predictions, "read_leaderboard", lambda: read.append(1) or real())
    predictions._leaderboard.clear()
    heatmaps._lesion.clear()
    middleware.warm_up(pause=0)
    assert read == [1]
    predictions.leaderboard()
    assert read == [1]


READY = """
import sys, threading
sys.path.insert(0, "dashboard")
import Home
assert "pandas" not in sys.modules, "the server starts with what it needs, and no more"
from dashboard.server import middleware
from dashboard.views import first_charts
thread = threading.Thread(target=middleware.warm_up, args=(0,), name=middleware.NAME)
thread.start()
thread.join()
print(*sys.modules)
"""


def test_getting_ready_imports_every_block_no_tensorflow_and_says_nothing():
    done = subprocess.run([sys.executable, "-c", READY], capture_output=True, text=True, cwd=ROOT, check=True)
    loaded = done.stdout.split()
    folder = Path(views.__path__[0])
    names = [file.relative_to(folder).with_suffix("") for file in folder.rglob("[a-z]*.py")]
    assert {".".join(("dashboard", "views", *name.parts)) for name in names} <= set(loaded)
    assert "tensorflow" not in loaded
    assert "ScriptRunContext" not in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("content", ["", "no database" * 100])
def test_a_server_that_has_rooms_gets_ready_for_its_class_first(tmp_path, monkeypatch, content):
    monkeypatch.setenv("HAM10000_STATE", str(tmp_path))
    monkeypatch.delenv("HAM10000_DATABASE", raising=False)
    order = []
    real = middleware._warm_up_class
    monkeypatch.setattr(middleware, "_warm_up_class", lambda: order.append("class") or real())
    monkeypatch.setattr(predictions, "leaderboard", lambda: order.append("home"))
    monkeypatch.setattr(first_charts, "draw_first", lambda: None)
    middleware.warm_up(pause=0)
    assert order == ["home"]
    (tmp_path / "classroom.sqlite").write_text(content)
    middleware.warm_up(pause=0)
    assert order == ["home", "class", "home"]
    monkeypatch.setenv("HAM10000_ROOMS", "0")
    middleware.warm_up(pause=0)
    assert order == ["home", "class", "home", "home"]
