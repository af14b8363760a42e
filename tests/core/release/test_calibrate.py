"""`python -m core calibrate`: what it writes, on which images, and that serving then uses it."""

import shutil
from pathlib import Path

import pytest

from core.config import TRAINED_MODELS
from core.inference.fitted import TemperatureScaling
from core.inference.pipeline import Pipeline
from core.release.calibrate import calibrate, fit_calibration
from core.store.card import read_card
from core.store.provenance import current
from core.store.stored import MadeFrom
from tests.cards import change


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    where = Path(shutil.copytree(TRAINED_MODELS / "baseline_cnn", tmp_path / "baseline_cnn"))
    change(where, calibration=None, conformal=None)
    return where


def test_everything_fitted_lands_on_the_card_and_serves(folder):
    lines: list[str] = []
    card = calibrate(folder, lines.append)
    assert card.calibration and current(card, card.calibration) and current(card, card.conformal)
    fitted = Pipeline(folder).fitted
    assert fitted.calibration == TemperatureScaling(card.calibration.temperature, "card")
    assert fitted.conformal is not None and fitted.conformal.facts == card.conformal
    text = "\n".join(lines)
    assert "temperature" in text and "Conformal sets, promised 90%" in text and "only 14 to calibrate on" in text


def test_the_temperature_comes_from_validation_alone(write_model):
    from core.evaluation.leaderboard import load_scores

    folder = write_model("small")
    validation, test = load_scores(folder, "validation"), load_scores(folder, "test")
    of = MadeFrom(export="e")
    found = fit_calibration(of, validation, test)
    assert found.temperature == fit_calibration(of, validation, validation).temperature


def test_an_ensemble_is_calibrated_on_its_own_predictions(tmp_path):
    name = "efficientnet_lite_ensemble"
    folder = Path(shutil.copytree(TRAINED_MODELS / name, tmp_path / name))
    for member in read_card(folder).members:
        (tmp_path / member.name).symlink_to(TRAINED_MODELS / member.name)
    change(folder, calibration=None, conformal=None)
    when_opened = Pipeline(folder).fitted
    card = calibrate(folder, lambda _: None)
    assert card.calibration and current(card, card.calibration) and current(card, card.conformal)
    stored = Pipeline(folder).fitted
    assert when_opened.calibration and when_opened.conformal and stored.conformal
    assert stored.calibration == TemperatureScaling(card.calibration.temperature, "card")
    assert stored.calibration.temperature == pytest.approx(when_opened.calibration.temperature, abs=1e-3)
    assert stored.conformal.facts.classes == when_opened.conformal.facts.classes
