"""What was fitted for a model, and when it counts."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.errors import UserError
from core.evaluation.calibration import calibrated, fit_temperature
from core.evaluation.conformal import cross_coverage, fit_thresholds
from core.evaluation.leaderboard import load_scores
from core.inference.crop import prepare
from core.inference.fitted import (
    CHECK_MODEL,
    UNUSUAL,
    ConformalSets,
    Fitted,
    TemperatureScaling,
    fit_conformal,
    read_fitted,
)
from core.inference.image_descriptors import image_descriptors
from core.inference.model import Ensemble, open_model
from core.labels import DX
from core.store import fitted_facts
from core.store.card import read_card
from core.store.fitted_facts import TEMPERATURES
from core.store.names import OOD_DETECTOR
from core.store.provenance import stored_file
from core.store.stored import MadeFrom
from core.synthetic.lesions import sample_lesion
from tests import cards

ENSEMBLE = TRAINED_MODELS / "efficientnet_lite_ensemble"
IMAGE = prepare(sample_lesion("mel", 3).image)


def fitted_of(folder: Path) -> Fitted:
    return read_fitted(folder, open_model(folder))


@pytest.fixture
def change(calibrated_folder) -> Callable[..., Fitted]:
    """Changes fields of a part of the card and reads what was fitted."""

    def changed(key: str, **facts: object) -> Fitted:
        part = getattr(read_card(calibrated_folder), key)
        cards.change(calibrated_folder, **{key: replace(part, **facts)})
        return fitted_of(calibrated_folder)

    return changed


def test_everything_is_read_from_the_card(calibrated_folder):
    fitted = fitted_of(calibrated_folder)
    assert fitted.calibration == TemperatureScaling(2.0, "card")
    np.testing.assert_array_equal(fitted.conformal.thresholds, np.full(7, 0.2))
    assert fitted.conformal.facts.alpha == 0.1
    assert fitted.check.facts.threshold == 0.5
    assert fitted.check.network.name == "baseline_cnn"


@pytest.mark.parametrize(
    ("key", "part"), [("calibration", "calibration"), ("conformal", "conformal"), ("ood_detector", "check")]
)
def test_what_was_fitted_for_another_export_does_not_count(change, key, part):
    fitted = change(key, made_from=MadeFrom(export="older"))
    assert getattr(fitted, part) is None
    assert sum(each is None for each in (fitted.calibration, fitted.conformal, fitted.check)) == 1


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_temperatures_up_to_their_bounds_count(change, temperature):
    assert change("calibration", temperature=temperature).calibration.temperature == temperature


def test_the_ood_score_is_the_probability_divided_by_the_threshold(calibrated_folder, change):
    embedding = open_model(calibrated_folder).run(IMAGE).embeddings[0]
    check = fitted_of(calibrated_folder).check
    found = check.detector.scores(embedding[None], image_descriptors(IMAGE)[None])[0]
    assert check.ood_score(IMAGE, embedding) == pytest.approx(found / 0.5)
    assert change("ood_detector", threshold=0.1).check.ood_score(IMAGE, embedding) == pytest.approx(found / 0.1)


def test_one_check_stands_before_every_model(calibrated_folder):
    cards.change(calibrated_folder, ood_detector=None)
    assert fitted_of(calibrated_folder).check is None  # alone in its folder
    shutil.copytree(TRAINED_MODELS / CHECK_MODEL, calibrated_folder.parent / CHECK_MODEL)
    check = fitted_of(calibrated_folder).check
    assert check.network.name == CHECK_MODEL
    model = open_model(calibrated_folder)
    embedding = check.embedding(IMAGE, model, model.run(IMAGE))
    np.testing.assert_array_equal(embedding, check.network.run(IMAGE).embeddings[0])
    lite = fitted_of(TRAINED_MODELS / CHECK_MODEL).check
    assert check.ood_score(IMAGE, embedding) == pytest.approx(lite.ood_score(IMAGE, embedding))


def test_an_ensemble_is_checked_by_the_first_member_that_can():
    folder = TRAINED_MODELS / "efficientnet_distilled_ensemble"
    model = Ensemble(folder.name, open_model(folder).members[::-1])
    check = read_fitted(folder, model).check
    able = [member for member in model.members if read_card(TRAINED_MODELS / member.name).ood_detector]
    assert check.network is able[0] is not model.members[0]
    embedding = check.embedding(IMAGE, model, model.run(IMAGE))
    np.testing.assert_array_equal(embedding, able[0].run(IMAGE).embeddings[0])


def test_the_warning_begins_above_one(calibrated_folder):
    check = fitted_of(calibrated_folder).check
    assert check.warnings(IMAGE, 1.0) == ()
    assert check.warnings(IMAGE, 1.001) == (UNUSUAL,)


def test_a_wrong_hash_and_a_damaged_detector_are_one_sentence(calibrated_folder, change):
    path = calibrated_folder / OOD_DETECTOR
    path.write_bytes(path.read_bytes()[:-1] + b"\0\1")
    with pytest.raises(UserError, match=r"ood_detector\.npz is not the file"):
        fitted_of(calibrated_folder)
    path.write_bytes(b"PK\x03\x04junk")
    with pytest.raises(UserError, match="core image-check baseline_cnn"):
        change("ood_detector", file=stored_file(path))


def conformal_sets(*thresholds: float) -> ConformalSets:
    span = fitted_facts.Span(0.0, 1.0)
    classes = {dx: fitted_facts.ConformalClass(t, 9, 9, span) for dx, t in zip(DX, thresholds, strict=True)}
    return ConformalSets(fitted_facts.Conformal(MadeFrom(), 0.1, classes, {}))


def test_a_set_contains_classes_at_their_threshold_and_never_nothing():
    sets = conformal_sets(0.1, 0.1, 0.1, 0.1, 0.3, 0.5, 0.1)
    assert sets.members(np.array([0.1, 0.05, 0.05, 0.0, 0.3, 0.45, 0.05])) == ("nv", "mel", "akiec")
    assert conformal_sets(*[1.0] * 7).members(np.full(7, 1 / 7) + np.eye(7)[2] * 0.1) == ("bkl",)


@pytest.fixture
def with_facts(monkeypatch) -> Callable[..., Fitted]:
    """Reads what was fitted for the ensemble with other facts on its card."""
    model, card = open_model(ENSEMBLE), read_card(ENSEMBLE)

    def read(**facts: object) -> Fitted:
        whole = {ENSEMBLE.name: replace(card, **facts)}
        read_facts = lambda folder: whole.get(folder.name) or read_card(folder)  # noqa: E731
        monkeypatch.setattr("core.inference.fitted.read_card", read_facts)
        return read_fitted(ENSEMBLE, model)

    return read


def test_an_ensemble_without_calibration_gets_one_from_its_predictions(with_facts):
    fitted = with_facts(calibration=None, conformal=None)
    temperature = fit_temperature(load_scores(ENSEMBLE, "validation"))
    assert fitted.calibration == TemperatureScaling(temperature, "validation")
    expected = fit_thresholds(calibrated(load_scores(ENSEMBLE, "test"), temperature))
    np.testing.assert_allclose(fitted.conformal.thresholds, expected, atol=1e-6)
    assert set(fitted.conformal.facts.test) == {*DX, "all"}


def test_thresholds_come_from_all_test_lesions_and_coverage_from_those_of_other_folds(write_model):
    folder, of = write_model("small"), MadeFrom(export="e")
    test = load_scores(folder, "test")
    sets = fit_conformal(of, test)
    assert sets.made_from == of
    assert [sets.classes[dx].threshold for dx in DX] == pytest.approx(fit_thresholds(test), abs=1e-6)
    assert sets.classes["nv"].lesions == len(np.unique(test.group[test.truth == DX.index("nv")]))
    by_fold = cross_coverage(test).set_index("dx")["coverage"]
    assert {dx: each.coverage.value for dx, each in sets.test.items()} == pytest.approx(dict(by_fold), abs=1e-4)
    assert 0.8 < sets.test["all"].coverage.value <= 1


def test_an_ensembles_images_are_checked_by_its_first_member():
    fitted = fitted_of(ENSEMBLE)
    assert fitted.check.network.name == "efficientnet_lite0"
    assert fitted.check.facts == read_card(TRAINED_MODELS / "efficientnet_lite0").ood_detector


def test_an_ensembles_own_calibration_comes_first(with_facts):
    own = fitted_facts.Calibration(MadeFrom(predictions=read_card(ENSEMBLE).files.predictions), 1.5, {}, {})
    fitted = with_facts(calibration=own, conformal=None)
    assert fitted.calibration == TemperatureScaling(1.5, "card") and fitted.conformal is None
