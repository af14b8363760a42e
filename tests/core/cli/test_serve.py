"""The commands on trained models, run on a small one: what they write, and what they print."""

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from core import config
from core.cli import app
from core.data.metadata import Dataset
from core.errors import UserError


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False).stdout


def test_images_are_classified_and_refused_ones_reported(
    calibrated_folder: Path, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "TRAINED_MODELS", calibrated_folder.parent)
    batch = tmp_path / "batch"
    batch.mkdir()
    for name in list(dataset.images)[:2]:
        (batch / f"{name}.png").write_bytes(dataset.images[name].read_bytes())
    (batch / "cut.png").write_bytes(b"cut")
    out, rejected = tmp_path / "answers.csv", tmp_path / "rejected.csv"
    arguments = ("predict", str(batch), "--model", calibrated_folder.name, "--out", str(out))
    assert "Add --rejected FILE.csv to see why" in run(*arguments)
    predicted = run(*arguments, "--rejected", str(rejected))
    answered = pd.read_csv(out)
    assert f"{len(answered)} images classified" in predicted
    assert f"{len(pd.read_csv(rejected))} rejected" in predicted
    assert len(answered) + len(pd.read_csv(rejected)) == 3
    assert [column.lower() for column in answered.columns] == [
        "image",
        "mel",
        "nv",
        "bcc",
        "akiec",
        "bkl",
        "df",
        "vasc",
        "class_mix",
        "doubt",
    ]
    with pytest.raises(UserError, match="choose from ham10000, equal"):
        run(*arguments, "--class-mix", "even")
