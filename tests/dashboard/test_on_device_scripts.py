"""The page's scripts: they parse, stay short and make no request but those that they must."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from core.config import ON_DEVICE

SCRIPTS = sorted(ON_DEVICE.glob("*.js"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_parses(path: Path, tmp_path: Path) -> None:
    node = shutil.which("node")
    if not node:
        pytest.skip("node is not installed; the browser tests run every script")
    copy = tmp_path / f"{path.stem}.mjs"
    copy.write_bytes(path.read_bytes())
    done = subprocess.run([node, "--check", str(copy)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_short_and_reads_nothing_as_html(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250 and max(map(len, text.splitlines())) <= 120
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)


def test_only_downloads_are_requested_and_nothing_is_ever_sent() -> None:
    """No script posts, beacons or opens a socket: what leaves the browser are the addresses of the page's own files."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    assert not re.findall(r"sendBeacon|XMLHttpRequest|WebSocket|EventSource|RTCPeer|method:|body:", text)
    assert not re.findall(r"https?://", text)


def test_every_element_that_a_script_names_is_on_the_page() -> None:
    index = (ON_DEVICE / "index.html").read_text(encoding="utf-8")
    named = {name for path in SCRIPTS for name in re.findall(r'\$\("([a-z-]+)"\)', path.read_text(encoding="utf-8"))}
    assert named and {name for name in named if f'id="{name}"' not in index} == set()
