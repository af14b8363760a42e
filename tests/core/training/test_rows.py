import numpy as np

from core.training.recipe_table import get_recipe
from core.training.rows import Rows, training_rows


def rows_of(labels: np.ndarray, **changes: object) -> Rows:
    return training_rows(get_recipe("custom_cnn", **changes), labels)


def test_smote_rows_are_balanced_and_only_the_mismatched_ones_are_wrong() -> None:
    labels = np.repeat([0, 1, 2], [300, 60, 10])
    for kind in ("smote_mismatched", "smote_matched"):
        rows = rows_of(labels, rows=kind)
        np.testing.assert_array_equal(np.bincount(rows.label), [300, 300, 300])
        np.testing.assert_array_equal(rows.image[:370], np.arange(370))
        wrong = (labels[rows.image] != rows.label).mean()
        assert wrong == 0 if kind == "smote_matched" else 0.3 < wrong < 0.6, kind


def test_at_most_so_many_images_of_each_diagnosis() -> None:
    labels = np.repeat([0, 1, 2], [300, 60, 10])
    rows = rows_of(labels, per_class=50)
    np.testing.assert_array_equal(np.bincount(rows.label), [50, 50, 10])
    np.testing.assert_array_equal(labels[rows.image], rows.label)
    assert len(set(rows.image)) == 110
