"""The command line: what the documents name is there, every option is explained, and an error is one sentence."""

import errno
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from core import cli
from core.cli import app
from core.config import ROOT
from core.files import explain, replacing

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
    shown = capsys.readouterr().err
    assert shown.startswith(
        ("Error: card.json: permission is denied; ", "Error: The output could not be written: disk full.")
    )
    assert len(shown.splitlines()) == 1


READING = {
    ("models",), ("check",), ("leaderboard",), ("score",), ("compare",), ("web-runtime",), ("explain", "scores"),
    ("cam-scores",),
}  # fmt: skip
"""Commands that write nothing, unless asked to by an option."""
MODEL = "baseline_cnn"
WRITING: dict[tuple[str, ...], tuple[str, ...]] = {
    ("download",): (),
    ("split",): (),
    ("summarize",): (),
    ("fit-synthetic",): (),
    ("train",): (MODEL,),
    ("baseline",): (),
    ("ensemble",): ("new_ensemble", MODEL),
    ("evaluate",): (MODEL,),
    ("other-clinics",): (MODEL,),
    ("notebook-smote",): (),
    ("embed",): (),
    ("heads",): (MODEL,),
    ("experiment",): (),
    ("lesson",): (),
    ("export",): (MODEL,),
    ("add",): ("new_model", "model.keras"),
    ("parity",): (MODEL,),
    ("calibrate",): (MODEL,),
    ("image-check",): (),
    ("explain", "heatmaps"): (MODEL,),
    ("explain", "checks"): (MODEL,),
    ("explain", "layers"): (MODEL,),
    ("explain", "methods"): (MODEL,),
    ("explain", "synthetic"): (MODEL,),
    ("predict",): ("dashboard/icon.png", "--model", MODEL, "--out", "a.csv"),
}
"""The others, with arguments that are right."""
FAULTS = [
    OSError(errno.EROFS, "Read-only file system"), OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EACCES, "Permission denied"),
]  # fmt: skip


def test_every_command_either_writes_or_reads() -> None:
    assert set(COMMANDS) == READING | set(WRITING)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: errno.errorcode[fault.errno])
@pytest.mark.parametrize("command", WRITING, ids=" ".join)
def test_where_nothing_can_be_written_a_command_says_so_before_it_works(
    command: tuple[str, ...], fault: OSError, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: Path) -> None:
        raise fault

    def work(*_: object, **__: object) -> None:
        raise AssertionError("the work began")

    monkeypatch.setattr("core.files._try", refuse)
    for name in (
        "data.metadata.load_dataset", "data.metadata.find_dataset", "data.milk10k.find_milk10k",
        "data.download.isic_archive.download_sample", "data.download.dataverse.download_full",
        "inference.pipeline.Pipeline.load", "evaluation.leaderboard.evaluate", "release.calibrate.calibrate",
    ):  # fmt: skip
        monkeypatch.setattr(f"core.{name}", work)
    monkeypatch.chdir(ROOT)
    assert run_main(monkeypatch, *command, *WRITING[command]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("Error: Can't write ") and len(shown.splitlines()) == 1
    assert explain(fault) in shown


NO_NAMES = ["../elsewhere", "/tmp/elsewhere", "a/b", "a\\b", "..", ".", ".hidden", "a b", "x" * 101]


@pytest.mark.parametrize("name", NO_NAMES)
@pytest.mark.parametrize("command", ["train", "ensemble"])
def test_a_models_name_is_not_a_path(
    command: str, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", MODEL, "--save-as", name] if command == "train" else ["ensemble", name, MODEL]
    assert run_main(monkeypatch, *arguments) == 1
    assert "isn't a name for a model" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["experiments", "embeddings"])
def test_a_model_is_not_written_over_what_is_no_model(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(monkeypatch, "train", MODEL, "--save-as", name) == 1
    assert "choose another name" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such file")
def test_output_to_a_full_disk_is_one_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "core", "models"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert done.stderr == "Error: The output could not be written: the disk is full; free some space and try again.\n"


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_name_that_is_not_text_is_shown(tmp_path: Path, mini_metadata: pd.DataFrame) -> None:
    folder = tmp_path / os.fsdecode(b"L\xe4sion")
    folder.mkdir()
    mini_metadata.to_csv(folder / "HAM10000_metadata.csv", index=False)
    for command in (("summarize", str(folder), "--out", str(folder / "out")), ("check", str(folder))):
        done = subprocess.run([sys.executable, "-m", "core", *command], capture_output=True, text=True, cwd=ROOT)
        assert "L\\udce4sion" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


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
