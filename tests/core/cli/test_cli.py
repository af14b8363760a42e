"""The command line: what the documents name is there, every option is explained, and an error is one sentence."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from core import cli
from core.cli import app
from core.config import ROOT
from core.files import replacing

GROUPS = ["Data", "Training", "Evaluation", "Lab", "Release", "Explain", "Serve"]
PROSE = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "trained_models" / "README.md"]
DOCUMENTED = re.compile(r"python -m core(?: +([^`\n#|;]*))?")


def commands(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that can be run, with the words that call it."""
    for name, command in (group or typer.main.get_command(app)).commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(commands())
SHOWN = [arguments for arguments, command in COMMANDS.items() if not command.hidden]


def documented(path: Path) -> list[list[str]]:
    """The words after `python -m core` wherever a document names a command."""
    found = DOCUMENTED.findall(path.read_text(encoding="utf-8"))
    return [shlex.split(arguments) for arguments in found if arguments.strip()]


def parse(arguments: list[str]) -> tuple[str, ...]:
    """Parse as the command line would, without running anything; returns the command's own words."""
    command, path = typer.main.get_command(app), list[str]()
    while hasattr(command, "commands") and not arguments[0].startswith("--"):
        assert arguments[0] in command.commands, f"no command {' '.join([*path, arguments[0]])}"
        command = command.commands[arguments[0]]
        path.append(arguments.pop(0))
    if not {"--help", "--version"} & set(arguments):
        command.make_context(" ".join(path), arguments)
    return tuple(path)


@pytest.mark.parametrize("path", PROSE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_command_in_the_documents_exists_with_its_options(path: Path) -> None:
    found = documented(path)
    assert found
    for arguments in found:
        parse(arguments)


def test_readme_names_every_command() -> None:
    named = {parse(arguments) for arguments in documented(ROOT / "README.md")}
    assert set(SHOWN) - named == set()


@pytest.mark.parametrize(
    "arguments", [["trian"], ["explain", "baseline_cnn"], ["train", "x", "--epoch-s", "3"], ["train"]]
)
def test_the_check_of_the_documents_can_fail(arguments: list[str]) -> None:
    with pytest.raises((AssertionError, typer.TyperException)):
        parse(arguments)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_every_command_and_option_is_explained(arguments: tuple[str, ...]) -> None:
    command = COMMANDS[arguments]
    assert CliRunner().invoke(app, [*arguments, "--help"]).exit_code == 0
    assert re.match(r"[A-Z].*\.$", command.help.splitlines()[0]), command.help
    for parameter in command.params:
        assert re.match(r".*\.$", parameter.help or "", re.DOTALL), f"{parameter.name}: {parameter.help}"


def test_the_help_shows_the_groups_in_the_order_of_work() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    assert re.findall(rf"─ ({'|'.join(GROUPS)}) ─", shown) == GROUPS
    assert "cam-scores" not in shown


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["core", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check", "/nowhere"], 1),
        (["train", "resnet9000"], 1),
        (["trian", "resnet9000"], 2),
        (["train"], 2),
        (["explain", "heatmaps", "small", "--minutes", "soon"], 2),
        (["explain", "scores", "--target", "both"], 1),
    ],
)
def test_bad_input_is_one_sentence(
    arguments: list[str], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(monkeypatch, *arguments) == code
    shown = capsys.readouterr().err
    assert shown.startswith("Error: ")
    assert len(shown.splitlines()) == 1


@pytest.mark.parametrize("fault", [PermissionError(13, "Permission denied", "card.json"), OSError("disk full")])
def test_what_the_file_system_refuses_is_one_sentence(
    fault: OSError, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(**_: object) -> None:
        raise fault

    monkeypatch.setattr(cli, "app", refuse)
    assert run_main(monkeypatch) == 1
    assert capsys.readouterr().err in ("Error: Permission denied: card.json.\n", "Error: disk full.\n")


def test_without_a_command_the_help_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(monkeypatch) == 2
    shown = capsys.readouterr()
    assert "Training" in shown.out + shown.err and "Error" not in shown.err


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run([sys.executable, "-m", "core", "check", "/nowhere"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ") and len(done.stderr.splitlines()) == 1


def test_a_file_whose_writing_fails_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path) as beside:
        beside.write_text("half")
        _ = 1 / 0
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
