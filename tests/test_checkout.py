"""A checkout with Windows line endings: what cards hold the SHA-256 of must come out byte for byte."""

import shutil
import subprocess
from pathlib import Path

import pytest

from core.config import ROOT

ATTRIBUTES = ".gitattributes"
HASHED = sorted(
    path.relative_to(ROOT)
    for folder in ("trained_models", "core/data/tables", "core/evaluation")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".csv", ".json") and path.stat().st_size < 500_000
)
"""What Git takes for text; a card, or a table's reader, may hold its hash."""


def git(*arguments: str, at: Path) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=at, check=True, capture_output=True)


def windows_checkout(at: Path, files: list[Path]) -> Path:
    """Commit copies of the files, and clone that the way Git for Windows does by default."""
    source, clone = at / "source", at / "clone"
    for file in files:
        (source / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, source / file)
    git("init", "-q", at=source)
    git("add", ".", at=source)
    git("commit", "-q", "-m", "files", at=source)
    git("-c", "core.autocrlf=true", "clone", "-q", str(source), str(clone), at=at)
    return clone


@pytest.fixture(autouse=True)
def _git_is_there() -> None:
    if not shutil.which("git"):
        pytest.skip("git is not installed")


def test_files_with_a_hash_keep_their_line_endings(tmp_path: Path) -> None:
    assert len(HASHED) > 40
    clone = windows_checkout(tmp_path, [*HASHED, Path(ATTRIBUTES)])
    assert [file for file in HASHED if (clone / file).read_bytes() != (ROOT / file).read_bytes()] == []


def test_without_the_attributes_they_would_not(tmp_path: Path) -> None:
    card = Path("trained_models/baseline_cnn/card.json")
    assert b"\r\n" in (windows_checkout(tmp_path, [card]) / card).read_bytes()
