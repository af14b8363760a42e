"""The static page that classifies in the browser, served beside the app's pages at on-device/."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import TYPE_CHECKING

import streamlit as st
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from core.config import ON_DEVICE_PLACE

if TYPE_CHECKING:
    from core.release.web import Site

FOREVER = "public, immutable, max-age=31536000"
"""Cache-Control of files whose folder's name contains a hash."""
ANEW = "no-cache"
"""Cache-Control of the others: a browser keeps them, but asks each time whether they are still current."""
LEVEL = 9
TYPES = {".js": "text/javascript", ".wasm": "application/wasm", ".tflite": "application/octet-stream",
         ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml",
         ".webmanifest": "application/manifest+json", ".gz": "application/octet-stream"}  # fmt: skip
"""Content types that browsers insist on and that systems know differently."""
PACKED = (".js", ".css", ".json", ".svg", ".html", ".webmanifest")
"""Suffixes of files that are compressed here; the others are compressed already."""
LARGE = 2**20
"""Bytes from which a file waits on disk: network and runtime, compressed, are 9 MB that few visitors ask for."""
RECHECK = 2.0
"""Seconds after which a request checks again whether a card has changed."""
UNAVAILABLE = "The page that classifies on the device is not available here: {}"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sent:
    """One file as it is sent.

    Attributes:
        data: Returns its bytes.
        packed: Returns the same compressed; None for images. What is compressed as it lies there is sent so to
            everyone: the page unpacks it if the browser hasn't.
        etag: A hash of the bytes.
    """

    data: Callable[[], bytes]
    packed: Callable[[], bytes] | None
    etag: str


class _OnDisk:
    """Bytes in a temporary file, which is gone with this object."""

    def __init__(self, data: bytes) -> None:
        self._lock, self._file = Lock(), TemporaryFile()  # noqa: SIM115, open for as long as it may be read
        self._file.write(data)

    def __call__(self) -> bytes:
        with self._lock:
            self._file.seek(0)
            return self._file.read()

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()


def keep(data: bytes) -> Callable[[], bytes]:
    """Keep bytes until they are sent: large ones in a temporary file if one can be written, else in memory."""
    if len(data) >= LARGE:
        with suppress(OSError):
            return _OnDisk(data)
    return lambda: data


class OnDevice:
    """The page's files, put together on first use, and again whenever a model's card changes."""

    def __init__(self) -> None:
        """Read nothing yet: the server starts with as little as possible."""
        self._lock = Lock()
        self._site: tuple[str, Site] | None = None
        self._sent: dict[str, Sent] = {}
        self._looked = -RECHECK

    def site(self) -> Site:
        """The page's files.

        Raises:
            UserError: No network can be offered, or the runtime is altered.
        """
        from core.files import state_of
        from core.release.web import SERVER_PAGE, build_site
        from core.store.folders import model_folders
        from core.store.names import CARD

        cards = [folder / CARD for folder in model_folders().values() if (folder / CARD).is_file()]
        with self._lock:
            state = state_of(cards)
            if self._site is None or self._site[0] != state:
                self._site, self._sent = (state, build_site(server_page=SERVER_PAGE)), {}
            self._looked = time.monotonic()
            return self._site[1]

    def warm_up(self) -> None:
        """Read what a first visitor needs.

        Raises:
            UserError: See `file`.
        """
        for path in self.site().first:
            self.file(path)

    def file(self, path: str) -> Sent | None:
        """Read a file, the first time it is asked for; None if there is none of that name.

        Args:
            path: Relative to the page; "" is its first file.

        Raises:
            UserError: See `site`; or a model's file is missing or altered.
        """
        from core.release.web import INDEX

        site, name = self.site(), path or INDEX
        if name not in site.files:
            return None
        with self._lock:
            current = self._site is not None and self._site[1] is site  # else it was built anew meanwhile
            if current and name in self._sent:
                return self._sent[name]
            data = site.files[name]()
            kept, etag = keep(data), f'"{hashlib.sha256(data).hexdigest()[:20]}"'
            packed = keep(gzip.compress(data, LEVEL, mtime=0)) if name.endswith(PACKED) else None
            sent = Sent(kept, kept if name.endswith(".gz") else packed, etag)
            if current:
                self._sent[name] = sent
            return sent

    def ready(self, path: str) -> Sent | None:
        """Return a file that was read before, without looking whether a card has changed since a moment ago."""
        return self._sent.get(path) if time.monotonic() - self._looked < RECHECK else None

    async def answer(self, request: Request) -> Response:
        """Answer a request for one of the page's files."""
        from core.errors import UserError

        path = request.path_params["path"]
        try:
            found = self.ready(path) or await asyncio.to_thread(self.file, path)
        except UserError as error:
            _log.warning("%s", error)
            return PlainTextResponse(UNAVAILABLE.format(error), 503)
        return respond(path, found, request.headers) if found else PlainTextResponse("There is no such file.", 404)


def respond(path: str, found: Sent, asked: Headers) -> Response:
    """Make the response for a file: type, caching, compression and, for a page, what it may load.

    Args:
        path: The file's, relative to the page.
        found: What it holds.
        asked: The request's headers.
    """
    from core.release.web import INDEX, POLICY

    name = path or INDEX
    suffix = Path(name.removesuffix(".gz")).suffix
    headers = {
        "Cache-Control": FOREVER if "/" in path else ANEW,
        "ETag": found.etag,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
    }
    if found.packed is not None:
        headers["Vary"] = "Accept-Encoding"
    if asked.get("if-none-match") == found.etag:
        return Response(status_code=304, headers=headers)
    body = found.data
    if found.packed is not None and "gzip" in asked.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = found.packed, "gzip"
    return Response(body(), headers=headers, media_type=TYPES.get(suffix) or guess_type(name)[0])


PAGE = OnDevice()


def device_routes(base: str | None = None) -> Sequence[BaseRoute]:
    """The page's routes, for `st.App`.

    Args:
        base: Path that the app is served below; default the setting server.baseUrlPath.
    """
    given = st.get_option("server.baseUrlPath") if base is None else base
    place = "/".join(["", *filter(None, (given.strip("/"), ON_DEVICE_PLACE))])

    async def enter(request: Request) -> Response:  # noqa: ARG001, Starlette passes it
        return RedirectResponse(f"{place}/", 308)

    return [Route(place, enter), Route(f"{place}/{{path:path}}", PAGE.answer)]
