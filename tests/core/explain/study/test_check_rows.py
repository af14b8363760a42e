"""Rows of the table of checks: what is undefined is counted, and the interval holds the seeds."""

import numpy as np
import pytest

from core.explain.study.check_rows import over_seeds


def test_undefined_correlations_are_left_out_and_counted():
    values = np.array([[0.2, np.nan, 0.4], [0.6, np.nan, np.nan]])
    row = over_seeds("conv", 2.0, "rank correlation", values, np.ones((3, 50)))
    assert (row["value"], row["images"], row["seeds"], row["undefined"]) == (pytest.approx(0.4), 2, 2, 3)
    none = over_seeds("conv", 2.0, "rank correlation", np.full((2, 3), np.nan), np.ones((3, 50)))
    assert np.isnan(none["value"]) and none["images"] == 0 and none["undefined"] == 6


def test_the_interval_holds_the_seeds_too():
    same = np.repeat([[0.1], [0.5], [0.9]], 40, axis=1)  # images agree, seeds don't
    row = over_seeds("conv", 2.0, "rank correlation", same, np.ones((40, 500)))
    assert row["low"] < 0.3 and row["high"] > 0.7
