import numpy as np
import pytest

from core.labels import DX
from core.resampling.inspection import count_rows, find_parents
from core.resampling.resample import SYNTHETIC, Resampled, resample
from core.resampling.spec import ResamplingSpec

LABELS = np.repeat(np.arange(len(DX)), (40, 50, 60, 20, 70, 200, 25))


def features(spread: float = 1.5) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (spread * rng.normal(size=(len(DX), 6))[LABELS] + rng.normal(size=(len(LABELS), 6))).astype(np.float32)


@pytest.mark.parametrize("name", ["smote", "borderline_smote", "adasyn", "svm_smote"])
def test_the_parents_of_a_synthetic_row_are_found(name: str) -> None:
    x = features()
    rows = resample(x, LABELS, ResamplingSpec(name, 1.0, 4))
    for i in np.flatnonzero(rows.origin == SYNTHETIC)[::97]:
        a, b, position, distance = find_parents(rows.features[i], x, LABELS, rows.labels[i], 4)
        assert LABELS[a] == LABELS[b] == rows.labels[i]
        assert distance < 1e-3
        assert x[a] + position * (x[b] - x[a]) == pytest.approx(rows.features[i], abs=1e-3)


def test_parents_are_among_the_neighbours_that_smote_looked_at() -> None:
    x = np.array([[0.0], [1], [10], [11], [5]], np.float32)
    labels = np.array([0, 0, 0, 0, 1])
    assert find_parents(x[4], x, labels, 0, 2)[3] == pytest.approx(0)
    assert find_parents(x[4], x, labels, 0, 1)[3] == pytest.approx(3)  # beyond 1 by three times the way from 0 to 1


def test_a_row_far_off_is_placed_at_most_one_length_outside() -> None:
    x = np.array([[0.0, 0], [2, 0]], np.float32)
    assert find_parents(np.array([6, 0], np.float32), x, np.zeros(2, np.int64), 0, 1) == pytest.approx((1, 0, -1, 1))


def test_rows_are_counted_by_what_happened_to_them() -> None:
    labels = np.array([0, 0, 1, 1, 2, 4])  # no row of the other diagnoses
    origin, new = [SYNTHETIC, 0, 1, 1, 4, 4, 2, SYNTHETIC], [0, 0, 0, 0, 0, 2, 1, 1]  # 4 is first shown as another
    weights = np.array([1, 2, 1, 1, 1, 0.5, 1, 0.5])
    table = count_rows(labels, Resampled(np.zeros((8, 1), np.float32), np.array(new), weights, np.array(origin)))
    assert table.index.name == "dx" and table.index.tolist() == list(DX)
    expected = {
        "before": (2, 2, 1, 1), "kept": (2, 1, 1, 0), "dropped": (0, 1, 0, 1), "copies": (2, 0, 0, 0),
        "synthetic": (1, 1, 0, 0), "after": (5, 2, 1, 0), "weight": (1.2, 0.75, 0.5, 0),
        "effective": (6, 1.5, 0.5, 0), "wrong": (1, 0, 0, 0),
    }  # fmt: skip
    assert table.columns.tolist() == list(expected)
    for column, values in expected.items():
        assert table[column].iloc[[0, 1, 2, 4]].tolist() == pytest.approx(values), column
        assert (table[column].iloc[[3, 5, 6]] == 0).all()
