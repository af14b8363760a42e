"""Brier score and log-loss against values worked out by hand."""

import numpy as np
import pytest

from core.evaluation.proper_scores import FLOOR, balanced_log_loss, brier, losses
from core.labels import DX

K = len(DX)
MEL, NV = DX.index("mel"), DX.index("nv")


def test_brier_sums_over_diagnoses() -> None:
    p = np.full((1, K), 0.0)
    p[0, [NV, MEL]] = 0.5
    assert brier(np.array([NV]), p) == pytest.approx(0.5)


def test_log_loss_counts_each_class_alike() -> None:
    truth = np.array([*range(K), NV, NV, NV])
    even = np.full((len(truth), K), 1 / K)
    assert balanced_log_loss(truth, even) == pytest.approx(np.log(K))
    nevi_known = np.where((truth == NV)[:, None], np.eye(K)[NV], even)
    assert balanced_log_loss(truth, nevi_known) == pytest.approx((K - 1) * np.log(K) / K)
    assert np.isnan(balanced_log_loss(truth[1:], even[1:]))


def test_a_probability_of_zero_costs_what_the_smallest_written_one_does() -> None:
    assert losses(np.array([0, NV]), np.eye(K)[[1, NV]]) == pytest.approx([-np.log(FLOOR), 0])
