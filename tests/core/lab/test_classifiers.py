"""Classifiers are built as their descriptions say, and strategies reach them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.errors import UserError
from core.lab.classifiers import (
    BAGS,
    CLASSIFIERS,
    TREES,
    check_pair,
    fit,
    get_classifier,
    probabilities,
)
from core.lab.protocols import LabeledRows
from core.lab.stopping import BATCH, LEADING, MOST_ROUNDS, STEPS
from core.labels import DX
from core.resampling.resample import Resampled
from core.resampling.strategies import STRATEGIES


def rows(weights: np.ndarray | None = None) -> Resampled:
    rng = np.random.default_rng(0)
    labels = np.arange(140) % len(DX)
    features = (rng.normal(size=(len(DX), 4))[labels] + rng.normal(size=(140, 4))).astype(np.float32)
    return Resampled(features, labels, np.ones(140) if weights is None else weights, np.arange(140))


def test_a_classifier_is_set_as_its_description_says() -> None:
    made = {name: entry.build(7, None).get_params() for name, entry in CLASSIFIERS.items()}
    for name, settings in {
        "logistic": {"C": 1.0, "max_iter": 100, "solver": "lbfgs", "random_state": 7},
        "mlp": {
            "hidden_layer_sizes": (64,),
            "max_iter": STEPS,
            "batch_size": BATCH,
            "solver": "adam",
            "random_state": 7,
        },
        "knn": {"n_neighbors": 15, "weights": "distance"},
        "boosting": {"max_iter": MOST_ROUNDS, "max_leaf_nodes": 12, "early_stopping": False, "random_state": 7},
    }.items():
        assert {key: made[name][key] for key in settings} == settings
    assert f"first {LEADING} principal components" in CLASSIFIERS["boosting"].description
    assert f"{STEPS} steps of Adam on {BATCH} rows" in CLASSIFIERS["mlp"].description


def test_classifiers_are_looked_up_by_their_name() -> None:
    assert all(get_classifier(name).name == name for name in CLASSIFIERS)
    with pytest.raises(UserError, match=r"no classifier 'oracle'; choose from logistic, mlp, knn, boosting"):
        get_classifier("oracle")


def test_only_class_weights_need_a_loss() -> None:
    for strategy in STRATEGIES:
        for classifier, entry in CLASSIFIERS.items():
            if strategy == "class_weights" and not entry.takes_weights:
                with pytest.raises(
                    UserError, match=r"^k-nearest neighbours can't use class weights; choose another classifier"
                ):
                    check_pair(strategy, classifier)
                with pytest.raises(UserError, match="can't use class weights"):
                    fit(rows(), strategy, classifier, 0)
            else:
                check_pair(strategy, classifier)


@pytest.mark.parametrize("classifier", [name for name, entry in CLASSIFIERS.items() if entry.takes_weights])
def test_weights_reach_the_loss_of_their_strategy_alone(classifier: str) -> None:
    heavy = rows(np.where(np.arange(140) % len(DX) == 4, 5.0, 0.5))
    held = LabeledRows(heavy.features, np.roll(heavy.labels, 1), np.arange(140))  # of no use: boosting stops at once

    def of_mel(which: Resampled, strategy: str) -> float:
        return float(probabilities(fit(which, strategy, classifier, 0, held), heavy.features)[:, 4].mean())

    assert of_mel(heavy, "none") == of_mel(rows(), "none")
    assert of_mel(heavy, "class_weights") > 1.2 * of_mel(rows(), "class_weights")


def test_balanced_bagging_trains_ten_of_the_classifier_chosen() -> None:
    model = fit(rows(), "balanced_bagging", "knn", 5)
    assert len(model.estimators_) == BAGS == 10
    assert {type(each[-1]) for each in model.estimators_} == {type(CLASSIFIERS["knn"].build(0, None))}
    assert model.random_state == 5


def test_the_balanced_forest_is_of_a_hundred_trees_of_its_own() -> None:
    model = fit(rows(), "balanced_forest", "boosting", 5)
    assert len(model.estimators_) == TREES == 100
    assert (model.max_depth, model.random_state) == (12, 5)


def test_a_classifier_is_trained_with_its_seed() -> None:
    once, again, other = (fit(rows(), "none", "mlp", seed).predict_proba(rows().features) for seed in (1, 1, 2))
    assert np.array_equal(once, again) and not np.array_equal(once, other)


def test_a_class_that_was_never_seen_gets_a_probability_of_0() -> None:
    seen = rows().labels != 3
    some = replace(rows(), features=rows().features[seen], labels=rows().labels[seen])
    predicted = probabilities(fit(some, "none", "logistic", 0), rows().features)
    assert predicted.shape == (140, len(DX))
    assert (predicted[:, 3] == 0).all()
    assert (np.delete(predicted, 3, axis=1) > 0).all()
    assert predicted.sum(axis=1) == pytest.approx(1)


def test_probabilities_that_miss_one_are_brought_back_to_it() -> None:
    class Twice:
        classes_ = np.arange(len(DX))

        def predict_proba(self, x: Any) -> np.ndarray:
            return np.full((len(x), len(DX)), 2 / len(DX))

    assert probabilities(Twice(), rows().features) == pytest.approx(np.full((140, len(DX)), 1 / len(DX)))
