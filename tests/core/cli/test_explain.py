from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from core.cli import app
from core.data.metadata import Dataset
from core.errors import UserError


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False).stdout


@pytest.fixture
def installed(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """The small model's images as the dataset that every command finds."""
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
    predicted = run("explain", "heatmaps", folder.name)
    scored = pd.read_csv(folder / "cam_scores.csv")["image_id"].nunique()
    assert f"{scored} of 300 are in small/cam_scores.csv" in predicted
    assert "LiteRT" in predicted
    predicted = run("explain", "scores")
    assert all(
        text in predicted for text in ("small", "energy", "pointing", "iou", "By diagnosis, share of heat inside")
    )
    assert "By diagnosis, iou" in run("explain", "scores", "--score", "iou")
    assert run("cam-scores") == predicted
    with pytest.raises(UserError, match="no target 'other'; choose from predicted, true"):
        run("explain", "scores", "--target", "other")
    with pytest.raises(UserError, match="needs --sample"):
        run("explain", "heatmaps", folder.name, "--penultimate-layer", "conv1")


@pytest.mark.usefixtures("installed")
def test_checks_and_layer_maps_are_written(folder: Path) -> None:
    predicted = run("explain", "checks", folder.name, "--minutes", "0.05")
    assert "covered" in predicted and "randomisation" in predicted
    assert (folder / "cam_checks.csv").is_file()
    assert "layer_maps.npz" in run("explain", "layers", folder.name)
    assert (folder / "layer_maps.npz").is_file()


def test_the_gallery_of_synthetic_lesions_is_written(folder: Path) -> None:
    assert "synthetic.npz" in run("explain", "synthetic", folder.name)
    assert (folder / "synthetic.npz").is_file()


@pytest.mark.usefixtures("installed")
def test_checks_of_layer_cam_are_written_beside_those_of_grad_cam(folder: Path) -> None:
    predicted = run("explain", "checks", folder.name, "--method", "LayerCAM", "--minutes", "0.05")
    assert "randomisation" in predicted and "covered" not in predicted
    assert (folder / "layer_cam_checks.csv").is_file() and not (folder / "cam_checks.csv").exists()
    with pytest.raises(UserError, match="no method 'CAM'; choose from LayerCAM, Grad-CAM"):
        run("explain", "checks", folder.name, "--method", "CAM")
