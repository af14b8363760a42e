"""The server around the app: what it gets ready before the first visitor comes, and how it sends its script files."""

import asyncio
import gzip
import importlib
import logging
import pkgutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from mimetypes import guess_type
from pathlib import Path
from threading import Thread

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import file_util

from dashboard.server.streamlit_parts import SCRIPT_LOG, require_streamlit_parts

FOREVER = "public, immutable, max-age=31536000"
"""Cache-Control of files whose name says what is in them: what Streamlit itself sends with them."""
PACKED = (".js", ".css")
"""Endings of the files that are sent packed; fonts and pictures are packed already."""
LEVEL = 6
LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
"""A browser on the server's own machine gains nothing; one behind a proxy has the address that the proxy names."""
PAUSE = 3.0
"""Seconds that the server is left to its first visitor."""
NAME = "warm-up"
"""Of the thread."""


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:  # noqa: ARG001, Streamlit passes it
    """Check Streamlit, then warm the server up beside its first visitors; nobody waits for that."""
    require_streamlit_parts()
    Thread(target=warm_up, name=NAME, daemon=True).start()
    yield


def warm_up(pause: float = PAUSE) -> None:
    """Import what the pages import, and fill the caches that every visitor needs.

    First what Home needs, which whoever started the server opens at once; the rest once that has been drawn. No model
    is opened: that takes memory, and most visitors need none.

    Args:
        pause: Seconds between the two.
    """
    from core.errors import UserError

    # The caches say "Reading ..." to a visitor; of this thread, which has none, Streamlit would write a line each.
    logging.getLogger(SCRIPT_LOG).addFilter(lambda record: record.threadName != NAME)
    from dashboard import views
    from dashboard.caches import tables
    from dashboard.views.home import overview  # noqa: F401

    with suppress(UserError):  # what is wrong is said on the page
        tables.leaderboard()
    time.sleep(pause)
    for module in pkgutil.walk_packages(views.__path__, f"{views.__name__}."):
        importlib.import_module(module.name)
    from dashboard.caches import heatmaps

    with suppress(UserError):
        heatmaps.synthetic_lesions()


class Packed:
    """Sends Streamlit's script and style files compressed, each packed once: a third of the bytes of a first visit.

    Streamlit leaves that to a proxy; a classroom often has none.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Stand before the app.

        Args:
            app: What answers all other requests.
        """
        self._app = app
        self._root = Path(file_util.get_static_dir()).resolve()
        self._packed: dict[Path, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for a script or a style file, pass on everything else."""
        file = self._file(scope)
        if file is None:
            await self._app(scope, receive, send)
            return
        if file not in self._packed:
            self._packed[file] = await asyncio.to_thread(lambda: gzip.compress(file.read_bytes(), LEVEL, mtime=0))
        headers = {"Content-Encoding": "gzip", "Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
        await Response(self._packed[file], headers=headers, media_type=guess_type(file.name)[0])(scope, receive, send)

    def _file(self, scope: Scope) -> Path | None:
        """The file that is asked for, where it can be sent packed."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith("/static/"):
            return None
        headers = Headers(scope=scope)
        if "gzip" not in headers.get("accept-encoding", "") or "range" in headers:
            return None
        if not scope["client"] or scope["client"][0] in LOOPBACK:
            return None
        with suppress(ValueError):  # a zero byte: Streamlit says no to it
            file = (self._root / scope["path"].removeprefix("/")).resolve()
            if file.is_relative_to(self._root / "static") and file.suffix in PACKED and file.is_file():
                return file
        return None
