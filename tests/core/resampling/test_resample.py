from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.errors import UserError
from core.labels import DX
from core.resampling.resample import SYNTHETIC, Resampled, count_rows, parents, resample, trace
from core.resampling.strategies import STRATEGIES, get_strategy, target_counts

COUNTS = pd.Series({"df": 10, "mel": 40, "nv": 100})


LABELS = np.repeat(np.arange(len(DX)), (40, 50, 60, 20, 70, 200, 25))


def features(spread: float = 1.5) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (spread * rng.normal(size=(len(DX), 6))[LABELS] + rng.normal(size=(len(LABELS), 6))).astype(np.float32)


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_accounts_for_every_row(name: str) -> None:
    for amount in (0.0, 0.3, 1.0):
        rows = resample(features(), LABELS, name, amount, 3, 0)
        table = count_rows(LABELS, rows)
        assert (table["kept"] + table["dropped"]).equals(table["before"])
        assert (table["kept"] + table["copies"] + table["synthetic"]).equals(table["after"])
        assert (table >= 0).all(axis=None)
        assert table["effective"].sum() == pytest.approx(len(rows.labels))
        assert rows.prior.sum() == pytest.approx(1)


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_same_seed_gives_the_same_rows(name: str) -> None:
    once, again = (resample(features(), LABELS, name, 1.0, 3, 0) for _ in range(2))
    assert np.array_equal(once.features, again.features)
    assert np.array_equal(once.origin, again.origin)


@pytest.mark.parametrize("name", [name for name, each in STRATEGIES.items() if "amount" in each.takes])
def test_no_way_at_all_leaves_everything_as_it_is(name: str) -> None:
    rows = resample(features(), LABELS, name, 0.0, 3, 0)
    assert np.array_equal(rows.origin, np.arange(len(LABELS)))
    assert (rows.weights == 1).all()


def test_rows_are_traced_to_the_picture_they_show() -> None:
    x = features()
    rows = resample(x, LABELS, "random_over", 1.0, 3, 0)
    assert np.array_equal(rows.features, x[rows.origin])
    assert (resample(x, LABELS, "smote", 1.0, 3, 0).origin[len(LABELS) :] == SYNTHETIC).all()


@pytest.mark.parametrize("name", ["smote", "borderline_smote", "adasyn", "svm_smote"])
def test_the_parents_of_a_synthetic_row_are_found(name: str) -> None:
    x = features()
    rows = resample(x, LABELS, name, 1.0, 4, 0)
    for i in np.flatnonzero(rows.origin == SYNTHETIC)[::97]:
        a, b, step, miss = parents(rows.features[i], x, LABELS, rows.labels[i], 4)
        assert LABELS[a] == LABELS[b] == rows.labels[i]
        assert miss < 1e-3
        assert x[a] + step * (x[b] - x[a]) == pytest.approx(rows.features[i], abs=1e-3)


def test_parents_are_sought_among_as_many_neighbours_as_smote_was_told() -> None:
    x = np.array([[0.0], [1], [10], [11], [5]], np.float32)
    labels = np.array([0, 0, 0, 0, 1])
    assert parents(x[4], x, labels, 0, 2)[3] == pytest.approx(0)
    assert parents(x[4], x, labels, 0, 1)[3] == pytest.approx(3)  # beyond 1 by three times the way from 0 to 1


def test_a_row_far_off_is_placed_at_most_one_length_outside() -> None:
    x = np.array([[0.0, 0], [2, 0]], np.float32)
    assert parents(np.array([6, 0], np.float32), x, np.zeros(2, np.int64), 0, 1) == pytest.approx((1, 0, -1, 1))


