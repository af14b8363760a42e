import numpy as np
import pandas as pd
import pytest

from core.lab import reduction
from core.lab.reduction import DEPTHS, STATISTICS, choose, compare, feature_columns, fit_reduction


def test_columns_follow_the_order_of_depths_and_statistics() -> None:
    every = feature_columns(tuple(DEPTHS), STATISTICS)
    assert np.array_equal(every, np.arange(len(STATISTICS) * sum(DEPTHS.values())))
    assert feature_columns(("stage3",), ("std",)).tolist() == list(range(3 * 24 + 40, 3 * 24 + 80))


def test_the_fewest_dimensions_within_an_error_of_the_best_are_chosen() -> None:
    rows = [("a", 256, 0.63, 0.03), ("a", 128, 0.605, 0.03), ("b", 128, 0.602, 0.03), ("b", 64, 0.58, 0.03)]
    table = pd.DataFrame(rows, columns=["features", "dimensions", "balanced_accuracy", "error"])
    assert choose(table) == ("a", 128)


def test_a_reduction_standardises_and_survives_constant_features() -> None:
    rng = np.random.default_rng(0)
    training = rng.normal(5, [1, 100, 0, 3], (200, 4)).astype(np.float32)
    out = fit_reduction(training, 2)(training)
    assert out.mean(axis=0) == pytest.approx([0, 0], abs=1e-4)
    assert out[:, 0].std() == pytest.approx(1, abs=0.01)
    assert out.dtype == np.float32


def test_a_reduction_is_the_same_each_time_and_says_what_it_explains() -> None:
    training = np.random.default_rng(0).normal(size=(300, 60)).astype(np.float32)
    once, again = fit_reduction(training, 4), fit_reduction(training, 4)
    assert np.array_equal(once(training), again(training))
    of_all = np.var(training / training.std(axis=0) @ once.axes.T, axis=0) / 60
    assert once.explained == pytest.approx(of_all, rel=0.01)


def test_what_carries_most_is_found_without_a_look_at_the_test_split(monkeypatch: pytest.MonkeyPatch) -> None:
    carries, empty = {"carries": (("stage3",), ("mean",))}, {"carries nothing": (("stage2",), ("max",))}
    monkeypatch.setattr(reduction, "COMBINATIONS", carries | empty)
    monkeypatch.setattr(reduction, "DIMENSIONS", (1, 3))
    rng = np.random.default_rng(0)
    split = np.array(["train", "validation", "test"])[rng.integers(0, 3, 600)]
    dx = np.array(["df", "mel", "nv"])[rng.integers(0, 3, 600)]
    features = rng.normal(size=(600, len(STATISTICS) * sum(DEPTHS.values()))).astype(np.float16)
    features[:, feature_columns(("stage3",), ("mean",))] += 4 * rng.normal(size=(3, 40))[np.unique(dx, False, True)[1]]
    features[split == "test"] = np.nan
    table = compare(features, dx, split).set_index(["features", "dimensions"])
    assert table.index.tolist() == [(name, kept) for name in ("carries", "carries nothing") for kept in (1, 3)]
    assert table.loc[("carries", 3), "balanced_accuracy"] == 1
    assert table.loc[("carries", 3), "error"] == 0
    assert table.loc[("carries nothing", 3), "balanced_accuracy"] == pytest.approx(1 / 3, abs=0.12)
    each = np.sqrt(2 / 9 / ((split == "validation").sum() / 3))  # of one diagnosis's recall, by its binomial
    assert table.loc[("carries nothing", 3), "error"] == pytest.approx(each / np.sqrt(3), rel=0.1)
    assert table.loc[("carries", 1), "explained"] < table.loc[("carries", 3), "explained"] < 1
