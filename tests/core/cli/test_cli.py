"""The command line: help, listings, and one line instead of a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.cli import app
from core.config import ROOT
from core.files import replacing

COMMANDS = ("download", "summarize", "split", "check", "models", "train", "evaluate", "explain", "export")


def test_every_command_of_the_readme_is_there() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    assert all(command in shown for command in COMMANDS), shown


def test_models_lists_the_registry() -> None:
    shown = CliRunner().invoke(app, ["models"]).output
    assert "baseline_cnn" in shown and "2,124,839" in shown


@pytest.mark.parametrize("command", [["check", "/nowhere"], ["train", "resnet9000"]])
def test_bad_input_is_one_line(command: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", "core", *command], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_file_whose_writing_fails_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path) as beside:
        beside.write_text("half")
        _ = 1 / 0
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
