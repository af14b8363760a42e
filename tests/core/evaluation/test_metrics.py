"""Metrics against values worked out by hand; undefined is NaN."""

import math

import numpy as np
import pytest

from core.evaluation.metrics import (
    METRICS,
    accuracy,
    balanced_accuracy,
    confusion,
    decide,
    equalize,
    macro_f1,
)
from core.labels import DX
from core.store.predictions import Scores

K = len(DX)
MEL, NV = DX.index("mel"), DX.index("nv")
EVEN = np.full(K, 1 / K)


def predicted(truth: list[int], probabilities: np.ndarray, prior: np.ndarray = EVEN) -> Scores:
    n = len(truth)
    return Scores(np.array([f"p{i}" for i in range(n)]), np.arange(n), np.array(truth, np.int64), probabilities, prior)


@pytest.mark.parametrize("name", METRICS)
def test_a_perfect_model_has_the_best_figure(name: str) -> None:
    best = 1.0 if METRICS[name].higher_is_better else 0.0
    assert METRICS[name](predicted(list(range(K)) * 2, np.eye(K)[list(range(K)) * 2])) == pytest.approx(best)


@pytest.mark.parametrize("name", METRICS)
def test_the_worst_model_has_no_good_figure(name: str) -> None:
    wrong = np.eye(K)[[(i + 1) % K for i in range(K)]]
    figure = METRICS[name](predicted(list(range(K)), wrong))
    assert figure <= 1 - 1 / K if METRICS[name].higher_is_better else figure >= 1


@pytest.mark.parametrize(
    "name", ["balanced_accuracy", "balanced_accuracy_argmax", "macro_f1", "macro_auc", "balanced_log_loss"]
)
def test_without_a_diagnosis_macro_figures_are_undefined(name: str) -> None:
    assert math.isnan(METRICS[name](predicted(list(range(K - 1)), np.eye(K)[: K - 1])))


def test_melanoma_figures_are_undefined_without_images() -> None:
    assert math.isnan(METRICS["melanoma_sensitivity"](predicted([NV, NV], np.eye(K)[[NV, NV]])))
    assert math.isnan(METRICS["melanoma_specificity"](predicted([MEL], np.eye(K)[[MEL]])))


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_says_what_it_is(name: str) -> None:
    metric = METRICS[name]
    assert metric.name == name
    assert metric.label
    assert metric.definition.endswith(".")
    assert "\n" not in metric.definition


def test_operating_points_differ_where_a_rare_diagnosis_is_likelier_than_usual() -> None:
    prior = np.full(K, 0.05)
    prior[NV] = 0.7
    p = np.full((1, K), 0.02)
    p[0, [NV, MEL]] = 0.6, 0.3
    assert decide(p, prior, "accuracy").tolist() == [NV]
    assert decide(p, prior, "balanced").tolist() == [MEL]


def test_a_diagnosis_never_trained_on_is_never_predicted_at_the_balanced_point() -> None:
    prior = np.full(K, 1 / (K - 1))
    prior[0] = 0
    assert decide(np.eye(K)[[0]] * 0.9 + 0.01, prior, "balanced").tolist() != [0]


def test_probabilities_for_equal_classes_divide_by_the_shares() -> None:
    prior = np.array([0.1, 0.1, 0.1, 0.1, 0.1, 0.5, 0.0])
    even = equalize(np.array([[0.1, 0, 0, 0, 0.1, 0.5, 0.3]]), prior)
    assert even == pytest.approx(np.array([[1 / 3, 0, 0, 0, 1 / 3, 1 / 3, 0]]))


def test_log_loss_is_that_of_equally_common_classes() -> None:
    prior = np.full(K, 0.05)
    prior[NV] = 0.7
    shares = predicted(list(range(K)), np.tile(prior, (K, 1)), prior)
    assert METRICS["balanced_log_loss"](shares) == pytest.approx(np.log(K))


def test_confusion_has_truth_by_row() -> None:
    counts = confusion(np.array([MEL, MEL, NV]), np.array([NV, MEL, NV]))
    assert (counts[MEL, NV], counts[MEL, MEL], counts[NV, NV], counts.sum()) == (1, 1, 1, 3)


def test_balanced_accuracy_counts_each_diagnosis_alike() -> None:
    truth = np.array([*range(K), NV, NV, NV])
    heard = truth.copy()
    heard[[0, -1]] = 1
    assert balanced_accuracy(truth, heard) == pytest.approx((K - 2 + 3 / 4) / K)
    assert accuracy(truth, heard) == pytest.approx(0.8)


def test_f1_of_a_diagnosis_never_predicted_is_zero() -> None:
    truth = np.arange(K)
    heard = truth.copy()
    heard[0] = 1
    assert macro_f1(truth, heard) == pytest.approx((K - 2 + 2 / 3) / K)


def test_auc_takes_ties_as_half() -> None:
    assert METRICS["macro_auc"](predicted(list(range(K)), np.full((K, K), 1 / K))) == pytest.approx(0.5)
