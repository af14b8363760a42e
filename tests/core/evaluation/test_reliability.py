"""The reliability diagram's bins are those of the calibration error."""

import numpy as np
import pytest

from core.evaluation.bootstrap import Bootstrap
from core.evaluation.calibration_error import CALIBRATION_BINS, measure_gaps
from core.evaluation.reliability import reliability
from core.store.predictions import Scores, scores
from tests.conftest import made_up_predictions


@pytest.fixture(scope="module")
def bootstrap() -> Bootstrap:
    return Bootstrap(scores(made_up_predictions(1.5, 250), "test", np.full(7, 1 / 7)), 300)


def test_bins_add_up_to_the_calibration_error(bootstrap: Bootstrap) -> None:
    table = reliability(bootstrap)
    assert len(table) == CALIBRATION_BINS
    assert table["images"].sum() == 250
    gaps = measure_gaps(bootstrap.scores)
    np.testing.assert_allclose(table["right"] - table["confidence"], gaps.gap)
    np.testing.assert_allclose(table["images"] / 250, gaps.weight)


def test_bins_hold_their_confidence_and_their_interval(bootstrap: Bootstrap) -> None:
    table = reliability(bootstrap).query("images > 20")
    assert len(table)
    assert table["confidence"].between(table["start"], table["end"]).all()
    assert (table["right_low"] < table["right"]).all() and (table["right"] < table["right_high"]).all()


def test_empty_bins_are_undefined_and_shares_are_recounted() -> None:
    p = np.repeat(np.eye(7)[[0, 1]] * [[0.6], [0.9]], [30, 10], axis=0)  # two confidences, so two bins hold images
    truth = np.repeat([0, 3, 1], [15, 15, 10])
    predicted = Scores(np.arange(40).astype(str), np.arange(40) // 2, truth, p, np.full(7, 1 / 7))
    table = reliability(Bootstrap(predicted, 50))
    full = table[table["images"] > 0]
    assert full[["images", "lesions"]].to_numpy().tolist() == [[30, 15], [10, 5]]
    assert full["right"].tolist() == [0.5, 1.0]
    assert table.loc[table["images"] == 0, ["confidence", "right", "right_low"]].isna().all(axis=None)


def test_bins_divide_0_to_1_in_order(bootstrap: Bootstrap) -> None:
    table = reliability(bootstrap)
    assert table["start"].iloc[0] == 0 and table["end"].iloc[-1] == 1
    np.testing.assert_array_equal(table["end"][:-1], table["start"][1:])
    assert (table["end"] >= table["start"]).all()
