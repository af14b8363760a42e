"""Heatmaps as arrays, (rows, columns, classes)."""

import numpy as np
import pytest

from core.inference.heatmaps import enlarge, mean_heatmaps, normalize


def test_each_heatmap_is_divided_by_its_own_maximum():
    heatmaps = np.zeros((2, 2, 3), np.float32)
    heatmaps[..., 0] = [[0, 1e-6], [2e-6, 4e-6]]
    heatmaps[..., 1] = [[8, 4], [2, 0]]
    out = normalize(heatmaps)
    np.testing.assert_allclose(out[..., 0], [[0, 0.25], [0.5, 1]])
    np.testing.assert_allclose(out[..., 1], [[1, 0.5], [0.25, 0]])
    assert out.dtype == np.float32
    np.testing.assert_array_equal(normalize(np.moveaxis(heatmaps, -1, 0), axes=(1, 2)), np.moveaxis(out, -1, 0))


def test_no_evidence_stays_zero():
    assert not normalize(np.zeros((3, 4, 7), np.float32)).any()


def test_a_heatmap_is_enlarged_with_its_cells_centred():
    large = enlarge(np.array([[2.0, 0.0]]), (4, 8))
    assert large.shape == (4, 8) and large.max() == 1
    np.testing.assert_allclose(large, 1 - large[:, ::-1], atol=1e-6)


def test_negative_evidence_counts_as_none():
    np.testing.assert_array_equal(enlarge(np.array([[-5.0, 2.0]]), (1, 2)), [[0, 1]])
    assert not enlarge(-np.ones((2, 2)), (4, 4)).any()


def test_the_mean_weighs_models_alike_and_has_the_finest_grid():
    coarse, fine = np.ones((1, 1, 7), np.float32) * 100, np.zeros((2, 4, 7), np.float32)
    fine[0, 1, 4] = 0.001
    mean = mean_heatmaps([coarse, fine])
    assert mean.shape == (2, 4, 7)
    assert mean[0, 1, 4] == pytest.approx(1)
    assert mean[1, 1, 4] == pytest.approx(0.5)
    np.testing.assert_allclose(mean[..., 0], 0.5)
