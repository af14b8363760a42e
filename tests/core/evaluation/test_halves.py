"""The halves of the test split: whole lesions, alike in diagnoses, always the same, and the scorer's own figures."""

from dataclasses import replace

import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.data.splits import shared_groups
from core.errors import UserError
from core.evaluation.halves import KEPT, score_halves, split_rows
from core.evaluation.prediction_table import PredictionTable, read_prediction_table
from core.evaluation.scoring import score
from core.evaluation.truth import Truth, split_truth
from core.labels import DX


@pytest.fixture(scope="module")
def truth() -> Truth:
    return split_truth()


@pytest.fixture(scope="module")
def table() -> PredictionTable:
    return read_prediction_table(TRAINED_MODELS / "baseline_cnn" / "predictions.csv")


def test_every_image_is_in_one_half_and_no_lesion_in_both(truth: Truth) -> None:
    public, private = split_rows(truth)
    assert sorted([*public, *private]) == list(range(len(truth.image_id)))
    lesion = shared_groups(truth.image_id, truth.group)
    assert not set(lesion[public]) & set(lesion[private])


def test_both_halves_have_the_same_diagnoses(truth: Truth) -> None:
    lesion = shared_groups(truth.image_id, truth.group)
    for i in range(len(DX)):
        public, private = (len(np.unique(lesion[rows][truth.truth[rows] == i])) for rows in split_rows(truth))
        assert abs(public - private) <= 1


def test_the_division_is_fixed_whatever_the_order_of_the_images(truth: Truth) -> None:
    public, _ = split_rows(truth)
    assert np.array_equal(public, split_rows(truth)[0])
    turned = np.arange(len(truth.image_id))[::-1]
    other = replace(truth, image_id=truth.image_id[turned], group=truth.group[turned], truth=truth.truth[turned])
    again, _ = split_rows(other)
    assert set(other.image_id[again]) == set(truth.image_id[public])
    assert not np.array_equal(public, split_rows(truth, seed=1)[0])


def test_each_half_is_scored_as_the_command_scores_its_images(truth: Truth, table: PredictionTable) -> None:
    found = score_halves(table, truth, draws=600)
    for half, rows in zip((found.public, found.private), split_rows(truth), strict=True):
        part = replace(truth, image_id=truth.image_id[rows], group=truth.group[rows], truth=truth.truth[rows])
        expected = score(table, part, draws=600).metrics["balanced_accuracy"]
        assert half.estimate.rounded(4) == expected.rounded(4)
        assert half.draws.shape == (KEPT,) and half.draws.dtype == np.float32


def test_a_file_that_lacks_an_image(truth: Truth, table: PredictionTable) -> None:
    gone = table.image_id != truth.image_id[0]
    short = replace(table, image_id=table.image_id[gone], row=table.row[gone], probabilities=table.probabilities[gone])
    with pytest.raises(UserError, match="no prediction for 1 of"):
        score_halves(short, truth, draws=10)
