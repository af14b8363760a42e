"""Nearest neighbours are scikit-learn's, and samplers that use them keep imbalanced-learn's rows."""

import numpy as np
import pytest
from imblearn.combine import SMOTEENN, SMOTETomek
from imblearn.over_sampling import SMOTE
from sklearn.neighbors import NearestNeighbors

from core.resampling import neighbors, samplers
from core.resampling.neighbors import nearest
from core.resampling.spec import ResamplingSpec


def rows(seed: int, count: int, spread: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(100, spread, (count, 16)).astype(np.float32)


@pytest.mark.parametrize("spread", [1.0, 1e-3])
@pytest.mark.parametrize("k", [1, 2, 5])
def test_neighbours_and_distances_are_scikit_learns(k: int, spread: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbors, "BLOCK", 37)
    found, queries = rows(0, 300, spread), rows(1, 100, spread)
    distances, indices = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(found).kneighbors(queries)
    ours = nearest(found, queries, k)
    np.testing.assert_array_equal(ours[1], indices)
    np.testing.assert_allclose(ours[0], distances, rtol=1e-5)


def test_rows_that_single_precision_cannot_order_are_measured_again() -> None:
    """One row far away makes the norms so large that the differences between the others are lost."""
    found = 1 + rows(3, 400, 1e-3) - 100
    found[0] = -1000
    queries = found[1:50]
    squared = ((found[None].astype(float) - queries[:, None]) ** 2).sum(axis=2)
    np.testing.assert_array_equal(nearest(found, queries, 5)[1], squared.argsort(axis=1, kind="stable")[:, :5])


def test_equal_rows_are_ordered_by_index() -> None:
    assert nearest(np.ones((4, 2), np.float32), np.ones((1, 2), np.float32), 3)[1].tolist() == [[0, 1, 2]]


@pytest.mark.parametrize(
    ("ours", "theirs"), [(samplers.smote_tomek, SMOTETomek), (samplers.smote_enn, SMOTEENN)], ids=["tomek", "enn"]
)
def test_samplers_keep_the_rows_of_imbalanced_learn(ours: samplers.Sampler, theirs: type) -> None:
    labels = np.repeat([0, 1, 2], [200, 60, 30])
    features = rows(2, 290)[:, :3] + 0.7 * labels[:, None].astype(np.float32)
    spec, targets = ResamplingSpec("smote", neighbors=3, seed=4), {1: 200, 2: 150}
    smote = SMOTE(sampling_strategy=targets, k_neighbors=3, random_state=4)
    expected = theirs(sampling_strategy=targets, smote=smote, random_state=4).fit_resample(features, labels)
    found = ours(spec, targets).fit_resample(features, labels)
    assert len(expected[0]) < 550  # some rows are dropped
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)
