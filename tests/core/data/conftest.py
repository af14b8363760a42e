"""A miniature Harvard Dataverse and ISIC Archive on 127.0.0.1, with faults to order."""

import hashlib
import io
import json
import re
import threading
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
import pandas as pd
import pytest

from core.data import milk10k
from core.data.download.isic_terms import DIAGNOSES
from core.data.metadata import CONFIRMATIONS

LISTING = "/api/datasets/:persistentId/"
PAGE_SIZE = 8
MILK_LESIONS = 40


class Server:
    """Serves `files` by path; each path's first fault in `faults` is used up by one request."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.catalogue: dict[str, bytes] = {}
        self.faults: dict[str, list[str]] = defaultdict(list)
        self.requests: list[tuple[str, str | None]] = []
        self.agents: set[str] = set()
        self.images: list[dict[str, Any]] = []
        self.over = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path, query = urlsplit(handler.path).path, parse_qs(urlsplit(handler.path).query)
        self.requests.append((handler.path, handler.headers["Range"]))
        self.agents.add(handler.headers["User-Agent"])
        body = json.dumps(self.search(query)).encode() if path == "/images/search/" else self.files.get(path)
        fault = self.faults[path].pop(0) if self.faults[path] else ""
        if body is None or fault.isdigit():
            handler.send_response(int(fault or 404))
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        if fault == "corrupt":
            body = body[:50] + bytes(255 - byte for byte in body[50:])
        if fault == "html":
            body = b"<html>Please wait</html>"
        wanted = "" if fault == "whole" else handler.headers["Range"] or ""
        start = int(re.findall(r"\d+", wanted)[0]) if wanted else 0
        if start >= len(body):
            fault, body = "", b""
            handler.send_response(416)
        else:
            handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(body) - start if body else 0))
        handler.end_headers()
        part = body[start:]
        handler.wfile.write(part[: len(part) // 2] if fault in ("cut", "stall") else part)
        if fault == "stall":
            handler.wfile.flush()
            self.over.wait(120)
        if fault in ("cut", "stall"):
            handler.close_connection = True

    def search(self, query: dict[str, list[str]]) -> dict[str, Any]:
        terms = re.findall(r'(\w+):"([^"]+)"', query["query"][0])
        found = [
            image
            for image in self.images
            if query.get("collections") == ["212"]
            and any(image["metadata"]["clinical"].get(level) == name for level, name in terms)
        ]
        at = int(query.get("cursor", ["0"])[0])
        more = f"{self.url}/images/search/?query={query['query'][0]}&collections=212&cursor={at + PAGE_SIZE}"
        return {"results": found[at : at + PAGE_SIZE], "next": more if at + PAGE_SIZE < len(found) else None}

    def put(self, changes: dict[str, bytes | None]) -> None:
        """Change what Dataverse lists and serves; None takes a file away. A .tab is served as its original."""
        self.catalogue = {name: content for name, content in (self.catalogue | changes).items() if content is not None}
        entries = []
        for number, (name, content) in enumerate(sorted(self.catalogue.items()), start=3172580):
            self.files[f"/api/access/datafile/{number}"] = content
            entry = {"id": number, "filename": name, "filesize": len(content), "md5": hashlib.md5(content).hexdigest()}
            if name.endswith(".tab"):
                entry |= {"filesize": 2 * len(content), "originalFileSize": len(content)}
            entries.append({"label": name, "dataFile": entry})
        self.files[LISTING] = json.dumps({"status": "OK", "data": {"latestVersion": {"files": entries}}}).encode()

    def path_of(self, name: str) -> str:
        entries = json.loads(self.files[LISTING])["data"]["latestVersion"]["files"]
        return next(f"/api/access/datafile/{e['dataFile']['id']}" for e in entries if e["dataFile"]["filename"] == name)

    def asked(self, path: str) -> list[str | None]:
        """The Range header of each request for a path."""
        return [wanted for asked, wanted in self.requests if urlsplit(asked).path == path]


def make_zip(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.fixture
def zipped() -> Callable[[dict[str, bytes]], bytes]:
    """Zips contents by name."""
    return make_zip


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)  # the pauses between retries
    server = Server()
    yield server
    server.over.set()
    server.http.shutdown()
    server.http.server_close()


@pytest.fixture(scope="session")
def catalogue(mini_metadata: pd.DataFrame) -> dict[str, bytes]:
    """What Dataverse has, in small: two archives of 35 images (of noise), three masks zipped on a Mac, the table."""
    rng = np.random.default_rng(0)
    parts: list[dict[str, bytes]] = [{}, {}]
    for i, image_id in enumerate(mini_metadata["image_id"]):
        parts[i % 2][f"{image_id}.jpg"] = rng.bytes(10_000)
    masks = {f"MASKS/{name[:-4]}_segmentation.png": b"mask" for name in list(parts[0])[:3]}
    return {
        "ISIC2018_Task3_Test_Images.zip": b"not asked for",
        "HAM10000_images_part_1.zip": make_zip(parts[0]),
        "HAM10000_images_part_2.zip": make_zip(parts[1]),
        "HAM10000_segmentations_lesion_tschandl.zip": make_zip(
            masks | {"__MACOSX/MASKS/._x.png": b"", "MASKS/.DS_Store": b"", "MASKS/readme.txt": b"?"}
        ),
        "HAM10000_metadata.tab": mini_metadata.to_csv(index=False).encode(),
    }


@pytest.fixture
def dataverse(server: Server, catalogue: dict[str, bytes]) -> Server:
    server.put(dict(catalogue))
    return server


@pytest.fixture
def mini_splits(mini_metadata: pd.DataFrame) -> pd.DataFrame:
    """Splits in the committed table's form: of each diagnosis images 0-3 train, 4-5 validate, 6-9 test."""
    place = mini_metadata.groupby("dx").cumcount()
    split = place.map(lambda i: "train" if i < 4 else "validation" if i < 6 else "test").to_numpy()
    group = pd.factorize(mini_metadata["lesion_id"])[0]
    return pd.DataFrame({"group": group, "lesion": split, "image": "train"}, index=mini_metadata["image_id"])


