"""The page that browsers get first names the scripts that they will need, and where the server is."""

import gzip
import http.client
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit import file_util

from dashboard.navigation import PAGES
from dashboard.server import entrance
from dashboard.server.entrance import ASKED, COMMON, SCRIPTS, page_of, scripts, without_blanks
from tests.servers import start_server

STATIC = Path(file_util.get_static_dir())
PLOTLY = re.compile(r'href="\./static/js/PlotlyChart\.[^"]+\.js"')


@pytest.fixture(scope="module", params=["", "some/lab"])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process, url = start_server(tmp_path_factory.mktemp("entrance") / "log", {}, base=request.param)
    yield url.removeprefix("http://")
    process.terminate()
    process.wait(timeout=20)


def get(address: str, path: str, **headers: str) -> tuple[dict[str, str], bytes]:
    host, _, base = address.partition("/")
    connection = http.client.HTTPConnection(host)
    connection.request("GET", f"{'/' if base else ''}{base}/{path}", headers=headers)
    answer = connection.getresponse()
    found = {key.lower(): value for key, value in answer.getheaders()}, answer.read()
    connection.close()
    assert answer.status == 200
    return found


def test_a_page_with_a_chart_asks_for_plotly_at_once_and_knows_its_server(address):
    _, body = get(address, "metadata")
    page = body.decode()
    assert len(PLOTLY.findall(page)) == 1
    assert page.count("BACKEND_BASE_URL:location.origin+location.pathname.slice(0,-8)") == 1
    assert page.index("BACKEND_BASE_URL") < page.index('<script type="module"')
    links = re.findall(r'rel="modulepreload" crossorigin href="\./static/js/([^"]+)"', page)
    assert len(links) == len(set(links))
    assert all((STATIC / "static" / "js" / file).is_file() for file in links)
    _, root = get(address, "")
    assert "BACKEND_BASE_URL" not in root.decode()


def test_a_page_without_a_chart_does_not(address):
    assert not PLOTLY.search(get(address, "class")[1].decode())
    assert not PLOTLY.search(get(address, "classify")[1].decode())
    assert PLOTLY.search(get(address, "classify?source=Synthetic+lesion")[1].decode())


def test_compressed_and_plain_are_the_same_page(address):
    plain, body = get(address, "leaderboard")
    packed, small = get(address, "leaderboard", **{"Accept-Encoding": "gzip"})
    assert packed["content-encoding"] == "gzip" and gzip.decompress(small) == body
    assert plain["cache-control"] == packed["cache-control"] == "no-cache"
    assert plain["vary"] == "Accept-Encoding" and "etag" not in plain and int(plain["content-length"]) == len(body)


def test_other_addresses_get_what_streamlit_sends(address):
    original = (STATIC / "index.html").read_bytes()
    assert get(address, "no-such-page")[1] == original


def test_a_name_without_a_value_is_taken_out_of_the_address(address):
    host, _, base = address.partition("/")
    connection = http.client.HTTPConnection(host)
    connection.request("GET", f"{'/' if base else ''}{base}/metadata?unit=&scale=log&dx=mel&dx=&x=a%26b%0d%0a")
    answer = connection.getresponse()
    assert answer.status == 307 and answer.getheader("location") == "?scale=log&dx=mel&x=a%26b%0D%0A"
    connection.close()
    assert get(address, "metadata?scale=log")[1]


@pytest.mark.parametrize(
    ("query", "filled"),
    [("", None), ("a=1&a=2", None), ("a=", ""), ("a", ""), ("a=&b=%C3%A9", "b=%C3%A9"), ("%FF=&b=1", "b=1")],
)
def test_only_blanks_are_left_out(query, filled):
    assert without_blanks(query) == filled
    assert filled is None or without_blanks(filled) is None


def test_every_page_and_every_script_is_known():
    """A release of Streamlit may rename its scripts: nothing would break, but every first visit would take longer."""
    assert set(SCRIPTS) == set(PAGES)
    names = {*COMMON, *(each for more in (*SCRIPTS.values(), *ASKED.values()) for each in more)}
    assert [name for name in names if not entrance._files(name)] == []
    page = (STATIC / "index.html").read_bytes()
    assert page.count(entrance.FIRST) == page.count(entrance.LAST) == 1
    assert any("BACKEND_BASE_URL" in file.read_text() for file in (STATIC / "static" / "js").glob("index.*.js"))


def test_a_script_that_is_gone_is_left_out(monkeypatch):
    monkeypatch.setitem(SCRIPTS, "classroom", ("NoSuchScript",))
    assert scripts("classroom", "") == list(dict.fromkeys(file for each in COMMON for file in entrance._files(each)))


NONSENSE = ["%", "source", "source=%ff&source=", "source=" + "x" * 10_000, "&&==", "show=Lab\x00"]


@pytest.mark.parametrize("query", NONSENSE)
def test_nonsense_in_the_address_asks_for_nothing_more(query):
    assert scripts("classify", query) == scripts("classify", "")


def test_only_pages_that_are_read_have_an_entrance():
    asked = {"type": "http", "method": "GET", "path": "/metadata"}
    assert page_of(asked) == "metadata_eda"
    assert page_of(asked | {"method": "HEAD"}) is None
    assert page_of(asked | {"type": "websocket"}) is None
    assert page_of(asked | {"path": "/metadata/_stcore/health"}) is None


@pytest.mark.parametrize(
    ("name", "query", "model"),
    [
        ("classify", "source=Synthetic+lesion", ""), ("classify", "source=Test+image&model=Best", "Best"),
        ("classify", "source=Upload", None), ("classify", "", None), ("metadata_eda", "source=Synthetic+lesion", None),
        ("split_resampling", "show=Lab", None),
    ],
)  # fmt: skip
def test_a_model_is_opened_early_only_where_an_example_is_asked_for(monkeypatch, name, query, model):
    opened = []
    monkeypatch.setattr(entrance, "_open", opened.append)
    entrance.get_ready(name, query)
    for thread in threading.enumerate():
        if thread.name == entrance.WARM_UP:
            thread.join(10)
    assert opened == ([] if model is None else [model])
