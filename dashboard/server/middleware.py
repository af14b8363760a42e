"""Server middleware: warm-up before the first visitor, and script files that browsers load faster."""

import asyncio
import gzip
import importlib
import logging
import pkgutil
import sys
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

from core.classroom.settings import has_rooms, rooms_on
from dashboard.server.memory import importing
from dashboard.server.rooms import delete_old_rooms
from dashboard.server.streamlit_parts import SCRIPT_LOG, require_streamlit_parts
from dashboard.server.theme import keep_theme

FOREVER = "public, immutable, max-age=31536000"
"""Cache-Control of files whose name contains a hash of their content; the same that Streamlit sends."""
PACKED = (".js", ".css")
"""Suffixes of files that are sent compressed; fonts and images are compressed already."""
HINT = b"//# allFunctionsCalledOnLoad\n"
"""First line by which V8 (Chrome, Edge) compiles a whole script beside the page while it arrives. Otherwise it skips
each function then and compiles it when it first runs, while the page waits. Other browsers ignore it."""
UNHINTED = ("protobuf.",)
"""Beginnings of the names of scripts of which a page uses few functions."""
LEVEL = 6
LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
"""Browsers on the server's own machine gain nothing from compression; behind a proxy, clients have other addresses."""
PAUSE = 3.0
"""Seconds in which the server is free for its first visitor."""
NAME = "warm-up"
"""Name of the warm-up thread."""


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:  # noqa: ARG001, Streamlit passes it
    """Check Streamlit, then warm the server up beside its first visitors; nobody waits for that."""
    require_streamlit_parts()
    keep_theme()
    Thread(target=warm_up, name=NAME, daemon=True).start()
    purging = asyncio.create_task(delete_old_rooms())
    yield
    purging.cancel()


def warm_up(pause: float = PAUSE) -> None:
    """Check the settings, import what the pages import, and fill the caches that every visitor needs.

    Starts with what a class needs if there are rooms, because after a restart all its browsers come back at once; then
    what Home needs, because it is usually opened first; the rest follows after a pause. Loads no models, because they
    take memory and most visitors need none.

    Args:
        pause: Length of the pause in seconds.
    """
    from core.errors import UserError
    from dashboard.server.settings import settings_fault

    if fault := settings_fault():  # what every page says, for whoever started the server
        print(f"Error: {fault}", file=sys.stderr, flush=True)
    # Caches show "Reading ..." to visitors; Streamlit would log a warning for each, since this thread has no visitor.
    logging.getLogger(SCRIPT_LOG).addFilter(lambda record: record.threadName != NAME)
    if rooms_on() and has_rooms():
        _warm_up_class()
    with importing():
        from dashboard import views
        from dashboard.views.home import overview

        with suppress(UserError):  # the page shows the error
            overview.prepare()
    time.sleep(pause)
    for module in pkgutil.walk_packages(views.__path__, f"{views.__name__}."):
        importlib.import_module(module.name)
    from dashboard.caches import heatmaps, predictions
    from dashboard.views.first_charts import draw_first

    with suppress(UserError):
        predictions.leaderboard()
    draw_first()
    with suppress(UserError):
        heatmaps.synthetic_lesions()
    from dashboard.server.on_device import PAGE

    with suppress(UserError):  # the page's address says why
        PAGE.warm_up()


def _warm_up_class() -> None:
    """Import what the class page imports, open the database and read the lesson's results."""
    from core.errors import UserError
    from dashboard.caches.classroom import classroom, truths
    from dashboard.views.classroom import student, teacher  # noqa: F401

    with suppress(UserError):  # the page shows the error
        classroom()
        truths()


class Packed:
    """Sends Streamlit's script and style files so that browsers load them faster.

    To other machines they are sent compressed, which reduces the bytes of a first visit to a third: Streamlit leaves
    that to a proxy, but a classroom often has none. Each file is compressed once. Scripts begin with `HINT`. Streamlit
    itself would read each file in small pieces, each in another thread.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the app.

        Args:
            app: Handles all other requests.
        """
        self._app = app
        self._root = Path(file_util.get_static_dir()).resolve()
        self._packed: dict[Path, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send script and style files; pass on all other requests."""
        file = self._file(scope)
        if file is None:
            await self._app(scope, receive, send)
            return
        headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
        if not _wants_packed(scope):
            body = _hinted(file)
        else:
            headers["Content-Encoding"] = "gzip"
            if file not in self._packed:
                self._packed[file] = await asyncio.to_thread(lambda: gzip.compress(_hinted(file), LEVEL, mtime=0))
            body = self._packed[file]
        await Response(body, headers=headers, media_type=guess_type(file.name)[0])(scope, receive, send)

    def _file(self, scope: Scope) -> Path | None:
        """Return the requested file if it is a script or style."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        base = str(st.get_option("server.baseUrlPath") or "").strip("/")
        path = scope["path"].removeprefix(f"/{base}" if base else "")
        if not path.startswith("/static/") or "range" in Headers(scope=scope):
            return None
        with suppress(ValueError, OSError):  # a zero byte in the path, or one too long, which Streamlit rejects
            file: Path = (self._root / path.removeprefix("/")).resolve()
            if file.is_relative_to(self._root / "static") and file.suffix in PACKED and file.is_file():
                return file
        return None


def _wants_packed(scope: Scope) -> bool:
    """Whether the browser reads compressed files and is on another machine."""
    there = bool(scope["client"]) and scope["client"][0] not in LOOPBACK
    return there and "gzip" in Headers(scope=scope).get("accept-encoding", "")


def _hinted(file: Path) -> bytes:
    hint = HINT if file.suffix == ".js" and not file.name.startswith(UNHINTED) else b""
    return hint + file.read_bytes()
