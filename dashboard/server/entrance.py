"""What a browser is told with the first page: which scripts it will need, and where the server is.

Streamlit's page loads a part of the screen only once the server has sent it: Plotly's 4.7 MB are asked for last, when
everything else is there. And below the root it asks for the server beside the page first, and waits after the refusal.
"""

import gzip
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, parse_qsl, urlencode

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import file_util

from dashboard.navigation import PAGES
from dashboard.server.middleware import NAME as WARM_UP

COMMON = ("Html", "Button")
SCRIPTS: dict[str, tuple[str, ...]] = {
    "overview": ("ImageList", "PageLink", "PlotlyChart", "Slider"),
    "lesson": ("ButtonGroup", "PlotlyChart", "Progress", "Slider"),
    "classroom": ("TextInput",),
    "metadata_eda": ("ButtonGroup", "DownloadButton", "PageLink", "PlotlyChart"),
    "split_resampling": ("ButtonGroup", "DownloadButton", "PlotlyChart", "Selectbox", "Table"),
    "leaderboard": (
        "BidiComponent", "ButtonGroup", "Checkbox", "DownloadButton", "PageLink", "PlotlyChart", "Selectbox",
    ),
    "classify": ("ButtonGroup", "FileUploader", "ImageList", "Selectbox"),
    "gradcam_gallery": ("ButtonGroup", "ImageList", "PageLink", "Pagination", "Selectbox"),
}  # fmt: skip
"""Streamlit's scripts for what each page shows first, by their names without the hash."""
LAB = ("Metric", "NumberInput", "PageLink", "Progress", "Slider")
ANSWER = ("DownloadButton", "PageLink", "PlotlyChart", "Slider")
ASKED: dict[tuple[str, str, str], tuple[str, ...]] = {
    ("split_resampling", "show", "Lab"): LAB,
    ("classify", "source", "Synthetic lesion"): ANSWER,
    ("classify", "source", "Test image"): ANSWER,
}
"""Further ones by page, and by a name and a value in its address."""
IMPORTS = re.compile(r"""(?:from|import)\s*["']\./([\w.~-]+\.js)["']""")
HEAD = 8192
"""Characters in which a script names those that it imports; Plotly's has four million more."""
LEVEL = 6
"""Of compression."""
FIRST, LAST = b'<script type="module"', b"</head>"
"""Before the first script of Streamlit's page, and behind all that its own page asks for."""


class Entrance:
    """Adds the hints to Streamlit's page."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the app.

        Args:
            app: Handles all requests.
        """
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; change the answer if it is the page of one of our addresses."""
        name = page_of(scope)
        if name is None:
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        if (filled := without_blanks(query)) is not None:
            await RedirectResponse(f"?{filled}", headers={"Cache-Control": "no-store"})(scope, receive, send)
            return
        get_ready(name, query)
        files = scripts(name, query)
        packed = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        plain = [(key, value) for key, value in scope["headers"] if key != b"accept-encoding"]  # nothing fits in a pack
        added = _Added(send, _server_address(PAGES[name][0]), files, packed)
        await self._app({**scope, "headers": plain}, receive, added)


class _Added:
    """Passes an answer on, with the hints added to it if it is Streamlit's page."""

    def __init__(self, send: Send, address: str, files: Sequence[str], packed: bool) -> None:
        self._send, self._address, self._files, self._packed = send, address, files, packed
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = MutableHeaders(raw=message["headers"]).get("content-type", "")
            if message["status"] == 200 and kind.startswith("text/html"):
                self._start = message
                return
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        links = (f'<link rel="modulepreload" crossorigin href="./static/js/{file}">'.encode() for file in self._files)
        more = b"".join(link for link in links if link not in self._body)
        body = self._body.replace(FIRST, self._address.encode() + FIRST, 1).replace(LAST, more + LAST, 1)
        headers = MutableHeaders(raw=self._start["headers"])
        headers["vary"] = "Accept-Encoding"
        if self._packed:
            body, headers["content-encoding"] = gzip.compress(body, LEVEL, mtime=0), "gzip"
        headers["content-length"] = str(len(body))
        for stale in ("etag", "last-modified"):  # of the file as it was
            del headers[stale]
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})


def page_of(scope: Scope) -> str | None:
    """Return the page whose address is asked for, a key of `dashboard.navigation.PAGES`."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    path = str(scope["path"]).removeprefix(f"/{base}" if base else "").removeprefix("/")
    return next((name for name, (address, *_) in PAGES.items() if address == path), None)


def get_ready(name: str, query: str) -> None:
    """Open the model that will predict an example, while the browser loads the page."""
    given = parse_qs(query)
    if not any(page == name == "classify" and value in given.get(key, []) for page, key, value in ASKED):
        return
    model = given.get("model", [""])[-1]
    Thread(target=_open, args=(model,), name=WARM_UP, daemon=True).start()


def _open(model: str) -> None:
    from dashboard.views.classify.ready import get_ready as open_model

    open_model(model)


def without_blanks(query: str) -> str | None:
    """Return the part of the address after the question mark without names that have no value; None if all have one.

    Streamlit would set a control that always has a value to none of its options.
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    filled = [(name, value) for name, value in pairs if value]
    return None if len(filled) == len(pairs) else urlencode(filled)


def scripts(name: str, query: str) -> list[str]:
    """Return the files of Streamlit's scripts that a page needs.

    Args:
        name: A key of PAGES.
        query: The address's part after the question mark.
    """
    given = parse_qs(query)
    further = [more for (page, key, value), more in ASKED.items() if page == name and value in given.get(key, [])]
    wanted = (*COMMON, *SCRIPTS.get(name, ()), *(each for more in further for each in more))
    return list(dict.fromkeys(file for each in wanted for file in _files(each)))


def _server_address(path: str) -> str:
    """Say that the server is above the page; at the root Streamlit asks there first anyway."""
    if not path:
        return ""
    above = f"location.origin+location.pathname.slice(0,-{len(path)})"
    return f"<script>window.__streamlit={{BACKEND_BASE_URL:{above}}}</script>"


@cache
def _files(name: str) -> tuple[str, ...]:
    """Return a script's file and those that it imports; none if Streamlit has no such script."""
    folder = Path(file_util.get_static_dir()) / "static" / "js"
    files = sorted(folder.glob(f"{name}.*.js"))
    return tuple(dict.fromkeys(_with_imports(folder, files[0].name, set()))) if len(files) == 1 else ()


def _with_imports(folder: Path, file: str, known: set[str]) -> Iterator[str]:
    if file in known or not (folder / file).is_file():
        return
    known.add(file)
    yield file
    with (folder / file).open(encoding="utf-8") as script:
        head = script.read(HEAD)
    for each in IMPORTS.findall(head):
        yield from _with_imports(folder, each, known)
