"""README: what it links to is there, its screenshots are small, and .ci/run finds its commands."""

import re
import subprocess
from pathlib import Path

import pytest

from core.config import ROOT

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "trained_models/README.md", "tests/benchmarks/README.md")
LINKS = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_to_files(document: str) -> None:
    folder = (ROOT / document).parent
    assert [to for to in LINKS.findall((ROOT / document).read_text()) if not (folder / to).exists()] == []


def test_every_page_has_a_small_screenshot_and_no_other_is_kept() -> None:
    shown = set(re.findall(r"dashboard/screenshots/\S+\.jpg", (ROOT / "README.md").read_text()))
    assert len(shown) == len(list((ROOT / "dashboard" / "app_pages").glob("*.py")))
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "dashboard" / "screenshots").iterdir()} == shown
    assert {name: size for name in shown if (size := (ROOT / name).stat().st_size) > 150_000} == {}


def test_ci_runs_the_commands_of_the_readme() -> None:
    run = (ROOT / ".ci" / "run").read_text()
    line = next(line for line in run.splitlines() if line.startswith("install_command="))
    script = f'{line}\necho "${{install_command% && *}}"\necho "${{install_command##* && }}"'
    done = subprocess.run(["bash", "-ec", script], capture_output=True, text=True, cwd=ROOT, check=True)
    install, test = done.stdout.splitlines()
    assert install.endswith("pip install -r requirements-dev.txt")
    assert test == ".venv/bin/python -m pytest -n auto --dist loadfile"


def test_the_second_code_block_that_is_tried_on_windows_does_the_same() -> None:
    blocks = re.findall(r"```(?:sh|powershell)\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    for unix, windows in (blocks[0:2], blocks[-2:]):
        translated = unix.strip().replace("python3", "py -3.11").replace(".venv/bin/", ".venv\\Scripts\\")
        assert windows.strip().startswith(translated.replace(" && ", "; "))


def test_the_screenshots_are_not_in_the_image() -> None:
    assert "dashboard/screenshots" in (ROOT / ".dockerignore").read_text().splitlines()
    assert not Path(ROOT / "dashboard" / "screenshot.png").exists()
