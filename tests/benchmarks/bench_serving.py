"""What serving costs: bombs, one picture from bytes to answer, memory, and many sessions at once on a running server.

Run by hand: `PYTHONPATH=. python tests/benchmarks/bench_serving.py [MODEL]`, and for the sessions, beside a running
app, `PYTHONPATH=. python tests/benchmarks/bench_serving.py --url http://127.0.0.1:8501 --sessions 10 --seconds 300`.
Each session is a WebSocket client that uploads a picture again and again and waits until the page is drawn.
"""

import argparse
import gc
import io
import statistics
import struct
import threading
import time
import urllib.request
import zlib
from contextlib import ExitStack
from http.cookiejar import CookieJar
from typing import Any

import psutil
from PIL import Image as Pillow

from core.data.phantoms import sample_phantom
from core.errors import UserError
from core.evaluation.cards import model_folder
from core.serving.decode import decode
from core.serving.judge import Judge

PICTURES = 200
BOMBS = (12_000, 20_000, 60_000)


def jpeg(seed: int, width: int = 600) -> bytes:
    stream = io.BytesIO()
    picture = Pillow.fromarray(sample_phantom("mel", seed).image).resize((width, width * 3 // 4))
    picture.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def bomb(side: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(2_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def told(name: str, seconds: list[float]) -> None:
    ordered = sorted(1000 * each for each in seconds)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    print(f"{name:44} median {statistics.median(ordered):7.1f} ms, p95 {p95:7.1f} ms, n = {len(ordered)}")


def time_bombs() -> None:
    scans = jpeg(0)
    start = scans.rindex(b"\xff\xda")
    files = {f"{side**2 / 1e6:,.0f} megapixels": bomb(side) for side in BOMBS}
    files["1,000 scans"] = scans[:-2] + scans[start:-2][:90] * 1000 + scans[-2:]
    for name, data in files.items():
        before, begin = psutil.Process().memory_info().rss, time.perf_counter()
        try:
            decode(data)
            verdict = "DECODED"
        except UserError as error:
            verdict = str(error)
        spent, grown = time.perf_counter() - begin, psutil.Process().memory_info().rss - before
        print(f"{name:20} {1000 * spent:6.1f} ms {grown / 2**20:6.1f} MB  {verdict}")


def time_pictures(model: str) -> None:
    begin = time.perf_counter()
    judge = Judge(model_folder(model))
    judge.judge(decode(jpeg(0)))
    print(f"{model}: opened and first answer in {time.perf_counter() - begin:.2f} s (modules imported before)")
    for name, width, flips in (("600x450, one view", 600, False), ("600x450, four flips", 600, True),
                               ("4000x3000, four flips", 4000, True)):  # fmt: skip
        files, times = [jpeg(seed, width) for seed in range(4)], []
        for i in range(PICTURES):
            begin = time.perf_counter()
            judge.judge(decode(files[i % 4]), flips)
            times.append(time.perf_counter() - begin)
        told(f"{name}, bytes to answer with heatmaps", times)
    gc.collect()
    before = psutil.Process().memory_info().rss
    for i in range(500):
        judge.judge(decode(files[i % 4]), False)
    gc.collect()
    print(f"memory after 500 more: {(psutil.Process().memory_info().rss - before) / 2**20:+.1f} MB")


class Session:
    """One visitor of the classify page, as Streamlit's own client speaks (streamlit.proto)."""

    def __init__(self, url: str) -> None:
        from websockets.sync.client import connect

        self.url = url
        self.stack = ExitStack()
        address = url.replace("http", "ws", 1) + "/_stcore/stream"
        self.socket: Any = self.stack.enter_context(connect(address, max_size=None, subprotocols=["streamlit"]))
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.opener.open(f"{url}/_stcore/health", timeout=60).close()
        self.session = self.uploader = ""
        self.run([])

    def run(self, states: list[Any]) -> list[str]:
        """Run the page's script; the texts of its alerts."""
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        message.rerun_script.page_name = "classify"
        message.rerun_script.widget_states.widgets.extend(states)
        self.socket.send(message.SerializeToString())
        alerts = []
        while True:
            got = self.receive()
            kind = got.WhichOneof("type")
            if kind == "new_session":
                self.session = got.new_session.initialize.session_id or self.session
            element = got.delta.new_element if kind == "delta" else None
            if element is not None and element.WhichOneof("type") == "file_uploader":
                self.uploader = element.file_uploader.id
            if element is not None and element.WhichOneof("type") == "alert":
                alerts.append(element.alert.body)
            if kind == "script_finished":
                return alerts

    def receive(self) -> Any:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        return ForwardMsg.FromString(self.socket.recv(timeout=60))

    def upload(self, data: bytes) -> list[str]:
        """Upload a picture and wait for the answer; the texts of the page's alerts."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.WidgetStates_pb2 import WidgetState

        ask = BackMsg()
        ask.file_urls_request.request_id, ask.file_urls_request.session_id = "1", self.session
        ask.file_urls_request.file_names.append("spot.jpg")
        self.socket.send(ask.SerializeToString())
        while (got := self.receive()).WhichOneof("type") != "file_urls_response":
            pass
        urls = got.file_urls_response.file_urls[0]
        self.put(self.url + urls.upload_url, data)
        state = WidgetState(id=self.uploader)
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.name, info.size, info.file_id = "spot.jpg", len(data), urls.file_id
        info.file_urls.CopyFrom(urls)
        return self.run([state])

    def put(self, url: str, data: bytes) -> None:
        edge = "edge-of-a-part"
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="spot.jpg"\r\n'
        body = f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + data + f"\r\n--{edge}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        tokens = [cookie.value or "" for cookie in self.cookies if "xsrf" in cookie.name]
        headers |= {"X-Xsrftoken": tokens[0]} if tokens else {}
        self.opener.open(urllib.request.Request(url, body, headers, method="PUT"), timeout=60).close()


def time_sessions(url: str, sessions: int, seconds: float) -> None:
    files, times, alerts, faults = [jpeg(seed) for seed in range(4)], [], [], []
    end = time.monotonic() + seconds

    def visit() -> None:
        try:
            session = Session(url)
            while time.monotonic() < end:
                begin = time.perf_counter()
                alerts.extend(session.upload(files[len(times) % 4]))
                times.append(time.perf_counter() - begin)
            session.stack.close()
        except Exception as error:
            faults.append(repr(error))

    threads = [threading.Thread(target=visit) for _ in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"faults: {faults or 'none'}; alerts: {list(dict.fromkeys(alerts)) or 'none'}")
    told(f"{sessions} sessions, upload to page drawn", times or [float("nan")])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="efficientnet_lite0")
    parser.add_argument("--url")
    parser.add_argument("--sessions", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=300)
    given = parser.parse_args()
    if given.url:
        time_sessions(given.url, given.sessions, given.seconds)
    else:
        time_bombs()
        time_pictures(given.model)
