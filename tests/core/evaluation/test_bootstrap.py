"""Resampling by lesion: the fast forms equal the plain metrics, intervals widen with the size of lesions."""

import math
from dataclasses import astuple, replace

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from core.errors import UserError
from core.evaluation.bootstrap import Bootstrap, estimates, paired_difference, report
from core.evaluation.metrics import METRICS, Metric, accuracy, decide
from core.labels import DX
from core.stats import draw_weights
from core.store.predictions import Scores
from tests.conftest import made_up_predictions

PRIOR = np.array([1, 1, 1, 1, 2, 3, 1]) / 10


BY_IMAGE = [name for name, metric in METRICS.items() if not metric.by_lesion]


@pytest.fixture(scope="module")
def predicted() -> Scores:
    from core.store.predictions import scores

    return scores(made_up_predictions(1.5, 150), "test", PRIOR)


def test_the_same_seed_draws_the_same_and_another_does_not(predicted: Scores) -> None:
    first = draw_weights(predicted.group, 20, 1)
    assert (first == draw_weights(predicted.group, 20, 1)).all()
    assert (first != draw_weights(predicted.group, 20, 2)).any()


def test_forgotten_weights_are_drawn_again(predicted: Scores) -> None:
    bootstrap, fresh = Bootstrap(predicted, 20), Bootstrap(predicted, 20)
    before, first = bootstrap.weights.copy(), bootstrap.confusions("accuracy")
    bootstrap.forget_weights()
    assert "weights" not in vars(bootstrap)
    assert bootstrap.confusions("accuracy") is first
    np.testing.assert_array_equal(bootstrap.confusions("balanced"), fresh.confusions("balanced"))
    np.testing.assert_array_equal(bootstrap.weights, before)


def test_near_duplicates_within_a_split_are_drawn_together(predicted: Scores, monkeypatch: pytest.MonkeyPatch) -> None:
    apart = np.flatnonzero(predicted.group != predicted.group[0])[0]
    assert (Bootstrap(predicted, 50).weights[0] != Bootstrap(predicted, 50).weights[apart]).any()
    pair = (str(predicted.image_id[apart]), str(predicted.image_id[0]))
    monkeypatch.setattr("core.data.splits._committed_pairs", lambda: (pair,))
    weights = Bootstrap(predicted, 50).weights
    assert (weights[0] == weights[apart]).all()
    same = np.flatnonzero(predicted.group == predicted.group[apart])
    assert (weights[same] == weights[0]).all()


@pytest.mark.parametrize("name", BY_IMAGE)
def test_fast_draws_equal_the_metric_on_each_resample(name: str, predicted: Scores) -> None:
    slow = Bootstrap(predicted, 25)
    np.testing.assert_allclose(
        Bootstrap(predicted, 25).values(METRICS[name]), slow._one_by_one(METRICS[name]), atol=1e-12
    )


@pytest.mark.parametrize("name", BY_IMAGE)
@pytest.mark.parametrize("constant", [False, True], ids=["a model", "one class for all"])
def test_fast_figure_and_draws_equal_scikit_learns(name: str, constant: bool, predicted: Scores) -> None:
    heard = replace(predicted, probabilities=np.tile(PRIOR, (len(predicted.truth), 1))) if constant else predicted
    assert Bootstrap(heard).figure(METRICS[name]) == pytest.approx(METRICS[name](heard), abs=1e-12)
    slow = Bootstrap(heard, 5)._one_by_one(METRICS[name])
    np.testing.assert_allclose(Bootstrap(heard, 5).values(METRICS[name]), slow, atol=1e-12)


@pytest.mark.parametrize("name", BY_IMAGE)
def test_fast_draws_are_undefined_where_the_metric_is(name: str, predicted: Scores) -> None:
    few = predicted.take(np.arange(9))
    fast, slow = Bootstrap(few, 25).values(METRICS[name]), Bootstrap(few, 25)._one_by_one(METRICS[name])
    np.testing.assert_allclose(fast, slow, atol=1e-12, equal_nan=True)


@pytest.mark.parametrize("name", sorted(set(METRICS) - set(BY_IMAGE)))
def test_a_figure_by_lesion_is_the_metrics_own(name: str, predicted: Scores) -> None:
    assert Bootstrap(predicted, 5).figure(METRICS[name]) == METRICS[name](predicted)


def test_the_mean_f1_needs_one_image_of_each_class() -> None:
    def found(truth: list[int], predicted: list[int]) -> float:
        some = Scores(np.array(list("abcdefg")), np.arange(7), np.array(truth), np.eye(7)[predicted], np.full(7, 1 / 7))
        return Bootstrap(some, 5).figure(METRICS["macro_f1"])

    assert found([0, 1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 5, 6]) == 1
    assert math.isnan(found([0, 1, 2, 6, 4, 5, 6], [0, 1, 2, 3, 4, 5, 6]))


