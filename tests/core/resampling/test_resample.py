from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.errors import UserError
from core.labels import DX
from core.resampling.inspection import count_rows
from core.resampling.resample import SYNTHETIC, resample, trace
from core.resampling.spec import ResamplingSpec
from core.resampling.strategies import STRATEGIES, get_strategy, target_counts

COUNTS = pd.Series({"df": 10, "mel": 40, "nv": 100})


LABELS = np.repeat(np.arange(len(DX)), (40, 50, 60, 20, 70, 200, 25))


def features(spread: float = 1.5) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (spread * rng.normal(size=(len(DX), 6))[LABELS] + rng.normal(size=(len(LABELS), 6))).astype(np.float32)


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_accounts_for_every_row(name: str) -> None:
    for strength in (0.0, 0.3, 1.0):
        rows = resample(features(), LABELS, ResamplingSpec(name, strength, 3))
        table = count_rows(LABELS, rows)
        assert (table["kept"] + table["dropped"]).equals(table["before"])
        assert (table["kept"] + table["copies"] + table["synthetic"]).equals(table["after"])
        assert (table >= 0).all(axis=None)
        assert table["effective"].sum() == pytest.approx(len(rows.labels))
        assert rows.prior.sum() == pytest.approx(1)


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_same_seed_gives_the_same_rows(name: str) -> None:
    once, again = (resample(features(), LABELS, ResamplingSpec(name, 1.0, 3)) for _ in range(2))
    assert np.array_equal(once.features, again.features)
    assert np.array_equal(once.origin, again.origin)


@pytest.mark.parametrize("name", [name for name, each in STRATEGIES.items() if "sampling_strength" in each.uses])
def test_a_sampling_strength_of_0_changes_nothing(name: str) -> None:
    rows = resample(features(), LABELS, ResamplingSpec(name, 0.0, 3))
    assert np.array_equal(rows.origin, np.arange(len(LABELS)))
    assert (rows.weights == 1).all()


def test_rows_are_traced_to_the_images_that_they_are_copies_of() -> None:
    x = features()
    rows = resample(x, LABELS, ResamplingSpec("random_over", 1.0, 3))
    assert np.array_equal(rows.features, x[rows.origin])
    assert (resample(x, LABELS, ResamplingSpec("smote", 1.0, 3)).origin[len(LABELS) :] == SYNTHETIC).all()


def test_bad_input_is_one_sentence() -> None:
    with pytest.raises(UserError, match=r"no resampling strategy 'smite'; choose from none, class_weights"):
        get_strategy("smite")
    with pytest.raises(UserError, match=r"sampling strength must be between 0 and 1, not 2\."):
        target_counts(COUNTS, ResamplingSpec("smote", 2))
    with pytest.raises(UserError, match=r"no training rows of vasc, so there is nothing to resample"):
        target_counts(pd.Series({"nv": 3, "vasc": 0}), ResamplingSpec("smote"))
    one = np.append(np.repeat([0, 1, 2, 4, 5, 6], 9), 3)
    with pytest.raises(
        UserError, match=r"SMOTE mixes two rows of a class, but Dermatofibroma \(df\) has only one training row"
    ):
        resample(
            np.random.default_rng(0).normal(size=(len(one), 3)).astype(np.float32), one, ResamplingSpec("smote", 1.0, 3)
        )


def test_identical_images_take_turns() -> None:
    a, b, c = [1.0, 2], [3.0, 4], [5.0, 6]
    assert trace(np.array([a, b, a, a]), np.array([a, a, c, a, b, a, b])).tolist() == [0, 2, SYNTHETIC, 3, 1, 0, 1]


def test_two_rows_of_each_diagnosis_must_be_left() -> None:
    labels = np.append(np.repeat([0, 1, 2, 4, 5, 6], 9), [3, 3])
    x = np.random.default_rng(0).normal(size=(len(labels), 3)).astype(np.float32)
    assert np.bincount(resample(x, labels, ResamplingSpec("random_under", 1.0, 3)).labels).tolist() == [2] * len(DX)
    with pytest.raises(
        UserError, match=r"^Random .* fewer than two rows of Act[^,]*, Basal[^,]*, .*\(vasc\); choose another"
    ):
        resample(x[:-1], labels[:-1], ResamplingSpec("random_under", 1.0, 3))


def test_a_sampler_that_fails_is_one_sentence_that_names_the_smallest_diagnosis(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Failing:
        def fit_resample(self, *_: object) -> None:
            raise ValueError("No samples will be generated.\nSee the manual.")

    monkeypatch.setitem(STRATEGIES, "adasyn", replace(STRATEGIES["adasyn"], sampler=lambda *_: Failing()))
    with pytest.raises(UserError) as caught:
        resample(features(), LABELS, ResamplingSpec("adasyn", 1.0, 3))
    assert str(caught.value) == (
        "ADASYN can't run with these settings, most likely because Dermatofibroma (df), the smallest class, is "
        "too small (No samples will be generated); change the number of neighbours or the sampling strength."
    )


@pytest.mark.parametrize(("name", "most"), [("smote", 19), ("smote_tomek", 19), ("near_miss", 20)])
def test_as_many_neighbours_are_looked_for_as_the_smallest_diagnosis_has(name: str, most: int) -> None:
    for neighbors in (1, most):
        resample(features(), LABELS, ResamplingSpec(name, 1.0, neighbors))
    message = rf"looks at {most + 1} neighbours, but Dermatofibroma \(df\) has only 20 .* choose {most} neighbours or"
    with pytest.raises(UserError, match=message):
        resample(features(), LABELS, ResamplingSpec(name, 1.0, most + 1))


def test_neighbours_are_counted_only_where_they_are_looked_for() -> None:
    assert len(resample(features(), LABELS, ResamplingSpec("smote", 0.0, 200)).labels) == len(
        LABELS
    )  # nothing is mixed
    resample(features(9), LABELS, ResamplingSpec("enn", 1.0, 25))  # searches among all rows
    two = np.append(np.repeat([0, 1, 2, 4, 5, 6], 9), [3, 3])
    x = np.random.default_rng(0).normal(size=(len(two), 3)).astype(np.float32)
    assert (np.bincount(resample(x, two, ResamplingSpec("smote", 1.0, 1)).labels) == 9).all()
