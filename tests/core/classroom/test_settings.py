"""What the environment sets."""

from pathlib import Path

import pytest

from core.classroom.settings import FILE, database_url, rooms_on, state_dir
from core.config import ROOT


@pytest.mark.parametrize(("value", "on"), [(None, True), ("1", True), ("0", False), ("no", False), (" OFF ", False)])
def test_rooms_can_be_turned_off(monkeypatch: pytest.MonkeyPatch, value: str | None, on: bool) -> None:
    monkeypatch.delenv("HAM10000_ROOMS", raising=False)
    if value is not None:
        monkeypatch.setenv("HAM10000_ROOMS", value)
    assert rooms_on() is on


def test_by_default_a_file_in_the_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HAM10000_DATABASE", raising=False)
    monkeypatch.delenv("HAM10000_STATE", raising=False)
    assert state_dir() == ROOT / "state"
    monkeypatch.setenv("HAM10000_STATE", str(tmp_path))
    assert database_url() == f"sqlite:///{tmp_path.as_posix()}/{FILE}"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_under_any_of_its_names(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("HAM10000_DATABASE", f"{scheme}://school:secret@db/class")
    assert database_url() == "postgresql+psycopg://school:secret@db/class"


def test_git_ignores_the_state_folder_and_the_docker_image_lacks_it() -> None:
    assert "/state/" in (ROOT / ".gitignore").read_text().splitlines()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored and "!state" not in ignored
