"""What was fitted for a model, and when it counts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.errors import UserError
from core.evaluation.calibration import RANGE, calibrated, fit_temperature
from core.evaluation.conformal import fit_thresholds
from core.evaluation.leaderboard import load_scores
from core.inference.crop import prepare
from core.inference.fitted import UNUSUAL, Calibration, ConformalSets, Fitted, read_fitted
from core.inference.image_descriptors import image_descriptors
from core.inference.model import open_model
from core.inference.ood import DESCRIPTORS, FILE
from core.labels import DX
from core.store.card import file_facts, read_card, write_card
from core.synthetic.lesions import sample_lesion

ENSEMBLE = TRAINED_MODELS / "efficientnet_lite_ensemble"
IMAGE = prepare(sample_lesion("mel", 3).image)


def fitted_of(folder: Path) -> Fitted:
    return read_fitted(folder, open_model(folder))


@pytest.fixture
def change(calibrated_folder) -> Callable[..., Fitted]:
    """Changes parts of the card's entry and reads what was fitted."""

    def changed(key: str, **facts: object) -> Fitted:
        card = read_card(calibrated_folder)
        write_card(calibrated_folder, card | {key: card[key] | facts})
        return fitted_of(calibrated_folder)

    return changed


def test_everything_is_read_from_the_card(calibrated_folder):
    fitted = fitted_of(calibrated_folder)
    assert fitted.calibration == Calibration(2.0, "card")
    np.testing.assert_array_equal(fitted.conformal.thresholds, np.full(7, 0.2))
    assert fitted.conformal.facts["alpha"] == 0.1
    assert (fitted.check.kind, fitted.check.threshold, fitted.check.model) == (DESCRIPTORS, 3.0, "baseline_cnn")


@pytest.mark.parametrize(
    ("key", "part"), [("calibration", "calibration"), ("conformal", "conformal"), ("guard", "check")]
)
def test_what_was_fitted_for_another_export_does_not_count(change, key, part):
    fitted = change(key, export="older")
    assert getattr(fitted, part) is None
    assert sum(each is None for each in (fitted.calibration, fitted.conformal, fitted.check)) == 1


@pytest.mark.parametrize("temperature", [None, "2", RANGE[0] / 2, RANGE[1] * 2])
def test_an_impossible_temperature_does_not_count(change, temperature):
    assert change("calibration", temperature=temperature).calibration is None


@pytest.mark.parametrize("temperature", RANGE)
def test_temperatures_up_to_their_bounds_count(change, temperature):
    assert change("calibration", temperature=temperature).calibration.temperature == temperature


def test_cards_of_earlier_versions_name_the_distance_otherwise(change):
    assert change("guard", kind="looks").check.kind == DESCRIPTORS
    assert (
        change("guard", kind="mahalanobis + residual + looks").check.kind == f"mahalanobis + residual + {DESCRIPTORS}"
    )


def test_the_ood_score_is_the_distance_divided_by_the_threshold(calibrated_folder, change):
    embedding = open_model(calibrated_folder).run(IMAGE).embedding
    check = fitted_of(calibrated_folder).check
    distance = check.detector.distances(embedding[None], image_descriptors(IMAGE)[None])[DESCRIPTORS][0]
    assert check.ood_score(IMAGE, embedding) == pytest.approx(distance / 3)
    assert change("guard", threshold=6.0).check.ood_score(IMAGE, embedding) == pytest.approx(distance / 6)


def test_the_warning_begins_above_one(calibrated_folder):
    check = fitted_of(calibrated_folder).check
    assert check.warnings(IMAGE, 1.0) == ()
    assert check.warnings(IMAGE, 1.001) == (UNUSUAL,)


def test_a_wrong_hash_and_a_damaged_detector_are_one_sentence(calibrated_folder, change):
    path = calibrated_folder / FILE
    path.write_bytes(path.read_bytes()[:-1] + b"\0\1")
    with pytest.raises(UserError, match=r"guard\.npz is not the file"):
        fitted_of(calibrated_folder)
    path.write_bytes(b"PK\x03\x04junk")
    with pytest.raises(UserError, match="core calibrate baseline_cnn"):
        change("guard", **file_facts(path))


def test_a_set_contains_classes_at_their_threshold_and_never_nothing():
    sets = ConformalSets(np.array([0.1, 0.1, 0.1, 0.1, 0.3, 0.5, 0.1]), {})
    assert sets.members(np.array([0.1, 0.05, 0.05, 0.0, 0.3, 0.45, 0.05])) == ("nv", "mel", "akiec")
    assert ConformalSets(np.ones(7), {}).members(np.full(7, 1 / 7) + np.eye(7)[2] * 0.1) == ("bkl",)


def test_an_ensemble_is_calibrated_on_its_validation_predictions():
    fitted = fitted_of(ENSEMBLE)
    validation = load_scores(ENSEMBLE, "validation")
    temperature = fit_temperature(validation)
    assert fitted.calibration == Calibration(temperature, "validation")
    expected = fit_thresholds(calibrated(validation, temperature))
    np.testing.assert_allclose(fitted.conformal.thresholds, expected, atol=1e-6)
    assert set(fitted.conformal.facts["test"]) == {*DX, "all"}


def test_an_ensembles_images_are_checked_by_its_first_member():
    fitted = fitted_of(ENSEMBLE)
    assert fitted.check.model == "efficientnet_lite0"
    assert fitted.check.threshold == read_card(TRAINED_MODELS / "efficientnet_lite0")["guard"]["threshold"]


def test_an_ensembles_own_calibration_comes_first(monkeypatch):
    card = read_card(ENSEMBLE)
    facts = {"export": card["predictions"]["sha256"], "temperature": 1.5}
    whole = {ENSEMBLE.name: card | {"calibration": facts}}
    model = open_model(ENSEMBLE)
    monkeypatch.setattr("core.inference.fitted.read_card", lambda folder: whole.get(folder.name) or read_card(folder))
    fitted = read_fitted(ENSEMBLE, model)
    assert fitted.calibration == Calibration(1.5, "card") and fitted.conformal is None
