"""Temperature scaling: recovers a known temperature, keeps the order, and reads what a card says."""

import numpy as np
import pytest

from core.evaluation.calibration import (
    before_and_after,
    calibrated,
    fit_temperature,
    log_loss,
    measure,
    temperature_of,
    tempered,
)
from core.labels import DX
from core.store.predictions import Scores


def drawn(sharpened: float, n: int = 6000) -> Scores:
    """Truth drawn from honest probabilities, which are then made too sure (or too unsure)."""
    rng = np.random.default_rng(0)
    honest = rng.dirichlet(np.full(len(DX), 0.6), n)
    truth = np.array([rng.choice(len(DX), p=p) for p in honest])
    told = tempered(honest, 1 / sharpened)
    return Scores(np.arange(n).astype(str), np.arange(n), truth, told, np.full(7, 1 / 7))


@pytest.mark.parametrize("sharpened", [0.5, 1.0, 2.0])
def test_the_temperature_that_made_probabilities_too_sure_is_found(sharpened):
    said = drawn(sharpened)
    found = fit_temperature(said)
    assert found == pytest.approx(sharpened, rel=0.06)
    after = calibrated(said, found)
    assert log_loss(after.truth, after.probabilities) <= log_loss(said.truth, said.probabilities)
    np.testing.assert_array_equal(after.probabilities.argmax(1), said.probabilities.argmax(1))


def test_tempered_probabilities_sum_to_one_and_bear_zeros():
    out = tempered(np.eye(7), 2.0)
    np.testing.assert_allclose(out.sum(-1), 1)
    assert np.isfinite(out).all() and out.min() > 0
    np.testing.assert_allclose(tempered(np.full(7, 1 / 7), 3.0), 1 / 7)


def test_calibration_is_measured_before_and_after_and_read_from_a_card():
    said = drawn(2.0, 1500)
    facts = measure(said, 2.0)
    assert facts["ece"]["after"][0] < facts["ece"]["before"][0]
    table = before_and_after({"calibration": {"temperature": 2.0, "test": facts}})
    assert table[["split", "measure"]].to_numpy().tolist() == [["test", "ece"], ["test", "brier"]]
    assert table.loc[0, "before"] == facts["ece"]["before"][0]
    assert table.loc[0, "after_high"] == facts["ece"]["after"][2]
    assert before_and_after({}).empty


@pytest.mark.parametrize(
    "facts", [None, {}, {"temperature": 2.0, "export": "old"}, {"temperature": "2", "export": "a"},
              {"temperature": 99, "export": "a"}],
)  # fmt: skip
def test_a_temperature_of_another_export_or_none_is_not_used(facts):
    assert temperature_of({"calibration": facts, "export": {"sha256": "a"}}) is None


def test_the_temperature_of_this_export_is_used():
    assert temperature_of({"calibration": {"temperature": 2, "export": "a"}, "export": {"sha256": "a"}}) == 2.0
