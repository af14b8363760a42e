"""Classifiers on the embeddings, small enough to train while a visitor waits."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError, require_known
from core.labels import DX
from core.resampling.resample import Resampled, one_thread
from core.resampling.strategies import get_strategy

Probabilities = NDArray[np.float64]
BAGS, TREES = 10, 100
LEADING, DIMENSIONS = 32, 128
"""Principal components that gradient boosting reads, and number of components of the embeddings."""


@dataclass(frozen=True)
class Classifier:
    """One classifier.

    Attributes:
        name: Key in `CLASSIFIERS`.
        label: Name for people.
        description: One sentence about its settings.
        build: Builds a scikit-learn classifier from a seed.
        takes_weights: Whether rows can have different weights in its loss.
        seeded: Whether its result depends on the seed.
    """

    name: str
    label: str
    description: str
    build: Callable[[int], Any]
    takes_weights: bool = True
    seeded: bool = True


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
    return _leading_boosting()(
        max_iter=12, learning_rate=0.3, max_leaf_nodes=12, max_bins=32, max_features=0.5, early_stopping=False,
        random_state=seed,
    )  # fmt: skip


@cache
def _leading_boosting() -> Any:
    """A gradient boosting class that reads only the leading principal components.

    Measured on the validation split with SMOTE: balanced accuracy .484 in 0.8 s on 32 components, .475 in 4.1 s on 128.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    class LeadingBoosting(HistGradientBoostingClassifier):  # type: ignore[misc]  # scikit-learn has no types
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            return super().fit(leading(X), y, sample_weight)

        def predict_proba(self, X: Any) -> Any:
            return super().predict_proba(leading(X))

    return LeadingBoosting


def leading(features: Any) -> Any:
    """Keep the leading components, and any columns that a protocol added after the embedding.

    Example:
        >>> leading(np.zeros((2, DIMENSIONS + 3))).shape
        (2, 35)
    """
    return np.delete(features, slice(LEADING, DIMENSIONS), axis=1)


_ENTRIES = (
    Classifier(
        "logistic", "Logistic regression", "Multinomial, L2 penalty with C = 1, at most 100 steps of L-BFGS.",
        _logistic, seeded=False,
    ),
    Classifier("mlp", "MLP head", "One hidden layer of 64 units, ten epochs of Adam.", _mlp),
    Classifier(
        "knn", "k-nearest neighbours", "Fifteen neighbours, weighted by distance.", _neighbors, takes_weights=False,
        seeded=False,
    ),
    Classifier(
        "boosting", "Gradient boosting",
        "Histogram trees on the first 32 principal components, 12 rounds of at most 12 leaves.", _boosting,
    ),
)  # fmt: skip
CLASSIFIERS = {classifier.name: classifier for classifier in _ENTRIES}


def get_classifier(name: str) -> Classifier:
    """Look up a classifier by name.

    Raises:
        UserError: There is no such classifier.
    """
    require_known("classifier", name, CLASSIFIERS)
    return CLASSIFIERS[name]


def check_pair(strategy: str, classifier: str) -> None:
    """Check that a strategy and a classifier work together.

    Raises:
        UserError: A name is unknown, or the strategy needs class weights and the classifier can't use them.
    """
    if get_strategy(strategy).kind == "weight" and not get_classifier(classifier).takes_weights:
        raise UserError(f"{get_classifier(classifier).label} can't use class weights; choose another classifier.")


def fit(rows: Resampled, strategy: str, classifier: str, seed: int) -> Any:
    """Train a classifier on resampled rows, or an ensemble that resamples by itself.

    Args:
        rows: Training rows after resampling.
        strategy: Name of the strategy; "balanced_forest" ignores the classifier and grows its own trees.
        classifier: A key of `CLASSIFIERS`.
        seed: Random seed of the classifier.

    Returns:
        A fitted classifier with predict_proba.

    Raises:
        UserError: As in `check_pair`.

    Example:
        >>> rows = Resampled(np.eye(7, dtype=np.float32), np.arange(7), np.ones(7), np.arange(7))
        >>> model = fit(rows, "none", "logistic", seed=0)
        >>> probabilities(model, rows.features).argmax(axis=1).tolist()
        [0, 1, 2, 3, 4, 5, 6]
    """
    check_pair(strategy, classifier)
    model = get_classifier(classifier).build(seed)
    if get_strategy(strategy).kind == "ensemble":
        model = _ensemble(strategy, model, seed)
    weights = {"sample_weight": rows.weights} if get_strategy(strategy).kind == "weight" else {}
    with warnings.catch_warnings(), one_thread():
        warnings.simplefilter("ignore")  # the number of iterations is limited on purpose
        return model.fit(rows.features, rows.labels, **weights)


def _ensemble(strategy: str, model: Any, seed: int) -> Any:
    from imblearn.ensemble import BalancedBaggingClassifier, BalancedRandomForestClassifier

    if strategy == "balanced_bagging":
        return BalancedBaggingClassifier(model, n_estimators=BAGS, random_state=seed)
    return BalancedRandomForestClassifier(n_estimators=TREES, max_depth=12, random_state=seed)


def probabilities(model: Any, features: NDArray[np.float32]) -> Probabilities:
    """Predict class probabilities, (n, 7); 0 for a class that the classifier never saw."""
    out = np.zeros((len(features), len(DX)))
    with one_thread():
        out[:, model.classes_] = model.predict_proba(features)
    return np.asarray(out / out.sum(axis=1, keepdims=True))
