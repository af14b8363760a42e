"""Visitors without a browser: what Streamlit's own client says over its WebSocket, upload and media addresses.

A visitor parses of each message what it needs to go on (the controls, alerts and images of the page), keeps a
browser's cookies and fetches a page's images as a browser would. Streamlit documents none of this: a new version may
need changes here, and `tests/test_replicas.py` says so.
"""

import asyncio
import io
import random
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from yarl import URL

from dashboard import navigation

PAGES = tuple(address for address, *_ in navigation.PAGES.values())
LOOPBACK = ("127.0.0.1", "localhost", "::1")
T = TypeVar("T")
PATIENCE = 60
"""Seconds that a visitor waits for one message or one file."""
EDGE = "edge-of-a-part"


class LostError(Exception):
    """The connection is gone, or the server refused."""


def run_apart(visits: Coroutine[Any, Any, T]) -> T:
    """Run to the end on a thread of its own, for a browser that is open on this one has an event loop going."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, visits).result()


def require_loopback(url: str) -> str:
    """The address, where it is this machine's own: nothing here may be turned on anybody else's server."""
    if urlsplit(url).hostname not in LOOPBACK:
        raise SystemExit(f"{url} is not on this machine ({', '.join(LOOPBACK)}).")
    return url


@dataclass
class Seen:
    """What came of one run of a page's script.

    Attributes:
        controls: Selectboxes and segmented controls, as their protocol messages.
        buttons: What stands on the buttons.
        uploader: The file uploader's id, where there is one.
        texts: Markdown and captions.
        alerts: Texts of the alerts.
        charts: How many plotly charts.
        media: Addresses of the page's images.
        faults: Exceptions that the page shows.
    """

    controls: list[Any] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)
    uploader: str = ""
    texts: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    charts: int = 0
    media: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def note(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind in ("selectbox", "button_group"):
            self.controls.append(getattr(element, kind))
        elif kind == "button":
            self.buttons.append(element.button.label)
        elif kind == "file_uploader":
            self.uploader = element.file_uploader.id
        elif kind == "alert":
            self.alerts.append(element.alert.body)
        elif kind == "markdown":
            self.texts.append(element.markdown.body)
        elif kind == "plotly_chart":
            self.charts += 1
        elif kind == "imgs":
            self.media += [image.url for image in element.imgs.imgs if image.url.startswith("/")]
        elif kind == "exception":
            self.faults.append(element.exception.type)


class Visitor:
    """One browser tab.

    Attributes:
        cookies: By name.
        session: Streamlit's id of it; sent again when a lost connection is opened anew.
        seen: Of the last run.
        received: Bytes over the WebSocket.
    """

    def __init__(self, url: str, headers: dict[str, str] | None = None, seed: int = 0) -> None:
        """Remember the address; nothing is sent yet.

        Args:
            url: Of the app, on this machine.
            headers: Sent with every request, as a proxy in front would.
            seed: Of the choice of controls.
        """
        self.url = URL(require_loopback(url))
        self.session, self.page, self.received, self.seen = "", "", 0, Seen()
        self._headers = {"Origin": str(self.url.origin())} | (headers or {})
        self._choice = random.Random(seed)
        self._states: dict[str, WidgetState] = {}
        self._known: list[set[str]] = [set(), set()]  # messages that a browser would still have, of the last two runs
        self._fetched: set[str] = set()

    async def __aenter__(self) -> "Visitor":
        jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False)
        limit = aiohttp.TCPConnector(limit_per_host=6)  # what browsers open
        self.http = aiohttp.ClientSession(
            cookie_jar=jar, connector=limit, headers=self._headers, timeout=aiohttp.ClientTimeout(PATIENCE)
        )
        try:
            await self.connect()
        except BaseException:
            await self.http.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        with suppress(Exception):
            await self.socket.close()
        await self.http.close()

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.key: cookie.value for cookie in self.http.cookie_jar}

    async def connect(self) -> None:
        """Ask for the health and the app's settings, as the browser does before it opens the WebSocket; then open it.

        What was seen before counts no more: a page has to be visited first, also after a lost connection.

        Raises:
            LostError: No server there.
        """
        self.seen = Seen()
        try:
            for path in ("", "/_stcore/health", "/_stcore/host-config"):
                async with self.http.get(self.url.joinpath(path.lstrip("/"))) as answer:
                    answer.raise_for_status()
                    await answer.read()
            protocols = ["streamlit", self.cookies.get("_streamlit_xsrf", ""), self.session]
            self.socket = await self.http.ws_connect(
                self.url / "_stcore/stream", max_msg_size=0, headers={"Sec-WebSocket-Protocol": ", ".join(protocols)}
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise LostError(type(error).__name__) from error

    async def visit(self, page: str) -> Seen:
        """Go to a page by its address; images included."""
        self.page, self._states = page, {}
        return await self._run()

    async def change(self) -> Seen:
        """Set one of the page's controls to another of its values; the page as it is where it has none."""
        if controls := [each for each in self.seen.controls if not each.disabled and len(each.options) > 1]:
            control = self._choice.choice(controls)
            state = WidgetState(id=control.id)
            if hasattr(control, "click_mode"):
                state.string_array_value.data.append(self._choice.choice([each.content for each in control.options]))
            else:
                state.string_value = self._choice.choice(list(control.options))
            self._states[control.id] = state
        return await self._run()

    async def choose(self, label: str, option: str) -> Seen:
        """Set a selectbox or segmented control, named by its label, to one of its options."""
        control = next(each for each in self.seen.controls if each.label == label)
        state = self._states[control.id] = WidgetState(id=control.id)
        if hasattr(control, "click_mode"):
            state.string_array_value.data.append(option)
        else:
            state.string_value = option
        return await self._run()

    async def upload(self, data: bytes) -> Seen:
        """Give a image to the page's uploader, in place of the one before, and wait for the answer."""
        if not self.seen.uploader:
            raise LostError("no uploader on this page")
        urls = await self.send_file(data)
        before = self._states.get(self.seen.uploader)
        state = WidgetState(id=self.seen.uploader)
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.name, info.size, info.file_id = "spot.jpg", len(data), urls.file_id
        info.file_urls.CopyFrom(urls)
        self._states[state.id] = state
        if before:
            await self._ask("DELETE", before.file_uploader_state_value.uploaded_file_info[0].file_urls.delete_url)
        return await self._run()

    async def send_file(self, data: bytes) -> Any:
        """Send a file to the server without showing it to the page; its addresses."""
        ask = BackMsg()
        ask.file_urls_request.request_id, ask.file_urls_request.session_id = "1", self.session
        ask.file_urls_request.file_names.append("spot.jpg")
        await self._send(ask)
        while (got := await self._receive()).WhichOneof("type") != "file_urls_response":
            pass
        urls = got.file_urls_response.file_urls[0]
        head = f'--{EDGE}\r\nContent-Disposition: form-data; name="file"; filename="spot.jpg"\r\n'
        body = f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + data + f"\r\n--{EDGE}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={EDGE}"}
        await self._ask("PUT", urls.upload_url, data=io.BytesIO(body), headers=kind)
        return urls

    async def _run(self) -> Seen:
        message = BackMsg()
        message.rerun_script.page_name = self.page
        message.rerun_script.context_info.url = str(self.url / self.page)
        message.rerun_script.widget_states.widgets.extend(self._states.values())
        message.rerun_script.cached_message_hashes.extend(set.union(*self._known))
        await self._send(message)
        self._known = [self._known[1], set()]
        seen = Seen()
        async for got in self._until_finished():
            self._known[1] |= {got.hash or got.ref_hash} if got.metadata.cacheable or got.ref_hash else set()
            if got.WhichOneof("type") == "delta" and got.delta.HasField("new_element"):
                seen.note(got.delta.new_element)
        self.seen = seen
        await self._fetch(seen.media)
        return seen

    async def _until_finished(self) -> Any:
        while True:
            got = await self._receive()
            kind = got.WhichOneof("type")
            if kind == "new_session" and got.new_session.initialize.session_id:
                self.session = got.new_session.initialize.session_id
            if kind == "script_finished" and got.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return
            yield got

    async def _send(self, message: BackMsg) -> None:
        try:
            await self.socket.send_bytes(message.SerializeToString())
        except (aiohttp.ClientError, OSError) as error:
            raise LostError(type(error).__name__) from error

    async def _receive(self) -> Any:
        got = await self.socket.receive(timeout=PATIENCE)
        if got.type is not aiohttp.WSMsgType.BINARY:
            raise LostError(f"the connection closed ({self.socket.close_code})")
        self.received += len(got.data)
        return ForwardMsg.FromString(got.data)

    async def _fetch(self, media: list[str]) -> None:
        for path in dict.fromkeys(media):
            if path not in self._fetched:
                await self._ask("GET", path)
        self._fetched = set(media)

    async def _ask(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> bytes:
        token = {"X-Xsrftoken": self.cookies.get("_streamlit_xsrf", "")}
        try:
            async with self.http.request(
                method, self.url.join(URL(path, encoded=True)), headers=token | (headers or {}), **more
            ) as answer:
                if answer.status >= 400:
                    raise LostError(f"{method} {path.split('/')[1]}: {answer.status}")
                return await answer.read()
        except (aiohttp.ClientError, OSError) as error:
            raise LostError(type(error).__name__) from error


def each_page(start: int = 0) -> Iterator[str]:
    """The pages in turn, for ever."""
    while True:
        yield PAGES[start % len(PAGES)]
        start += 1


async def visit_all(url: str, image: bytes) -> None:
    """Fill an app's caches: every page once, and one image."""
    async with Visitor(url) as visitor:
        for page in PAGES:
            await visitor.visit(page)
    async with Visitor(url) as visitor:
        await visitor.visit("classify")
        await visitor.upload(image)
