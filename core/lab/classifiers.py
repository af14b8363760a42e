"""Classifiers on the embeddings, small enough to train while a visitor waits."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError, require_known
from core.lab.protocols import LabeledRows
from core.lab.stopping import BATCH, LEADING, MOST_ROUNDS, STEPS, fixed_steps_mlp, validated_boosting
from core.labels import DX
from core.resampling.imblearn_import import import_imblearn
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
        description: One sentence about its settings.
        build: Builds a scikit-learn classifier from a seed and validation rows, which only boosting needs.
        takes_weights: Whether rows can have different weights in its loss.
        seeded: Whether its result depends on the seed.
    """

    name: str
    label: str
    description: str
    build: Callable[[int, LabeledRows | None], Any]
    takes_weights: bool = True
    seeded: bool = True


def _logistic(seed: int, _: LabeledRows | None) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=100, tol=1e-3, random_state=seed)


def _mlp(seed: int, _: LabeledRows | None) -> Any:
    return fixed_steps_mlp()(
        (64,), alpha=1e-3, batch_size=BATCH, learning_rate_init=4e-3, max_iter=STEPS, random_state=seed
    )


def _neighbors(_: int, __: LabeledRows | None) -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(15, weights="distance", algorithm="brute")


def _boosting(seed: int, validation: LabeledRows | None) -> Any:
    model = validated_boosting()(
        max_iter=MOST_ROUNDS, learning_rate=0.3, max_leaf_nodes=12, max_bins=32, max_features=0.5,
        early_stopping=False, random_state=seed,
    )  # fmt: skip
    model.validation = validation
    return model


_ENTRIES = (
    Classifier(
        "logistic", "Logistic regression", "Multinomial, L2 penalty with C = 1, at most 100 steps of L-BFGS.",
        _logistic, seeded=False,
    ),
    Classifier(
        "mlp", "MLP head",
        f"One hidden layer of 64 units, {STEPS} steps of Adam on {BATCH} rows each, whatever the resampling.", _mlp,
    ),
    Classifier(
        "knn", "k-nearest neighbours", "Fifteen neighbours, weighted by distance.", _neighbors, takes_weights=False,
        seeded=False,
    ),
    Classifier(
        "boosting", "Gradient boosting",
        f"Histogram trees of at most 12 leaves on the first {LEADING} principal components; the number of rounds, at "
        f"most {MOST_ROUNDS}, is chosen on the validation split.", _boosting,
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


def fit(rows: Resampled, strategy: str, classifier: str, seed: int, validation: LabeledRows | None = None) -> Any:
    """Train a classifier on resampled rows, or an ensemble that resamples by itself.

    Args:
        rows: Training rows after resampling.
        strategy: Name of the strategy; "balanced_forest" ignores the classifier and grows its own trees.
        classifier: A key of `CLASSIFIERS`.
        seed: Random seed of the classifier.
        validation: Rows on which boosting chooses its rounds; without them, it uses them all.

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
    model = get_classifier(classifier).build(seed, validation)
    if get_strategy(strategy).kind == "ensemble":
        model = _ensemble(strategy, model, seed)
    weights = {"sample_weight": rows.weights} if get_strategy(strategy).kind == "weight" else {}
    with warnings.catch_warnings(), one_thread():
        warnings.simplefilter("ignore")  # the number of iterations is limited on purpose
        return model.fit(rows.features, rows.labels, **weights)


def _ensemble(strategy: str, model: Any, seed: int) -> Any:
    import_imblearn()
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
