"""Rows of the table of checks: what is undefined is counted, and the interval holds the seeds."""

import numpy as np
import pytest

from core.explain.study.check_rows import between_images_row, check_row, mean_row, over_seeds
from core.stats import draw_weights


def test_undefined_correlations_are_left_out_and_counted():
    values = np.array([[0.2, np.nan, 0.4, 0.4], [0.6, np.nan, np.nan, np.nan]])
    row = over_seeds("conv", 2.0, "rank correlation", values, np.ones((4, 50)))
    assert (row["value"], row["images"], row["seeds"], row["undefined"]) == (pytest.approx(0.4), 3, 2, 4)
    assert 0.2 <= row["low"] < row["value"] < row["high"] <= 0.6  # a mean lies among what it averages
    none = over_seeds("conv", 2.0, "rank correlation", np.full((2, 3), np.nan), np.ones((3, 50)))
    assert np.isnan(none["value"]) and none["images"] == 0 and none["undefined"] == 6


def test_the_interval_holds_the_seeds_too():
    same = np.repeat([[0.1], [0.5], [0.9]], 40, axis=1)  # images agree, seeds don't
    row = over_seeds("conv", 2.0, "rank correlation", same, np.ones((40, 500)))
    assert row["low"] < 0.3 and row["high"] > 0.7


def test_a_mean_leaves_undefined_images_out_and_draws_its_lesions():
    values, weights = np.array([0.2, np.nan, 0.6]), np.array([[1.0, 2, 1] * 20, [1, 1, 1] * 20, [1, 0, 1] * 20])
    row = mean_row("insertion", "other", 0.5, "auc", values, weights)
    assert (row["value"], row["images"], row["seeds"], row["undefined"]) == (pytest.approx(0.4), 2, 1, 1)
    assert (row["low"], row["high"]) == (pytest.approx(0.2), pytest.approx(0.4))
    none = mean_row("insertion", "other", 0.5, "auc", np.full(3, np.nan), weights)
    assert np.isnan(none["value"]) and np.isnan(none["low"]) and none["images"] == 0
    assert check_row("covered", "x", 0.0, "accuracy", 0.5, (0.4, 0.6), 9) | {"seeds": 1, "undefined": 0} == check_row(
        "covered", "x", 0.0, "accuracy", 0.5, (0.4, 0.6), 9
    )


def test_draws_without_a_defined_image_are_left_out():
    weights = np.ones((2, 200))
    weights[0, :3] = 0  # three draws hold the undefined image alone
    for row in (
        over_seeds("conv", 1.0, "rank correlation", np.array([[0.3, np.nan]] * 2), weights),
        mean_row("insertion", "other", 0.5, "auc", np.array([0.3, np.nan]), weights),
    ):
        assert row["value"] == pytest.approx(0.3) and np.isnan(row["low"])  # all other draws are the same


def test_a_draw_of_a_single_image_counts():
    weights = np.ones((2, 200))
    weights[1, :100] = 0  # half of the draws hold the first image alone
    for row in (
        over_seeds("conv", 1.0, "rank correlation", np.array([[0.3, 0.9]]), weights),
        mean_row("insertion", "other", 0.5, "auc", np.array([0.3, 0.9]), weights),
    ):
        assert (row["low"], row["high"]) == (pytest.approx(0.3), pytest.approx(0.6))


def test_pairs_that_share_an_image_are_not_taken_for_independent():
    rng = np.random.default_rng(0)
    covered, plain = [], []
    for _ in range(60):
        effect = rng.normal(size=24)  # one number of each image; a pair's is their product, 0 on average
        pairs = np.outer(effect, effect)
        np.fill_diagonal(pairs, np.nan)
        weights = draw_weights(np.arange(24), 300, 0).astype(float)
        row = between_images_row("other", "rank correlation", 1 + pairs + effect + effect[:, None], weights)
        assert row["value"] == pytest.approx(np.nanmean(1 + pairs + effect + effect[:, None])) and row["images"] == 24
        covered.append(row["low"] < 1 < row["high"])
        naive = draw_weights(np.arange(276), 300, 0).T @ (1 + pairs + effect + effect[:, None])[np.triu_indices(24, 1)]
        plain.append(naive.std() / 276 < (row["high"] - row["low"]) / 4)
    assert np.mean(covered) > 0.85 and all(plain)


def test_a_constant_heatmap_is_in_no_pair():
    pairs = np.full((3, 3), 0.5)
    np.fill_diagonal(pairs, np.nan)
    pairs[2] = pairs[:, 2] = np.nan
    row = between_images_row("other", "rank correlation", pairs, draw_weights(np.arange(3), 50, 0).astype(float))
    assert (row["value"], row["images"], row["undefined"], row["step"]) == (0.5, 2, 1, 0.0)
    none = between_images_row("other", "rank correlation", np.full((3, 3), np.nan), np.ones((3, 50)))
    assert np.isnan(none["value"]) and (none["images"], none["undefined"]) == (0, 3)
