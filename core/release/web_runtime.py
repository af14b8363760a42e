"""The runtime that the static page carries (LiteRT.js, WebAssembly): where it comes from, its check and its update."""

import gzip
import hashlib
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from core.config import ON_DEVICE
from core.errors import UserError
from core.files import replacing

RUNTIME = ON_DEVICE / "runtime"
MANIFEST = "runtime.json"
PACKAGE, LICENSE = "@litertjs/core", "Apache-2.0"
SCRIPT, WASM = "litert.js", "litert.wasm.gz"
SOURCES = {SCRIPT: "wasm/litert_wasm_compat_internal.js", WASM: "wasm/litert_wasm_compat_internal.wasm"}
"""Our file and the package's: the build that needs WebAssembly SIMD and nothing newer, so that one serves all."""
AS_MODULE = b"\nexport default ModuleFactory;\n"
"""Appended to the package's script, which a module worker could not load otherwise."""


def verify(folder: Path = RUNTIME) -> dict[str, Any]:
    """Check every file of the runtime against the manifest beside it.

    Args:
        folder: Of the runtime.

    Returns:
        The manifest: package, version, license, and for each file sha256 and bytes, unpacked.

    Raises:
        UserError: A file is missing or altered.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        for name, facts in manifest["files"].items():
            data = unpacked((folder / name).read_bytes())
            if hashlib.sha256(data).hexdigest() != facts["sha256"] or len(data) != facts["bytes"]:
                raise UserError(f"{folder.name}/{name} is not the file that {MANIFEST} describes; {_again()}.")
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise UserError(f"The runtime of the page is incomplete ({error}); {_again()}.") from error
    return manifest


def unpacked(data: bytes) -> bytes:
    """Unpack bytes if they are gzip's.

    Example:
        >>> unpacked(gzip.compress(b"x")), unpacked(b"x")
        (b'x', b'x')
    """
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


def update(version: str, folder: Path = RUNTIME) -> dict[str, Any]:
    """Replace the runtime by another version of the package, fetched with npm.

    Args:
        version: Such as "2.5.3".
        folder: Where to write.

    Returns:
        The new manifest.

    Raises:
        UserError: npm is missing, knows no such version, or the package has other files than expected.
    """
    with tempfile.TemporaryDirectory() as place:
        package = _fetch(f"{PACKAGE}@{version}", Path(place))
        try:
            script, wasm = ((package / source).read_bytes() for source in SOURCES.values())
            facts = json.loads((package / "package.json").read_text(encoding="utf-8"))
        except OSError as error:
            raise UserError(f"{PACKAGE} {version} lacks {Path(str(error.filename)).name}.") from error
    if facts["license"] != LICENSE:
        raise UserError(f"{PACKAGE} {version} has the license {facts['license']}, not {LICENSE}; nothing was written.")
    files = {SCRIPT: script + AS_MODULE, WASM: wasm}
    for name, data in files.items():
        with replacing(folder / name) as beside:
            beside.write_bytes(gzip.compress(data, 9, mtime=0) if name.endswith(".gz") else data)
    manifest = {"package": PACKAGE, "version": facts["version"], "license": LICENSE, "files": _facts(files)}
    with replacing(folder / MANIFEST) as beside:
        beside.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest


def _facts(files: dict[str, bytes]) -> dict[str, dict[str, Any]]:
    return {
        name: {"from": SOURCES[name], "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        for name, data in files.items()
    }


def _fetch(what: str, place: Path) -> Path:
    """Download and unpack a package; return its folder."""
    try:
        subprocess.run(["npm", "pack", what], cwd=place, check=True, capture_output=True)
    except FileNotFoundError:
        raise UserError("npm is not installed; it fetches the runtime.") from None
    except subprocess.CalledProcessError:
        raise UserError(f"npm can't fetch {what}; check the version and the network.") from None
    with tarfile.open(next(place.glob("*.tgz"))) as archive:
        archive.extractall(place, filter="data")
    return place / "package"


def _again() -> str:
    return "run `python -m core web-runtime --update VERSION` or fetch it again"
