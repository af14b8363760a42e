"""The calibration error is 0 on average for a calibrated model; its interval holds the truth as often as it says."""

from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.bootstrap import Bootstrap
from core.evaluation.calibration_error import calibration_error, confidence_bins, error_draws, measure_gaps
from core.evaluation.metrics import METRICS
from core.stats import draw_weights
from core.store.predictions import Scores

TIMES, DRAWS, IMAGES = 120, 200, 900
LESION = np.arange(IMAGES) * 3 // 4  # every third lesion has two images
PRIOR = np.full(7, 1 / 7)


def beliefs(sharper: float = 1.0) -> np.ndarray:
    p = np.random.default_rng(1).dirichlet(np.full(7, 0.3), LESION[-1] + 1)[LESION] ** sharper
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def drawn(probabilities: np.ndarray, seed: int) -> Scores:
    """Diagnoses as `beliefs` gives them, the same for all images of a lesion, with other predictions of them."""
    chance = np.random.default_rng(seed).random(LESION[-1] + 1)[LESION]
    truth = (beliefs().cumsum(axis=1) > chance[:, None]).argmax(axis=1)
    return Scores(np.arange(IMAGES).astype(str), LESION, truth, probabilities, PRIOR)


def true_error(probabilities: np.ndarray) -> float:
    bins, predicted = confidence_bins(probabilities), probabilities.argmax(axis=1)
    gap = beliefs()[np.arange(IMAGES), predicted] - probabilities.max(axis=1)
    return float(np.sqrt(sum((bins == b).mean() * gap[bins == b].mean() ** 2 for b in np.unique(bins))))


@pytest.fixture(scope="module")
def weights() -> np.ndarray:
    return draw_weights(LESION, DRAWS, 0)


@pytest.mark.parametrize("sharper", [1.0, 2.0])
def test_the_interval_holds_the_true_error_as_often_as_it_says(sharper: float) -> None:
    probabilities = beliefs(sharper)
    truth = true_error(probabilities)
    assert (truth < 1e-9) == (sharper == 1)
    held = 0
    for seed in range(TIMES):
        estimate = Bootstrap(drawn(probabilities, seed), DRAWS).estimate(METRICS["calibration_error"])
        held += estimate.low <= truth + 1e-9 and truth <= estimate.high
    assert 0.88 <= held / TIMES <= 0.995


def test_chance_adds_nothing_on_average() -> None:
    squares = [measure_gaps(drawn(beliefs(), seed)).squared for seed in range(TIMES)]
    noise = np.std(squares) / np.sqrt(TIMES)
    assert abs(np.mean(squares)) < 3 * noise
    bias = measure_gaps(drawn(beliefs(), 0)).variance.mean()
    assert bias > 5 * noise  # so the test would see it if the variance were not subtracted


def test_a_difference_between_models_holds_the_true_difference(weights: np.ndarray) -> None:
    sharp, truth, held = beliefs(2.0), true_error(beliefs(2.0)), 0
    for seed in range(TIMES):
        gap = error_draws(drawn(sharp, seed), weights) - error_draws(drawn(beliefs(), seed), weights)
        low, high = np.quantile(gap, [0.025, 0.975])
        held += low <= truth <= high
    assert 0.85 <= held / TIMES <= 0.995


def test_gaps_do_not_cancel_and_their_size_is_exact() -> None:
    """Half of all images 0.2 too sure, half 0.2 too modest, without noise between bins: the error is 0.2."""
    p = np.repeat(np.eye(7)[[0, 1]] * [[0.8], [0.6]], 5000, axis=0)
    truth = np.concatenate([np.repeat([0, 2], [3000, 2000]), np.repeat([1, 2], [4000, 1000])])
    many = Scores(np.arange(10_000).astype(str), np.arange(10_000), truth, p, PRIOR)
    assert calibration_error(many) == pytest.approx(0.2, abs=0.001)


def test_images_of_one_lesion_count_as_one_case() -> None:
    """The same images twice say nothing new: the variance must not halve, as it would for independent images."""
    once = drawn(beliefs(), 3)
    twice = once.take(np.tile(np.arange(IMAGES), 2))
    np.testing.assert_allclose(measure_gaps(twice).variance, measure_gaps(once).variance, rtol=1e-6)
    apart = replace(twice, group=np.arange(2 * IMAGES))
    assert (measure_gaps(apart).variance < 0.8 * measure_gaps(once).variance).all()


def test_without_images_or_spread_there_is_no_interval() -> None:
    none = drawn(beliefs(), 0).take(np.arange(0))
    assert np.isnan(calibration_error(none)) and np.isnan(error_draws(none, np.ones((0, 3), np.float32))).all()
    sure = Scores(np.arange(9).astype(str), np.arange(9), np.zeros(9, int), np.eye(7)[np.zeros(9, int)], PRIOR)
    estimate = Bootstrap(sure, 20).estimate(METRICS["calibration_error"])
    assert estimate.value == 0 and np.isnan(estimate.low)
