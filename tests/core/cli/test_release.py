from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.cli import app
from core.errors import UserError


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False).stdout


@pytest.mark.parametrize("command", ["export", "parity", "calibrate"])
def test_an_unknown_model_is_named(command: str, mini_ham: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAM10000_DIR", str(mini_ham))
    with pytest.raises(UserError, match=r"There is no trained model '?nothing"):
        run(command, "nothing")


def test_the_image_check_needs_images_of_other_clinics(mini_ham: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAM10000_DIR", str(mini_ham))
    monkeypatch.delenv("MILK10K_DIR", raising=False)
    with pytest.raises(UserError, match="MILK10k is needed; set MILK10K_DIR"):
        run("image-check")
