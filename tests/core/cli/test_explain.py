from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from core.cli import app
from core.data.metadata import Dataset
from core.errors import UserError


def run(*words: str) -> str:
    return CliRunner().invoke(app, list(words), catch_exceptions=False).stdout


@pytest.fixture
def installed(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """The small model's pictures as the dataset that every command finds."""
    for name in ("load_dataset", "find_dataset"):
        monkeypatch.setattr(f"core.data.metadata.{name}", lambda: dataset)
    return dataset


@pytest.mark.usefixtures("installed")
def test_heatmaps_are_scored_then_summarized(folder: Path) -> None:
    with pytest.raises(
        UserError, match="No model's heatmaps are scored yet; run `python -m core explain heatmaps NAME`"
    ):
        run("explain", "scores")
    sample = run("explain", "heatmaps", folder.name, "--sample", "30")
    assert "energy" in sample and not (folder / "cam_scores.csv").exists()
    said = run("explain", "heatmaps", folder.name)
    scored = pd.read_csv(folder / "cam_scores.csv")["image_id"].nunique()
    assert f"{scored} of 300 are in small/cam_scores.csv" in said
    assert "LiteRT" in said
    said = run("explain", "scores")
    assert all(text in said for text in ("small", "energy", "pointing", "iou", "By diagnosis, share of heat inside"))
    assert "By diagnosis, iou" in run("explain", "scores", "--score", "iou")
    assert run("cam-scores") == said
    with pytest.raises(UserError, match="no target 'said'; known are predicted, true"):
        run("explain", "scores", "--target", "said")
    with pytest.raises(UserError, match="needs --sample"):
        run("explain", "heatmaps", folder.name, "--penultimate-layer", "conv1")


@pytest.mark.usefixtures("installed")
def test_checks_and_strips_are_written(folder: Path) -> None:
    said = run("explain", "checks", folder.name, "--minutes", "0.05")
    assert "covered" in said and "randomisation" in said
    assert (folder / "cam_checks.csv").is_file()
    assert "cams.npz" in run("explain", "layers", folder.name)
    assert (folder / "cams.npz").is_file()
