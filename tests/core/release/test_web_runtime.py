"""The runtime that the page carries: it is the package's, and an altered or missing file is named."""

import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from core.errors import UserError
from core.release import web_runtime


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(web_runtime.RUNTIME, tmp_path / "runtime"))


def test_the_carried_files_are_those_of_the_manifest_with_version_and_license():
    manifest = web_runtime.verify()
    assert set(manifest["files"]) == set(web_runtime.SOURCES)
    assert manifest["package"] == web_runtime.PACKAGE and manifest["license"] == web_runtime.LICENSE
    assert manifest["version"].count(".") == 2
    assert "Apache License" in (web_runtime.RUNTIME / "LICENSE").read_text()


@pytest.mark.parametrize("name", list(web_runtime.SOURCES))
@pytest.mark.parametrize("fault", ["altered", "cut", "missing"])
def test_a_faulty_file_is_one_sentence(copy, name, fault):
    path = copy / name
    if fault == "missing":
        path.unlink()
    else:
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2] if fault == "cut" else data[:-9] + bytes(9))
    with pytest.raises(UserError, match="web-runtime --update"):
        web_runtime.verify(copy)


def test_an_update_writes_what_the_package_holds(tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "run", fake_npm(tmp_path))
    manifest = web_runtime.update("9.8.7", tmp_path / "new")
    assert manifest == web_runtime.verify(tmp_path / "new")
    assert manifest["version"] == "9.8.7"
    assert (tmp_path / "new" / web_runtime.SCRIPT).read_bytes() == b"script" + web_runtime.AS_MODULE


def test_another_license_and_a_lacking_file_stop_the_update(tmp_path, monkeypatch):
    for faults, words in (({"license": "GPL-3.0"}, "GPL-3.0"), ({"lacks": "wasm"}, "lacks")):
        monkeypatch.setattr(subprocess, "run", fake_npm(tmp_path, **faults))
        with pytest.raises(UserError, match=words):
            web_runtime.update("9.8.7", tmp_path / "new")
        assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("error", "words"),
    [(FileNotFoundError(), "npm is not installed"), (subprocess.CalledProcessError(1, "npm"), "can't fetch")],
)
def test_npm_that_is_missing_or_fails_is_one_sentence(tmp_path, monkeypatch, error, words):
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(UserError, match=words):
        web_runtime.update("1.0.0", tmp_path)


def fake_npm(tmp_path: Path, license: str = "Apache-2.0", lacks: str = "") -> Any:
    """Stands for `npm pack`: leaves an archive of a small package."""
    source = tmp_path / "source" / "package"
    shutil.rmtree(source, ignore_errors=True)
    (source / "wasm").mkdir(parents=True)
    (source / "package.json").write_text(json.dumps({"version": "9.8.7", "license": license}))
    for path, data in zip(web_runtime.SOURCES.values(), (b"script", b"wasm"), strict=True):
        if not lacks or lacks.encode() != data:
            (source / path).write_bytes(data)

    def run(command: list[str], cwd: Path, **_: object) -> None:
        assert command[:2] == ["npm", "pack"]
        with tarfile.open(cwd / "x.tgz", "w:gz") as archive:
            archive.add(source, "package")

    return run