def test_what_cannot_be_done_is_said_in_one_sentence() -> None:
    with pytest.raises(UserError, match=r"no resampling strategy 'smite'; known are none, class_weights"):
        get_strategy("smite")
    with pytest.raises(UserError, match=r"must lie between 0 and 1, not 2\."):
        target_counts(COUNTS, "smote", 2)
    with pytest.raises(UserError, match=r"No training rows of vasc: there is nothing"):
        target_counts(pd.Series({"nv": 3, "vasc": 0}), "smote")
    one = np.append(np.repeat([0, 1, 2, 4, 5, 6], 9), 3)
    with pytest.raises(UserError, match=r"Dermatofibroma \(df\) has a single training row, and SMOTE mixes two"):
        resample(np.random.default_rng(0).normal(size=(len(one), 3)).astype(np.float32), one, "smote", 1.0, 3, 0)


def test_rows_are_counted_by_what_became_of_them() -> None:
    labels = np.array([0, 0, 1, 1, 2, 4])  # no row of the other diagnoses
    origin, said = [SYNTHETIC, 0, 1, 1, 4, 4, 2, SYNTHETIC], [0, 0, 0, 0, 0, 2, 1, 1]  # 4 is first shown as another
    weights = np.array([1, 2, 1, 1, 1, 0.5, 1, 0.5])
    table = count_rows(labels, Resampled(np.zeros((8, 1), np.float32), np.array(said), weights, np.array(origin)))
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


def test_pictures_that_are_exactly_alike_take_turns() -> None:
    a, b, c = [1.0, 2], [3.0, 4], [5.0, 6]
    assert trace(np.array([a, b, a, a]), np.array([a, a, c, a, b, a, b])).tolist() == [0, 2, SYNTHETIC, 3, 1, 0, 1]


def test_two_rows_of_each_diagnosis_must_be_left() -> None:
    labels = np.append(np.repeat([0, 1, 2, 4, 5, 6], 9), [3, 3])
    x = np.random.default_rng(0).normal(size=(len(labels), 3)).astype(np.float32)
    assert np.bincount(resample(x, labels, "random_under", 1.0, 3, 0).labels).tolist() == [2] * len(DX)
    with pytest.raises(
        UserError, match=r"^Random .* less than two rows of Act[^,]*, Basal[^,]*, .*\(vasc\); choose another"
    ):
        resample(x[:-1], labels[:-1], "random_under", 1.0, 3, 0)


def test_a_sampler_that_fails_is_one_sentence_that_names_the_smallest_diagnosis(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Failing:
        def fit_resample(self, *_: object) -> None:
            raise ValueError("No samples will be generated.\nSee the manual.")

    monkeypatch.setitem(STRATEGIES, "adasyn", replace(STRATEGIES["adasyn"], sampler=lambda _: Failing()))
    with pytest.raises(UserError) as caught:
        resample(features(), LABELS, "adasyn", 1.0, 3, 0)
    assert str(caught.value) == (
        "ADASYN cannot run with these settings, most likely for Dermatofibroma (df), the smallest class (No samples "
        "will be generated); change the number of neighbours or how far to go."
    )


@pytest.mark.parametrize(("name", "most"), [("smote", 19), ("smote_tomek", 19), ("near_miss", 20)])
def test_as_many_neighbours_are_looked_for_as_the_smallest_diagnosis_has(name: str, most: int) -> None:
    for neighbors in (1, most):
        resample(features(), LABELS, name, 1.0, neighbors, 0)
    words = rf"looks for {most + 1} neighbours, but Dermatofibroma \(df\) has only 20 .* choose {most} neighbours or"
    with pytest.raises(UserError, match=words):
        resample(features(), LABELS, name, 1.0, most + 1, 0)


def test_neighbours_are_counted_only_where_they_are_looked_for() -> None:
    assert len(resample(features(), LABELS, "smote", 0.0, 200, 0).labels) == len(LABELS)  # nothing is mixed
    resample(features(9), LABELS, "enn", 1.0, 25, 0)  # looks among all rows
    two = np.append(np.repeat([0, 1, 2, 4, 5, 6], 9), [3, 3])
    x = np.random.default_rng(0).normal(size=(len(two), 3)).astype(np.float32)
    assert (np.bincount(resample(x, two, "smote", 1.0, 1, 0).labels) == 9).all()
