"""The commands on trained models, run on a small one: what they write, and what they print."""

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from core import config
from core.cli import app
from core.data.metadata import Dataset
from core.errors import UserError
from core.labels import DX


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
    with pytest.raises(UserError, match="No model's heatmaps are scored yet; run `python -m core explain NAME`"):
        run("cam-scores")
    sample = run("explain", folder.name, "--sample", "30")
    assert "energy" in sample and not (folder / "cam_scores.csv").exists()
    said = run("explain", folder.name)
    scored = pd.read_csv(folder / "cam_scores.csv")["image_id"].nunique()
    assert f"{scored} of 300 stand in small/cam_scores.csv" in said
    assert "LiteRT" in said
    said = run("cam-scores")
    assert all(text in said for text in ("small", "Findings by energy", "Findings by pointing", "Findings by iou"))
    with pytest.raises(UserError, match="no target 'said'; known are predicted, true"):
        run("cam-scores", "--target", "said")
    with pytest.raises(UserError, match="goes with --sample"):
        run("explain", folder.name, "--penultimate-layer", "conv1")


@pytest.mark.usefixtures("installed")
def test_checks_and_strips_are_written(folder: Path) -> None:
    said = run("explain", folder.name, "--checks", "--minutes", "0.05")
    assert "covered" in said and "randomisation" in said
    assert (folder / "cam_checks.csv").is_file()
    assert "cams.npz" in run("explain", folder.name, "--layers")
    assert (folder / "cams.npz").is_file()


def test_pictures_are_classified_and_refused_ones_told(
    calibrated_folder: Path, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "TRAINED_MODELS", calibrated_folder.parent)
    batch = tmp_path / "batch"
    batch.mkdir()
    for name in list(dataset.images)[:2]:
        (batch / f"{name}.png").write_bytes(dataset.images[name].read_bytes())
    (batch / "cut.png").write_bytes(b"cut")
    out, rejected = tmp_path / "answers.csv", tmp_path / "rejected.csv"
    words = ("predict", str(batch), "--model", calibrated_folder.name, "--out", str(out))
    assert "Give --rejected FILE.csv to learn the reasons" in run(*words)
    said = run(*words, "--rejected", str(rejected))
    answered = pd.read_csv(out)
    assert f"{len(answered)} pictures answered" in said
    assert f"{len(pd.read_csv(rejected))} refused" in said
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
    ]


def test_a_model_is_evaluated_and_listed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.data.metadata.find_dataset", lambda: None)
    assert "No slices by sex, age, body site and confirmation" in run("evaluate", folder.name)
    assert "small" in run("leaderboard")
    with pytest.raises(UserError, match="no split 'train' to score"):
        run("leaderboard", "--split", "train")
    with pytest.raises(UserError, match="No comparison has both its halves"):
        monkeypatch.setattr(config, "EXPERIMENTS", folder.parent / "experiments")
        run("compare")


def test_a_dataset_is_checked_and_counted(mini_ham: Path, tmp_path: Path) -> None:
    assert "70 rows, 70 pictures, 0 missing" in run("check", str(mini_ham))
    said = run("summarize", str(mini_ham), "--out", str(tmp_path / "tables"))
    assert "70 images of 56 lesions" in said
    assert all(dx in said for dx in DX)
    assert (tmp_path / "tables" / "counts.csv").is_file()
    (mini_ham / "HAM10000_images_part_1" / "ISIC_0000000.jpg").write_bytes(b"cut")
    with pytest.raises(UserError, match="ISIC_0000000"):
        run("check", str(mini_ham))
