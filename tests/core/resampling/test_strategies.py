"""The class counts that a strategy promises are those that imbalanced-learn delivers."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from sklearn.utils.class_weight import compute_class_weight

from core.data.leakage import class_counts, load_overlap
from core.errors import UserError
from core.resampling.strategies import STRATEGIES, get_strategy, resampled_counts, target_counts

COUNTS = pd.Series({"df": 10, "mel": 40, "nv": 100})


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_accounts_for_every_row(name: str) -> None:
    for amount in (0.0, 0.3, 1.0):
        table = resampled_counts(COUNTS, name, amount)
        assert (table["kept"] + table["dropped"]).equals(table["before"])
        assert (table["kept"] + table["added"]).equals(table["after"])
        assert (table[["kept", "dropped", "added"]] >= 0).all().all()
        assert table["effective"].sum() == pytest.approx(table["after"].sum())


@pytest.mark.parametrize("name", STRATEGIES)
def test_no_way_at_all_leaves_everything_as_it_is(name: str) -> None:
    table = resampled_counts(COUNTS, name, 0.0)
    assert table["after"].tolist() == COUNTS.tolist()
    assert table["weight"].tolist() == [1, 1, 1]


@pytest.mark.parametrize("name", sorted(set(STRATEGIES) - {"none"}))
def test_all_the_way_makes_the_classes_count_alike(name: str) -> None:
    effective = resampled_counts(COUNTS, name)["effective"]
    assert effective.tolist() == pytest.approx([effective.mean()] * len(COUNTS))


def test_none_is_none_all_the_way() -> None:
    table = resampled_counts(COUNTS, "none", 1.0)
    assert table["effective"].tolist() == COUNTS.tolist()


@pytest.mark.parametrize("amount", [0.37, 1.0])
@pytest.mark.parametrize(
    ("name", "sampler"), [("random_over", RandomOverSampler), ("random_under", RandomUnderSampler), ("smote", SMOTE)]
)
def test_the_counts_are_those_of_imbalanced_learn(name: str, sampler: type, amount: float) -> None:
    counts = class_counts(load_overlap(), "lesion", "train")
    labels = np.repeat(counts.index.to_numpy(str), counts.to_numpy())
    ages = np.arange(len(labels), dtype=float)[:, None]
    _, after = sampler(sampling_strategy=target_counts(counts, name, amount), random_state=0).fit_resample(ages, labels)
    assert pd.Series(after).value_counts().to_dict() == resampled_counts(counts, name, amount)["after"].to_dict()


@pytest.mark.parametrize(
    ("name", "sampler"), [("random_over", RandomOverSampler), ("random_under", RandomUnderSampler), ("smote", SMOTE)]
)
def test_all_the_way_is_imbalanced_learns_default(name: str, sampler: type) -> None:
    labels = np.repeat(COUNTS.index.to_numpy(str), COUNTS.to_numpy())
    _, after = sampler(random_state=0).fit_resample(np.arange(len(labels), dtype=float)[:, None], labels)
    assert pd.Series(after).value_counts().to_dict() == target_counts(COUNTS, name)


def test_all_the_way_the_weights_are_scikit_learns() -> None:
    labels = np.repeat(COUNTS.index.to_numpy(str), COUNTS.to_numpy())
    balanced = compute_class_weight("balanced", classes=COUNTS.index.to_numpy(str), y=labels)
    np.testing.assert_allclose(resampled_counts(COUNTS, "class_weights")["weight"], balanced)


def test_what_cannot_be_done_is_said_in_one_sentence() -> None:
    with pytest.raises(UserError, match=r"No resampling strategy is called 'smite'; there are none, random_over"):
        get_strategy("smite")
    with pytest.raises(UserError, match=r"must lie between 0 and 1, not 2\."):
        target_counts(COUNTS, "smote", 2)
    with pytest.raises(UserError, match=r"No training rows of vasc: there is nothing"):
        resampled_counts(pd.Series({"nv": 3, "vasc": 0}), "smote")
