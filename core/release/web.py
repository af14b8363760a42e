"""The static page that classifies in the browser, as files: what the app serves and what a static host takes.

Files that never change carry a hash in their folder's name: runtime-HASH/, model-HASH/ and page-HASH/. Only index.html,
the service worker and the manifest keep their names; they name the others.
"""

import gzip
import hashlib
import io
import json
import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path

from PIL import Image as Pillow

from core.config import ON_DEVICE
from core.errors import UserError
from core.files import replacing
from core.inference.model import read_export
from core.labels import DX
from core.release.web_facts import Facts, as_json, check_facts, check_of, network_facts, shared_facts
from core.release.web_runtime import RUNTIME, SCRIPT, WASM, verify
from core.store.card import Card, read_card
from core.store.folders import best_first, model_folder, model_folders
from core.store.model_selection import validation_score
from core.synthetic.lesions import sample_lesion

INDEX, WORKER, MANIFEST = "index.html", "sw.js", "manifest.webmanifest"
ENTRY = (INDEX, WORKER, MANIFEST)
"""Files that keep their names, so browsers must ask for them again on each visit."""
ICONS = ("icon.svg", "icon-192.png", "icon-512.png")
PARTS = (".js", ".css")
"""Suffixes of the page's parts."""
LARGEST, MOST = 10_000_000, 3
"""Bytes of the largest graph that is offered, and how many networks are."""
SHORT = 12
"""Digits of a hash in an address."""
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'"
)
"""Content-Security-Policy: nothing from or to another host."""
SERVER_PAGE = "../classify"
"""The classify page as seen from the page's own folder in the app."""
EXAMPLE = 1
"""Seed of the synthetic lesions."""
Read = Callable[[], bytes]


@dataclass(frozen=True)
class Site:
    """The page's files.

    Attributes:
        files: By path; the function reads and packs the file.
        default: The network that the page opens first.
        networks: All that it offers, the default first.
        first: Paths of what a first visit needs, which the page then keeps for use without a network.
        version: Changes whenever any file does.
    """

    files: dict[str, Read]
    default: str
    networks: tuple[str, ...]
    first: tuple[str, ...]
    version: str


def offered_networks() -> list[str]:
    """Name the networks that the page offers, the one that it opens first at the front.

    In the app's order, by both validation splits (see `core.store.model_selection`); the first is the best that has an
    image check of its own, because any other needs the embedding of a second network for it. Ensembles and large
    networks are left out: they are several downloads, or a long one.

    Raises:
        UserError: No network is exported.
    """
    scored: dict[str, float] = {}
    for name, folder in model_folders().items():
        with suppress(UserError):
            card = read_card(folder)
            if card.kind == "network" and card.export and card.export.file.bytes <= LARGEST and _known(card):
                scored[name] = validation_score(card)
    if not scored:
        raise UserError("No network is exported yet; run `python -m core export NAME`.")
    ranked = best_first(scored)
    first = next((name for name in ranked if check_of(*_folder_and_card(name)) == name), ranked[0])
    return [first, *(name for name in ranked if name != first)][:MOST]


def _known(card: Card) -> bool:
    return not math.isnan(validation_score(card))


def _folder_and_card(name: str) -> tuple[Path, Card]:
    folder = model_folder(name)
    return folder, read_card(folder)


def build_site(names: Iterable[str] | None = None, server_page: str | None = None) -> Site:
    """Put the page together.

    Args:
        names: Networks that it offers, the first one opened first; default `offered_networks`.
        server_page: Address of the app's classify page, relative to the page; None where there is no server.

    Raises:
        UserError: A network, its check or the runtime is missing or altered.
    """
    networks = tuple(names or offered_networks())
    runtime = verify()
    files: dict[str, Read] = {}
    site = shared_facts() | {"server_page": server_page, "default": networks[0], "offered": networks}
    site["networks"], site["checks"] = {}, {}
    for name in networks:
        graph, facts = _add_graph(files, name), network_facts(model_folder(name))
        site["networks"][name] = facts | {"graph": graph}
        if facts["check"] and facts["check"] not in site["checks"]:
            site["checks"][facts["check"]] = check_facts(model_folder(facts["check"]))
    for name in site["checks"]:  # a check's network must be there, offered or not
        site["networks"].setdefault(name, {"check": name, "graph": _add_graph(files, name)})
    site["runtime"] = _add_runtime(files, runtime)
    version, first = _add_page(files, site)
    return Site(files, networks[0], networks, first, version)


