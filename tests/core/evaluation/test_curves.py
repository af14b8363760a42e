"""ROC and precision-recall curves: equal to scikit-learn's, ties and draws included."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from core.evaluation.bootstrap import Bootstrap
from core.evaluation.curves import ap_draws, areas, curve, thinned
from core.labels import DX
from core.stats import draw_weights
from core.store.predictions import Scores, scores
from tests.conftest import made_up_predictions

PRIOR = np.full(7, 1 / 7)


@pytest.fixture(scope="module")
def predicted() -> Scores:
    table = made_up_predictions(1.5, 200)
    table[list(DX)] = table[list(DX)].round(1)  # many ties
    return scores(table, "test", PRIOR)


@pytest.mark.parametrize("dx", DX)
def test_every_point_is_one_of_sklearns(dx: str, predicted: Scores) -> None:
    truth, score = predicted.truth == DX.index(dx), predicted.probabilities[:, DX.index(dx)]
    table = curve(predicted, dx)
    false, true, thresholds = roc_curve(truth, score, drop_intermediate=False)
    assert np.allclose(table["false_positive_rate"], false)
    assert np.allclose(table["recall"], true)
    assert np.allclose(table["threshold"][1:], thresholds[1:])
    precision, recall, _ = precision_recall_curve(truth, score)
    assert np.allclose(table["precision"], precision[::-1])
    assert np.allclose(table["recall"], recall[::-1])


def test_areas_equal_sklearns_and_stand_in_their_intervals(predicted: Scores) -> None:
    table = areas(Bootstrap(predicted, 300)).set_index("dx")
    for i, dx in enumerate(DX):
        truth, score, row = predicted.truth == i, predicted.probabilities[:, i], table.loc[dx]
        assert row["auc"] == pytest.approx(roc_auc_score(truth, score))
        assert row["ap"] == pytest.approx(average_precision_score(truth, score))
        assert row["auc_low"] < row["auc"] < row["auc_high"]
        assert row["ap_low"] < row["ap"] < row["ap_high"]
        assert row["base_rate"] == truth.mean()
        assert row["images"] == truth.sum()


def test_each_draw_is_the_average_precision_of_that_resample(predicted: Scores) -> None:
    truth, score = predicted.truth == 4, predicted.probabilities[:, 4]
    weights = draw_weights(predicted.group, 8, 1)
    plain = [average_precision_score(truth, score, sample_weight=each) for each in weights.T]
    assert ap_draws(truth, score, weights) == pytest.approx(plain)


def test_without_a_diagnosis_nothing_is_drawn_and_nothing_claimed(predicted: Scores) -> None:
    without = predicted.take(np.flatnonzero(predicted.truth != 3))
    assert curve(without, DX[3]).empty
    assert thinned(curve(without, DX[3])).empty
    row = areas(Bootstrap(without, 50)).iloc[3]
    assert np.isnan([row["auc"], row["ap"], row["auc_low"], row["ap_high"]]).all()


def test_a_thinned_curve_keeps_its_ends_and_its_points(predicted: Scores) -> None:
    table = curve(predicted, "nv")
    few = thinned(table, 5)
    assert 2 <= len(few) <= 7
    assert few.index.isin(table.index).all()
    assert few.index[0] == 0 and few.index[-1] == len(table) - 1
