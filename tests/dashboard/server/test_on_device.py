"""The static page, served beside the app's pages: types, caching, compression, what it may load."""

import gzip
import http.client
import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.datastructures import Headers

from core.errors import UserError
from core.release import web
from dashboard.navigation import on_device_address
from dashboard.server import on_device
from tests.dashboard.server.test_middleware import Got
from tests.servers import start_server
from tests.visitors import run_apart

PLACE = "/on-device/"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[http.client.HTTPConnection]:
    process, url = start_server(tmp_path_factory.mktemp("on-device") / "log", {})
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=120)
    yield connection
    connection.close()
    process.terminate()
    process.wait(timeout=20)


def get(served: http.client.HTTPConnection, path: str, method: str = "GET", **headers: str) -> Got:
    served.request(method, path, headers={key.replace("_", "-"): value for key, value in headers.items()})
    answer = served.getresponse()
    return Got(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())


@pytest.fixture(scope="module")
def paths(served: http.client.HTTPConnection) -> list[str]:
    """Every file that a first visit needs."""
    head = get(served, f"{PLACE}sw.js").body.decode().splitlines()[1]
    return list(json.loads(head.split(" = ")[1].rstrip(";")))


def test_every_file_comes_with_its_type_its_caching_and_the_policy(served, paths):
    types = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".json": "application/json",
             ".wasm": "application/wasm", ".tflite": "application/octet-stream", ".png": "image/png",
             ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml", ".jpg": "image/jpeg",
             ".css": "text/css; charset=utf-8"}  # fmt: skip
    assert len(paths) > 20
    for path in paths:
        got = get(served, PLACE + path, Accept_Encoding="gzip")
        assert got.status == 200, path
        assert got.headers["content-type"] == types["." + path.removesuffix(".gz").rpartition(".")[2]], path
        assert got.headers["cache-control"] == (on_device.FOREVER if "/" in path else on_device.ANEW), path
        assert got.headers["content-security-policy"].startswith(web.POLICY)
        assert got.headers["x-content-type-options"] == "nosniff"


def test_runtime_and_model_are_compressed_once_and_within_their_budgets(served, paths):
    weights = {"runtime-": 0, "model-": 0}
    for path in paths:
        got = get(served, PLACE + path, Accept_Encoding="gzip")
        for kind in weights:
            weights[kind] += len(got.body) * path.startswith(kind)
        if got.headers.get("content-encoding") == "gzip":
            assert not gzip.decompress(got.body).startswith(b"\x1f\x8b"), path
    assert 0 < weights["runtime-"] <= 3_200_000
    assert 0 < weights["model-"] <= 7_000_000


def test_without_gzip_everything_still_comes(served, paths):
    for path in paths:
        got = get(served, PLACE + path)
        assert got.status == 200 and "content-encoding" not in got.headers
        packed = get(served, PLACE + path, Accept_Encoding="gzip")
        unpacked = gzip.decompress(got.body) if path.endswith(".gz") else got.body
        assert unpacked == (gzip.decompress(packed.body) if "content-encoding" in packed.headers else packed.body)


def test_what_a_browser_has_already_is_not_sent_again(served):
    first = get(served, PLACE)
    again = get(served, PLACE, If_None_Match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")


def test_the_address_without_its_slash_leads_there_and_unknown_files_are_missing(served):
    got = get(served, PLACE.rstrip("/"))
    assert got.status == 308 and got.headers["location"] == PLACE
    for path in ("none.js", "../../core/config.py", "page-0/main.js", "%00", "..%2f..%2fREADME.md"):
        assert get(served, PLACE + path).status in (400, 404), path
    assert get(served, PLACE, "POST").status in (308, 404, 405)  # nothing takes what is sent


def test_a_base_path_is_respected(monkeypatch):
    for base, place in (("", "/on-device"), ("lab", "/lab/on-device"), ("/a/b/", "/a/b/on-device")):
        assert [route.path for route in on_device.device_routes(base)] == [place, f"{place}/{{path:path}}"]
        monkeypatch.setattr("streamlit.get_option", lambda _, base=base: base)
        assert on_device_address() == f"{place}/"


def test_a_missing_model_is_one_sentence_and_no_traceback(monkeypatch):
    def fail(*_: object) -> None:
        raise UserError("No network is exported yet.")

    monkeypatch.setattr(on_device.OnDevice, "file", fail)

    class Asked:
        path_params = {"path": ""}  # noqa: RUF012
        headers = Headers()

    answer = run_apart(on_device.OnDevice().answer(Asked()))  # type: ignore[arg-type]
    assert answer.status_code == 503 and b"No network is exported" in answer.body


def test_a_file_that_was_read_is_ready_for_a_moment(monkeypatch):
    page, sent = on_device.OnDevice(), on_device.Sent(on_device.keep(b"x"), None, "1")
    page._sent["a.js"] = sent
    assert page.ready("a.js") is None  # nobody has looked at the cards yet
    monkeypatch.setattr("core.files.state_of", lambda _: "a")
    page._site = ("a", "site")  # type: ignore[assignment]
    page.site()
    assert page.ready("a.js") is sent and page.ready("b.js") is None
    monkeypatch.setattr(on_device, "RECHECK", 0.0)
    assert page.ready("a.js") is None


def test_large_files_wait_on_disk_and_small_ones_in_memory(monkeypatch):
    made = []

    def make() -> object:
        made.append(tempfile.TemporaryFile())  # noqa: SIM115
        return made[-1]

    monkeypatch.setattr(on_device, "TemporaryFile", make)
    large = bytes(range(256)) * 2**12
    assert on_device.keep(large[:-1])() == large[:-1] and not made
    read = on_device.keep(large)
    assert read() == read() == large and len(made) == 1
    assert not any(each is large for each in vars(read).values())
    del read
    assert made[0].closed


def test_without_room_on_disk_a_large_file_stays_in_memory(monkeypatch):
    def refuse() -> None:
        raise OSError

    monkeypatch.setattr(on_device, "TemporaryFile", refuse)
    assert on_device.keep(b"x" * on_device.LARGE)() == b"x" * on_device.LARGE


def test_another_card_makes_the_page_anew(monkeypatch):
    built = []
    monkeypatch.setattr(web, "build_site", lambda server_page: built.append(server_page) or f"site {len(built)}")
    states = iter(["a", "a", "b"])
    monkeypatch.setattr("core.files.state_of", lambda _: next(states))
    page = on_device.OnDevice()
    assert [page.site() for _ in range(3)] == ["site 1", "site 1", "site 2"]


def test_a_page_that_is_built_anew_while_it_is_read_keeps_nothing_old(monkeypatch: pytest.MonkeyPatch) -> None:
    page = on_device.OnDevice()
    old = page.site()
    page._site = (page._site[0], replace(old))  # type: ignore[index]
    with monkeypatch.context() as patch:
        patch.setattr(page, "site", lambda: old)
        assert page.file("") is not None and not page._sent
    assert page.file("") is not None and list(page._sent) == [web.INDEX]
