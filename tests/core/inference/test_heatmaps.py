import numpy as np

from core.inference.heatmaps import normalize


def test_each_heatmap_is_divided_by_its_own_maximum():
    cams = np.zeros((3, 2, 2), np.float32)
    cams[0] = [[0, 1e-6], [2e-6, 4e-6]]
    cams[1] = [[8, 4], [2, 0]]
    out = normalize(cams)
    np.testing.assert_allclose(out[0], [[0, 0.25], [0.5, 1]])
    np.testing.assert_allclose(out[1], [[1, 0.5], [0.25, 0]])
    assert out.dtype == np.float32


def test_no_evidence_stays_zero():
    assert not normalize(np.zeros((2, 3, 4), np.float32)).any()
