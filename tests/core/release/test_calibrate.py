"""`python -m core calibrate`: what it writes, on which images, and that serving then uses it."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.config import TRAINED_MODELS
from core.data.metadata import Dataset, load_dataset
from core.errors import UserError
from core.inference import ood
from core.inference.fitted import Calibration
from core.inference.pipeline import Pipeline
from core.release import calibrate as module
from core.release.calibrate import calibrate, fit_calibration
from core.release.ood_samples import OODSample
from core.store.card import read_card
from core.store.provenance import current
from core.store.stored import MadeFrom
from tests.cards import change


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    where = Path(shutil.copytree(TRAINED_MODELS / "baseline_cnn", tmp_path / "baseline_cnn"))
    change(where, calibration=None, conformal=None, ood_detector=None)
    (where / "ood_detector.npz").unlink(missing_ok=True)
    return where


@pytest.fixture
def dataset(mini_ham: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Seventy images of noise, split by a table of their own; six OOD samples; few components."""
    found = load_dataset(mini_ham)
    names = found.metadata["image_id"].tolist()
    splits = ["train", "train", "train", "validation", "test"]
    table = pd.DataFrame({"group": range(70), "lesion": [splits[i % 5] for i in range(70)]}, index=names)
    monkeypatch.setattr(module, "load_splits", lambda: table)
    flat = [OODSample(np.full((30, 40, 3), 40 * i, np.uint8), "plain", f"plain {i}", bool(i % 2)) for i in range(6)]
    monkeypatch.setattr(module, "ood_samples", lambda: flat)
    monkeypatch.setattr(module, "SYNTHETIC_PER_DX", 1)
    monkeypatch.setattr(ood, "COMPONENTS", 4)
    return found


def test_everything_fitted_lands_on_the_card_and_serves(folder, dataset):
    lines: list[str] = []
    done: list[tuple[int, int]] = []
    card = calibrate(folder, dataset, lines.append, lambda *each: done.append(each))
    assert done[-1] == (83, 83)
    assert card.calibration and card.ood_detector
    assert all(current(card, part) for part in (card.calibration, card.conformal, card.ood_detector))
    assert (folder / "ood_detector.npz").stat().st_size == card.ood_detector.file.bytes
    pipeline = Pipeline(folder)
    fitted = pipeline.fitted
    assert fitted.calibration == Calibration(card.calibration.temperature, "card")
    assert fitted.check is not None and fitted.conformal is not None
    assert set(fitted.check.detector.number.tolist()) == {i for i in range(70) if i % 5 < 3}
    assert (card.ood_detector.rejected["all"].images, card.ood_detector.rejected["all"].cases) == (3, 3)
    assert card.ood_detector.accepted["all"].images == 14
    assert len(pipeline.predict(np.full((90, 120, 3), 99, np.uint8)).neighbours) == 3
    text = "\n".join(lines)
    assert "temperature" in text and "Conformal sets, promised 90%" in text and "only 14 to calibrate on" in text


def test_a_part_of_the_dataset_is_not_enough(folder, dataset):
    part = Dataset(dataset.folder, dataset.metadata, dict(list(dataset.images.items())[1:]), ())
    with pytest.raises(UserError, match="fitted on all of HAM10000"):
        calibrate(folder, part, str)
    assert read_card(folder).ood_detector is None


def test_the_temperature_comes_from_validation_alone(write_model):
    from core.evaluation.leaderboard import load_scores

    folder = write_model("small")
    validation, test = load_scores(folder, "validation"), load_scores(folder, "test")
    of = MadeFrom(export="e")
    found = fit_calibration(of, validation, test)
    assert found.temperature == fit_calibration(of, validation, validation).temperature