def test_a_metric_without_a_fast_form_is_resampled_too(predicted: Scores) -> None:
    def right_share(truth: np.ndarray, heard: np.ndarray) -> float:
        return accuracy(truth, heard)

    plain = Metric("x", "X", right_share, True, "X.", "accuracy")
    assert Bootstrap(predicted, 30).estimate(plain) == Bootstrap(predicted, 30).estimate(METRICS["accuracy"])

    def squared(truth: np.ndarray, probabilities: np.ndarray) -> float:
        return METRICS["brier"].function(truth, probabilities)

    plain = replace(METRICS["brier"], function=squared)
    np.testing.assert_allclose(
        astuple(Bootstrap(predicted, 30).estimate(plain)), astuple(Bootstrap(predicted, 30).estimate(METRICS["brier"]))
    )


def test_every_interval_holds_its_figure(predicted: Scores) -> None:
    for name, each in estimates(predicted, 300).items():
        value, low, high = astuple(each)
        assert low <= value <= high, name
        assert high - low > 0.005, name


def test_copies_of_images_do_not_narrow_the_interval(predicted: Scores) -> None:
    twice = predicted.take(np.repeat(np.arange(len(predicted.truth)), 2))
    once = Bootstrap(predicted, 300).estimate(METRICS["accuracy"])
    assert astuple(Bootstrap(twice, 300).estimate(METRICS["accuracy"])) == pytest.approx(astuple(once))
    apart = replace(twice, group=np.arange(len(twice.truth)))
    narrow = Bootstrap(apart, 300).estimate(METRICS["accuracy"])
    assert narrow.high - narrow.low < 0.85 * (once.high - once.low)


def test_the_interval_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for seed in range(100):
        right = rng.random(60) < 0.7
        p = np.where(right[:, None], np.eye(7)[5], np.eye(7)[4])
        some = Scores(np.arange(60).astype(str), np.arange(60), np.full(60, 5), p, PRIOR)
        _, low, high = astuple(Bootstrap(some, 300, seed).estimate(METRICS["accuracy"]))
        covered += low <= 0.7 <= high
    assert 0.88 <= covered / 100 <= 0.99


@pytest.mark.parametrize("name", ["accuracy", "macro_auc", "brier"])
def test_paired_difference_is_narrower_than_unpaired_and_ignores_row_order(name: str, predicted: Scores) -> None:
    blunt = replace(predicted, probabilities=0.9 * predicted.probabilities + 0.1 * predicted.probabilities[:, ::-1])
    shuffled = blunt.take(np.random.default_rng(0).permutation(len(predicted.truth)))
    value, low, high = astuple(paired_difference(predicted, shuffled, METRICS[name], 300))
    alone = Bootstrap(predicted, 300).estimate(METRICS[name])
    assert value == pytest.approx(METRICS[name](predicted) - METRICS[name](blunt))
    assert low <= value <= high
    assert high - low < alone.high - alone.low


def test_models_on_other_images_are_not_compared(predicted: Scores) -> None:
    with pytest.raises(UserError, match=str(predicted.image_id[0])):
        paired_difference(predicted, predicted.take(np.arange(1, len(predicted.truth))), METRICS["accuracy"])


def test_report_equals_sklearn_and_holds_its_intervals(predicted: Scores) -> None:
    table = report(predicted, "balanced", 300)
    heard = decide(predicted.probabilities, predicted.prior, "balanced")
    precision, recall, f1, n = precision_recall_fscore_support(predicted.truth, heard, labels=range(7), zero_division=0)
    assert table["dx"].tolist() == list(DX)
    assert table["images"].tolist() == n.tolist()
    assert (table["lesions"] <= table["images"]).all()
    for name, values in (("precision", precision), ("recall", recall), ("f1", f1)):
        np.testing.assert_allclose(table[name], values)
        assert ((table[f"{name}_low"] <= table[name]) & (table[name] <= table[f"{name}_high"])).all()


def test_report_leaves_what_was_never_predicted_undefined(predicted: Scores) -> None:
    always_nv = replace(predicted, probabilities=np.tile(np.eye(7)[5], (len(predicted.truth), 1)))
    table = report(always_nv, "accuracy", 50).set_index("dx")
    assert math.isnan(table.loc["mel", "precision"])
    assert table.loc["mel", "recall"] == 0
    assert table.loc["mel", "f1"] == 0