def _add_graph(files: dict[str, Read], name: str) -> Facts:
    folder, card = _folder_and_card(name)
    if card.members:
        raise UserError(f"{name} is an ensemble; the page runs one network, such as {card.members[0].name}.")
    if card.export is None:
        raise UserError(f"{name} hasn't been exported yet; run `python -m core export {name}`.")
    file = card.export.file
    path = f"model-{file.sha256[:SHORT]}/{name}.tflite.gz"
    files[path] = lambda: gzip.compress(read_export(folder), 6, mtime=0)
    return {"url": path, "sha256": file.sha256, "bytes": file.bytes}


def _add_runtime(files: dict[str, Read], manifest: Facts) -> Facts:
    found = manifest["files"]
    place = f"runtime-{_hash(as_json(manifest))}"
    for name in (SCRIPT, WASM):
        files[f"{place}/{name}"] = (RUNTIME / name).read_bytes
    wasm = {"url": f"{place}/{WASM}", **{key: found[WASM][key] for key in ("sha256", "bytes")}}
    return {"script": f"{place}/{SCRIPT}", "wasm": wasm} | {key: manifest[key] for key in ("package", "version")}


def _add_page(files: dict[str, Read], site: Facts) -> tuple[str, tuple[str, ...]]:
    """Add the page's own parts; return their version and the paths that a first visit needs."""
    parts = {path.name: path.read_bytes() for path in sorted(ON_DEVICE.iterdir()) if path.suffix in PARTS}
    worker = parts.pop(WORKER)
    parts |= _examples() | {"site.json": as_json(site)}
    entry = {name: (ON_DEVICE / name).read_bytes() for name in (INDEX, MANIFEST, *ICONS)}
    version = _hash(b"".join([*parts.values(), *entry.values(), worker]))
    files |= {f"page-{version}/{name}": _constant(data) for name, data in parts.items()}
    entry[INDEX] = _filled(entry[INDEX].decode(), f"page-{version}", site["server_page"]).encode()
    files |= {name: _constant(data) for name, data in entry.items()}
    default = site["default"]
    opened = {default, site["networks"][default]["check"] or default}
    first = {path for path in files if not path.startswith("model-")}
    first |= {site["networks"][name]["graph"]["url"] for name in opened}
    kept = tuple(sorted(first))
    head = f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(kept)};\n"
    files[WORKER] = _constant(head.encode() + worker)
    return version, kept


def _examples() -> dict[str, bytes]:
    """A synthetic lesion of each class as a JPEG."""
    found = {}
    for dx in DX:
        stream = io.BytesIO()
        Pillow.fromarray(sample_lesion(dx, EXAMPLE).image).save(stream, "JPEG", quality=90)
        found[f"example-{dx}.jpg"] = stream.getvalue()
    return found


def _filled(index: str, page: str, server_page: str | None) -> str:
    link = f'<a href="{escape(server_page)}">Classify on the server instead</a>' if server_page else ""
    home = '<p class="small"><a href="../">Back to the HAM10000 lab</a></p>' if server_page else ""
    for name, value in {"page": page, "policy": POLICY, "server": link, "home": home}.items():
        index = index.replace(f"{{{{{name}}}}}", value)
    return index


def _constant(data: bytes) -> Read:
    return lambda: data


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:SHORT]


def write_site(folder: Path, names: Iterable[str]) -> Site:
    """Write the page as a folder for any static host; what it holds of other versions stays.

    Args:
        folder: Where to.
        names: See `build_site`.

    Raises:
        UserError: See `build_site`; or a file can't be written.
    """
    site = build_site(names)
    for path in sorted(site.files, key=lambda path: path in ENTRY):  # what names the others comes last
        with replacing(folder / path) as beside:
            beside.write_bytes(site.files[path]())
    return site
