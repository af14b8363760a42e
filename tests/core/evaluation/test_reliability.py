"""The reliability diagram's bins add up to the expected calibration error."""

import numpy as np
import pytest

from core.evaluation.bootstrap import Bootstrap
from core.evaluation.metrics import ECE_BINS, METRICS
from core.evaluation.reliability import reliability
from core.store.predictions import scores
from tests.conftest import made_up_predictions


@pytest.fixture(scope="module")
def bootstrap() -> Bootstrap:
    return Bootstrap(scores(made_up_predictions(1.5, 250), "test", np.full(7, 1 / 7)), 300)


def test_bins_add_up_to_the_calibration_error(bootstrap: Bootstrap) -> None:
    table = reliability(bootstrap)
    assert len(table) == ECE_BINS
    assert table["pictures"].sum() == 250
    gaps = (table["confidence"] - table["right"]).abs() * table["pictures"] / 250
    assert gaps.sum() == pytest.approx(METRICS["ece"](bootstrap.scores))


def test_bins_hold_their_confidence_and_their_interval(bootstrap: Bootstrap) -> None:
    table = reliability(bootstrap).query("images > 20")
    assert len(table)
    assert table["confidence"].between(table["start"], table["end"]).all()
    assert (table["right_low"] < table["right"]).all() and (table["right"] < table["right_high"]).all()


def test_empty_bins_are_undefined_and_shares_are_recounted(bootstrap: Bootstrap) -> None:
    said, table = bootstrap.scores, reliability(bootstrap)
    assert table.loc[table["pictures"] == 0, ["confidence", "right", "right_low"]].isna().all(axis=None)
    last = table[table["pictures"] > 0].iloc[-1]
    top = said.probabilities.max(axis=1)
    here = (top > last["start"]) & (top <= last["end"])
    right = said.probabilities.argmax(axis=1) == said.truth
    assert last["right"] == pytest.approx(right[here].mean())
    assert last["lesions"] == len(np.unique(said.group[here]))