@pytest.fixture
def isic(
    server: Server, mini_metadata: pd.DataFrame, mini_splits: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> Server:
    """Serves the same 70 as the ISIC Archive does, newest first, among images that are not HAM10000's."""
    monkeypatch.setattr("core.data.download.isic_archive.load_splits", lambda: mini_splits)
    texts = {code: word for word, code in CONFIRMATIONS.items()}
    rng = np.random.default_rng(0)
    for row in mini_metadata.iloc[::-1].to_dict("records"):
        for image_id in (row["image_id"], row["image_id"].replace("ISIC_0", "ISIC_9")):
            content = cv2.imencode(".jpg", rng.integers(0, 256, (48, 64, 3), np.uint8))[1].tobytes()
            server.files[f"/thumbnails/{image_id}"] = content
            level, name = DIAGNOSES[row["dx"]][0]
            clinical = {
                level: name,
                "diagnosis_confirm_type": texts[row["dx_type"]],
                "lesion_id": row["lesion_id"].replace("HAM", "IL"),
                "sex": None if row["sex"] == "unknown" else row["sex"],
                "anatom_site_1": "Head and neck",
                "anatom_site_3": "Face",
            }
            if row["age"] == row["age"]:
                clinical["age_approx"] = int(row["age"])
            server.images.append(
                {
                    "isic_id": image_id,
                    "copyright_license": "CC-BY-NC",
                    "attribution": "A university",
                    "files": {
                        "thumbnail_256": {"url": f"{server.url}/thumbnails/{image_id}", "size": len(content)},
                        "full": {"url": f"{server.url}/full/{image_id}", "size": 10**6},
                    },
                    "metadata": {"acquisition": {"pixels_x": 600, "pixels_y": 450}, "clinical": clinical},
                }
            )
    return server


@pytest.fixture
def milk_folder(tmp_path: Path) -> Path:
    """Forty lesions with a dermatoscopic image each, a clinical one too for the first ten."""
    codes = [milk10k.DIAGNOSES[i % 4] for i in range(MILK_LESIONS)]
    ids = [f"IL_9{i:06d}" for i in range(MILK_LESIONS)]
    rows = [(ids[i], milk10k.DERMATOSCOPIC, f"ISIC_D{i}") for i in range(MILK_LESIONS)]
    rows += [(ids[i], milk10k.CLINICAL, f"ISIC_C{i}") for i in range(10)]
    metadata = pd.DataFrame(rows, columns=["lesion_id", "image_type", "isic_id"])
    metadata.to_csv(tmp_path / milk10k.METADATA_FILE, index=False)
    truth = pd.DataFrame({code: [float(each == code) for each in codes] for code in milk10k.DIAGNOSES})
    truth.insert(0, "lesion_id", ids)
    truth.to_csv(tmp_path / milk10k.TRUTH_FILE, index=False)
    for lesion, _, image in rows:
        path = tmp_path / milk10k.IMAGES_FOLDER / lesion / f"{image}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path
