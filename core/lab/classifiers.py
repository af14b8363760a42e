"""The classifiers that read the embeddings: small enough to train while somebody waits."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError, require_known
from core.labels import DX
from core.resampling.resample import Resampled, one_thread
from core.resampling.strategies import get_strategy

Probabilities = NDArray[np.float64]
BAGS, TREES = 10, 100


@dataclass(frozen=True)
class Classifier:
    """One classifier.

    Attributes:
        name: Key in `CLASSIFIERS`.
        label: Name for people.
        text: One sentence on its settings.
        build: Makes it, scikit-learn's way, from a seed.
        weighs: Whether rows can weigh differently in its loss.
        draws: Whether its seed decides anything.
    """

    name: str
    label: str
    text: str
    build: Callable[[int], Any]
    weighs: bool = True
    draws: bool = True


def _logistic(seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=100, tol=1e-3, random_state=seed)


def _mlp(seed: int) -> Any:
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(
        (64,), alpha=1e-3, batch_size=512, learning_rate_init=4e-3, max_iter=10, tol=0, random_state=seed
    )


def _neighbors(_: int) -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(15, weights="distance", algorithm="brute")


def _boosting(seed: int) -> Any:
    from core.lab.boosting import LeadingBoosting

    return LeadingBoosting(
        max_iter=12, learning_rate=0.3, max_leaf_nodes=12, max_bins=32, max_features=0.5, early_stopping=False,
        random_state=seed,
    )  # fmt: skip


_ENTRIES = (
    Classifier(
        "logistic", "Logistic regression", "Multinomial, L2 penalty with C = 1, at most 100 steps of L-BFGS.",
        _logistic, draws=False,
    ),
    Classifier("mlp", "MLP head", "One hidden layer of 64 units, ten epochs of Adam.", _mlp),
    Classifier(
        "knn", "k-nearest neighbours", "Fifteen neighbours, weighed by distance.", _neighbors, weighs=False, draws=False
    ),
    Classifier(
        "boosting", "Gradient boosting",
        "Histogram trees on the first 32 principal components, 12 rounds of at most 12 leaves.", _boosting,
    ),
)  # fmt: skip
CLASSIFIERS = {classifier.name: classifier for classifier in _ENTRIES}


def get_classifier(name: str) -> Classifier:
    """Look a classifier up.

    Raises:
        UserError: No such name.
    """
    require_known("classifier", name, CLASSIFIERS)
    return CLASSIFIERS[name]


def check_pair(strategy: str, classifier: str) -> None:
    """Raise where a strategy and a classifier do not go together.

    Raises:
        UserError: Unknown names, or weights for a classifier without a loss.
    """
    if get_strategy(strategy).kind == "weight" and not get_classifier(classifier).weighs:
        label = get_classifier(classifier).label
        raise UserError(f"{label} has no loss in which a class could weigh more; choose another classifier.")


def fit(rows: Resampled, strategy: str, classifier: str, seed: int) -> Any:
    """Train a classifier on resampled rows, or an ensemble that resamples by itself.

    Args:
        rows: Training rows after the strategy.
        strategy: Its name; "balanced_forest" brings its own trees.
        classifier: A key of `CLASSIFIERS`.
        seed: Of the classifier's draws.

    Returns:
        Fitted, with predict_proba.

    Raises:
        UserError: As `check_pair`.
    """
    check_pair(strategy, classifier)
    model = get_classifier(classifier).build(seed)
    if get_strategy(strategy).kind == "ensemble":
        model = _ensemble(strategy, model, seed)
    weighed = {"sample_weight": rows.weights} if get_strategy(strategy).kind == "weight" else {}
    with warnings.catch_warnings(), one_thread():
        warnings.simplefilter("ignore")  # the iterations are limited on purpose
        return model.fit(rows.features, rows.labels, **weighed)


def _ensemble(strategy: str, model: Any, seed: int) -> Any:
    from imblearn.ensemble import BalancedBaggingClassifier, BalancedRandomForestClassifier

    if strategy == "balanced_bagging":
        return BalancedBaggingClassifier(model, n_estimators=BAGS, random_state=seed)
    return BalancedRandomForestClassifier(n_estimators=TREES, max_depth=12, random_state=seed)


def probabilities(model: Any, features: NDArray[np.float32]) -> Probabilities:
    """What a fitted classifier says, (n, 7); 0 for a diagnosis that it never saw."""
    out = np.zeros((len(features), len(DX)))
    with one_thread():
        out[:, model.classes_] = model.predict_proba(features)
    return np.asarray(out / out.sum(axis=1, keepdims=True))
