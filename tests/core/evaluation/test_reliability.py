"""The reliability diagram's bins add up to the expected calibration error."""

import numpy as np
import pytest

from core.evaluation.bootstrap import Bootstrap
from core.evaluation.metrics import ECE_BINS, METRICS
from core.evaluation.reliability import reliability
from core.store.predictions import Scores, scores
from tests.conftest import made_up_predictions


@pytest.fixture(scope="module")
def bootstrap() -> Bootstrap:
    return Bootstrap(scores(made_up_predictions(1.5, 250), "test", np.full(7, 1 / 7)), 300)


def test_bins_add_up_to_the_calibration_error(bootstrap: Bootstrap) -> None:
    table = reliability(bootstrap)
    assert len(table) == ECE_BINS
    assert table["images"].sum() == 250
    gaps = (table["confidence"] - table["right"]).abs() * table["images"] / 250
    assert gaps.sum() == pytest.approx(METRICS["ece"](bootstrap.scores))


def test_bins_hold_their_confidence_and_their_interval(bootstrap: Bootstrap) -> None:
    table = reliability(bootstrap).query("images > 20")
    assert len(table)
    assert table["confidence"].between(table["start"], table["end"]).all()
    assert (table["right_low"] < table["right"]).all() and (table["right"] < table["right_high"]).all()


def test_empty_bins_are_undefined_and_shares_are_recounted(bootstrap: Bootstrap) -> None:
    predicted, table = bootstrap.scores, reliability(bootstrap)
    assert table.loc[table["images"] == 0, ["confidence", "right", "right_low"]].isna().all(axis=None)
    last = table[table["images"] > 0].iloc[-1]
    top = predicted.probabilities.max(axis=1)
    here = (top > last["start"]) & (top <= last["end"])
    right = predicted.probabilities.argmax(axis=1) == predicted.truth
    assert last["right"] == pytest.approx(right[here].mean())
    assert last["lesions"] == len(np.unique(predicted.group[here]))


def test_bins_divide_0_to_1_evenly() -> None:
    p = np.full((2, 7), 0.05)
    p[:, 0] = 0.7
    table = reliability(
        Bootstrap(Scores(np.array(["a", "b"]), np.arange(2), np.zeros(2, int), p, np.full(7, 1 / 7)), 5)
    )
    np.testing.assert_allclose(table["start"], np.arange(ECE_BINS) / ECE_BINS)
    np.testing.assert_allclose(table["end"], np.arange(1, ECE_BINS + 1) / ECE_BINS)
