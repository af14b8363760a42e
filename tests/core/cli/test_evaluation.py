from pathlib import Path

import pytest
from typer.testing import CliRunner

from core import config
from core.cli import app
from core.errors import UserError


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False).stdout


def test_a_model_is_evaluated_and_listed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.data.metadata.find_dataset", lambda: None)
    assert "Skipped scores by sex, age, body site" in run("evaluate", folder.name)
    assert "small" in run("leaderboard")
    with pytest.raises(UserError, match="no split 'train' to score"):
        run("leaderboard", "--split", "train")
    with pytest.raises(UserError, match=r"No comparison in .* has both models"):
        monkeypatch.setattr(config, "EXPERIMENTS", folder.parent / "experiments")
        run("compare")
