"""Temperature scaling: recovers a known temperature, keeps the order, and reads what a card says."""

from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.calibration import (
    before_and_after,
    calibrated,
    correct_prior,
    fit_temperature,
    log_loss,
    measure,
    temperature_of,
    tempered,
)
from core.labels import DX
from core.store.export_facts import Export
from core.store.fitted_facts import Calibration
from core.store.predictions import Scores
from core.store.stored import MadeFrom, StoredFile
from tests.cards import PARITY, small_card


def drawn(sharpened: float, n: int = 6000) -> Scores:
    """Truth drawn from honest probabilities, which are then made too sure (or too unsure)."""
    rng = np.random.default_rng(0)
    honest = rng.dirichlet(np.full(len(DX), 0.6), n)
    truth = np.array([rng.choice(len(DX), p=p) for p in honest])
    scaled = tempered(honest, 1 / sharpened)
    return Scores(np.arange(n).astype(str), np.arange(n), truth, scaled, np.full(7, 1 / 7))


@pytest.mark.parametrize("sharpened", [0.5, 1.0, 2.0])
def test_the_temperature_that_made_probabilities_too_sure_is_found(sharpened):
    predicted = drawn(sharpened)
    found = fit_temperature(predicted)
    assert found == pytest.approx(sharpened, rel=0.06) and found == round(found, 4)
    after = calibrated(predicted, found)
    assert log_loss(after.truth, after.probabilities) <= log_loss(predicted.truth, predicted.probabilities)
    np.testing.assert_array_equal(after.probabilities.argmax(1), predicted.probabilities.argmax(1))


def test_a_temperature_above_one_moves_probabilities_together():
    p = np.array([0.64, 0.16, 0.04, 0.04, 0.04, 0.04, 0.04])
    np.testing.assert_allclose(tempered(p, 2.0), np.sqrt(p) / np.sqrt(p).sum())
    np.testing.assert_allclose(tempered(p, 0.5), p**2 / (p**2).sum())


def test_a_row_of_classes_that_were_never_learned_stays_as_it_is():
    raw = np.array([[1.0, 0, 0, 0, 0, 0, 0], [0.5, 0.5, 0, 0, 0, 0, 0]])
    learned = np.array([0, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    np.testing.assert_array_equal(correct_prior(raw, learned, np.full(7, 1 / 7)), [raw[0], [0, 1, 0, 0, 0, 0, 0]])


def test_what_the_predictions_file_rounds_to_zero_counts_as_half_its_last_decimal():
    certain = np.eye(7)[[0, 0]]
    assert log_loss(np.array([0, 1]), certain) == pytest.approx(-np.log(0.000005) / 2)


def test_tempered_probabilities_sum_to_one_and_bear_zeros():
    out = tempered(np.eye(7), 2.0)
    np.testing.assert_allclose(out.sum(-1), 1)
    assert np.isfinite(out).all() and out.min() > 0
    np.testing.assert_allclose(tempered(np.full(7, 1 / 7), 3.0), 1 / 7)


def test_calibration_is_measured_before_and_after_and_read_from_a_card():
    predicted = drawn(2.0, 1500)
    facts = measure(predicted, 2.0)
    assert facts["calibration_error"].after.value < facts["calibration_error"].before.value
    table = before_and_after(small_card("m", calibration=Calibration(MadeFrom(export="a"), 2.0, {}, facts)))
    assert table[["split", "measure"]].to_numpy().tolist() == [["test", "calibration_error"], ["test", "brier"]]
    assert table.loc[0, "before"] == facts["calibration_error"].before.value
    assert table.loc[0, "after_high"] == facts["calibration_error"].after.high
    assert before_and_after(small_card("m")).empty


def test_only_a_temperature_of_this_export_is_used():
    export = Export(StoredFile("model.tflite", "a", 1), "float16", PARITY)
    fitted = Calibration(MadeFrom(export="a"), 2.0, {}, {})
    assert temperature_of(small_card("m", calibration=fitted, export=export)) == 2.0
    older = replace(fitted, made_from=MadeFrom(export="old"))
    assert temperature_of(small_card("m", calibration=older, export=export)) is None
    assert temperature_of(small_card("m", calibration=fitted)) is None
    assert temperature_of(small_card("m", export=export)) is None
