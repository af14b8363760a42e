"""What is said of a picture, and when nothing is."""

from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.calibration import tempered
from core.inference.pipeline import UNLIKE, Judge
from core.labels import DX, MALIGNANT
from core.store.card import read_card
from core.store.stored import MadeFrom
from core.synthetic.lesions import sample_lesion
from tests.cards import change

IMAGE = sample_lesion("mel", 3).image


@pytest.fixture
def judge(calibrated_folder) -> Judge:
    return Judge(calibrated_folder)


def test_probabilities_are_calibrated_and_ranged_over_flips(judge):
    said = judge.judge(IMAGE)
    raw = judge.classifier.classify(IMAGE).probabilities
    np.testing.assert_allclose(said.probabilities, tempered(raw, 2.0), atol=1e-6)
    assert said.views.shape == (4, 7)
    mirrored = judge.classifier.classify(np.ascontiguousarray(IMAGE[:, ::-1])).probabilities
    np.testing.assert_allclose(said.views[1], tempered(mirrored, 2.0), atol=1e-6)
    top = said.over_flips(said.top)
    assert top.low <= top.value <= top.high
    assert top.value == pytest.approx(said.probabilities.max())
    total = said.malignant.value
    assert total == pytest.approx(sum(said.probabilities[DX.index(dx)] for dx in MALIGNANT))
    assert judge.judge(IMAGE, flips=False).views.shape == (1, 7)


def test_the_set_holds_what_reaches_its_threshold_most_probable_first(judge):
    said = judge.judge(IMAGE)
    by_hand = [dx for dx, p in zip(DX, said.probabilities, strict=True) if p >= 0.2 or p == said.probabilities.max()]
    assert sorted(said.members) == sorted(by_hand)
    assert said.members[0] == said.top


def test_a_synthetic_lesion_passes_a_guard_that_knows_them_and_noise_does_not(judge):
    said = judge.judge(IMAGE)
    assert said.faults == () and said.strangeness < 1
    assert said.neighbours[0].image_id == "ISIC_0000043"
    noise = np.random.default_rng(0).integers(0, 256, (150, 200, 3)).astype(np.uint8)
    refused = judge.judge(noise)
    assert refused.faults and refused.strangeness > 1
    assert UNLIKE in refused.faults
    assert judge.judge(np.full((150, 200, 3), 128, np.uint8)).faults[0].what == "There is nothing in its middle."


def test_without_what_was_fitted_for_this_export_the_network_answers_alone(calibrated_folder):
    card = read_card(calibrated_folder)
    fitted = ("calibration", "conformal", "ood_detector")
    older = MadeFrom(export="an older one")
    change(calibrated_folder, **{key: replace(getattr(card, key), made_from=older) for key in fitted})
    bare = Judge(calibrated_folder)
    said = bare.judge(IMAGE)
    np.testing.assert_allclose(said.probabilities, bare.classifier.classify(IMAGE).probabilities, atol=1e-7)
    assert (said.members, said.neighbours, said.faults, said.strangeness) == ((), (), (), None)
