from dataclasses import replace

import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.errors import UserError
from core.evaluation.calibration import correct_prior
from core.evaluation.metrics import decide
from core.inference.class_mix import as_class_mix, assume
from core.inference.pipeline import Pipeline, Prediction
from core.synthetic.lesions import sample_lesion


@pytest.fixture(scope="module")
def predictions() -> list[Prediction]:
    pipeline = Pipeline(TRAINED_MODELS / "baseline_cnn")
    return [pipeline.predict(sample_lesion(dx, seed).image) for dx in ("nv", "mel", "bkl", "vasc") for seed in (0, 1)]


def test_with_equal_classes_the_most_probable_is_that_of_the_balanced_operating_point(
    predictions: list[Prediction],
) -> None:
    changed = 0
    for each in predictions:
        equal = assume(each, "equal")
        balanced = decide(each.probabilities[None], each.prior, "balanced")[0]
        assert equal.probabilities.argmax() == balanced
        changed += equal.top != each.top
    assert changed  # else the test would hold without any change


def test_probabilities_still_sum_to_1_and_the_range_still_holds_them(predictions: list[Prediction]) -> None:
    for each in predictions:
        equal = assume(each, "equal")
        np.testing.assert_allclose(equal.probabilities.sum(), 1)
        np.testing.assert_allclose(equal.per_flip.sum(axis=1), 1)
        np.testing.assert_allclose(equal.prior, 1 / 7)
        assert equal.malignant.low <= equal.malignant.value <= equal.malignant.high
        np.testing.assert_allclose(
            correct_prior(equal.probabilities[None], equal.prior, each.prior)[0], each.probabilities
        )


def test_what_depends_on_the_image_alone_stays(predictions: list[Prediction]) -> None:
    first = predictions[0]
    equal = assume(first, "equal")
    assert assume(first, "ham10000") is first
    assert equal.conformal_set == first.conformal_set and equal.warnings == first.warnings
    assert equal.heatmaps is first.heatmaps and equal.raw_probabilities is first.raw_probabilities


def test_the_most_probable_class_is_on_the_shortlist_in_either_mix(predictions: list[Prediction]) -> None:
    gained = 0
    for each in predictions:
        narrow = replace(each, conformal_set=(each.top,))
        equal = assume(narrow, "equal")
        assert set(equal.conformal_set) == {each.top, equal.top} and equal.conformal_set[0] == equal.top
        gained += len(equal.conformal_set) - 1
        assert assume(replace(each, conformal_set=()), "equal").conformal_set == ()  # none was fitted
    assert gained


def test_a_class_that_training_lacked_stays_impossible() -> None:
    assert correct_prior(np.array([[0.0, 1.0]]), np.array([0.0, 1.0]), np.array([0.5, 0.5])).tolist() == [[0, 1]]


def test_an_unknown_mix_is_refused() -> None:
    assert as_class_mix("equal") == "equal"
    with pytest.raises(UserError, match="no class mix 'even'; choose from ham10000, equal"):
        as_class_mix("even")
