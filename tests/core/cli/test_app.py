import platform

import pytest
from typer.testing import CliRunner

from core.cli import app
from core.config import ROOT, VERSION


def test_version_is_that_of_the_citation_and_the_changelog() -> None:
    shown = CliRunner().invoke(app, ["--version"])
    assert shown.exit_code == 0
    assert shown.output.startswith(f"HAM10000 lab {VERSION}, Python {platform.python_version()}")
    assert f"\nversion: {VERSION}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {VERSION}\n" in (ROOT / "CHANGELOG.md").read_text()


def test_version_runs_no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.data.metadata.load_dataset", lambda *_: pytest.fail("a command ran"))
    assert "Python" in CliRunner().invoke(app, ["--version", "check"]).output
