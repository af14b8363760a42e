"""Every strategy accounts for every row, and the counts are those that imbalanced-learn delivers."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from sklearn.utils.class_weight import compute_class_weight

from core.data.leakage import class_counts, load_overlap
from core.labels import DX
from core.resampling.inspection import count_rows
from core.resampling.resample import resample
from core.resampling.spec import ResamplingSpec
from core.resampling.strategies import STRATEGIES, target_counts

COUNTS = pd.Series({"df": 10, "mel": 40, "nv": 100})


LABELS = np.repeat(np.arange(len(DX)), (40, 50, 60, 20, 70, 200, 25))


LEVELLING = ("class_weights", "random_over", "random_under", "smote", "svm_smote", "near_miss", "cluster_centroids")


def features(spread: float = 1.5) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (spread * rng.normal(size=(len(DX), 6))[LABELS] + rng.normal(size=(len(LABELS), 6))).astype(np.float32)


@pytest.mark.parametrize("name", LEVELLING)
def test_full_strength_makes_the_classes_equally_large(name: str) -> None:
    rows = resample(features(), LABELS, ResamplingSpec(name, 1.0, 3))
    assert rows.prior == pytest.approx([1 / len(DX)] * len(DX))


def test_most_of_the_notebooks_new_labels_are_wrong_for_their_image() -> None:
    rows = resample(features(), LABELS, ResamplingSpec("notebook", 1.0, 3))
    table = count_rows(LABELS, rows)
    added = len(rows.labels) - len(LABELS)
    assert table["wrong"].sum() == (LABELS[rows.origin] != rows.labels).sum()
    assert table["wrong"].sum() > added / 2
    assert table.loc["nv", "wrong"] == 0
    assert (table["after"] == table["before"].max()).all()  # the labels are level
    assert set(rows.origin[len(LABELS) :]) >= {0}  # any image is drawn, the first as well


@pytest.mark.parametrize("strength", [0.37, 1.0])
@pytest.mark.parametrize(
    ("name", "sampler"), [("random_over", RandomOverSampler), ("random_under", RandomUnderSampler), ("smote", SMOTE)]
)
def test_the_counts_are_those_of_imbalanced_learn(name: str, sampler: type, strength: float) -> None:
    counts = class_counts(load_overlap(), "lesion", "train")
    labels = np.repeat(counts.index.to_numpy(str), counts.to_numpy())
    ages = np.arange(len(labels), dtype=float)[:, None]
    _, after = sampler(
        sampling_strategy=target_counts(counts, ResamplingSpec(name, strength)), random_state=0
    ).fit_resample(ages, labels)
    assert pd.Series(after).value_counts().to_dict() == target_counts(counts, ResamplingSpec(name, strength))


@pytest.mark.parametrize(
    ("name", "sampler"), [("random_over", RandomOverSampler), ("random_under", RandomUnderSampler), ("smote", SMOTE)]
)
def test_full_strength_is_imbalanced_learns_default(name: str, sampler: type) -> None:
    labels = np.repeat(COUNTS.index.to_numpy(str), COUNTS.to_numpy())
    _, after = sampler(random_state=0).fit_resample(np.arange(len(labels), dtype=float)[:, None], labels)
    assert pd.Series(after).value_counts().to_dict() == target_counts(COUNTS, ResamplingSpec(name))


def test_a_strategy_without_counts_of_its_own_leaves_them_as_they_are() -> None:
    own = {name for name, each in STRATEGIES.items() if each.kind in ("none", "decide", "clean", "ensemble")}
    assert own
    assert all(target_counts(COUNTS, ResamplingSpec(name)) == COUNTS.to_dict() for name in own)


def test_weights_at_full_strength_are_scikit_learns() -> None:
    balanced = compute_class_weight("balanced", classes=np.arange(len(DX)), y=LABELS)
    weights = resample(features(), LABELS, ResamplingSpec("class_weights", 1.0, 3)).weights
    assert weights == pytest.approx(balanced[LABELS])
