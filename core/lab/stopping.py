"""Two classifiers that train for a fair time whatever the resampling.

A fixed number of epochs would train 4.6 times as long on over-sampled rows as on the rows themselves, and a fixed
number of boosting rounds suits only one size of the training set.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation.calibration import correct_prior
from core.lab.protocols import LabeledRows
from core.labels import DX

BATCH, STEPS = 512, 300
"""Rows in a step of the neural network, and its number of steps.

Balanced accuracy on validation after 150, 300, 600 and 1,200 steps, mean over no resampling, class weights, random
over-sampling, random under-sampling and SMOTE, two seeds each: .553, .553, .545, .529; accuracy .662, .683, .690, .696.
"""
STRIDE, PATIENCE, MOST_ROUNDS = 4, 2, 60
"""Boosting rounds between two measurements on validation, how many in a row end it, and the most rounds."""
LEADING, DIMENSIONS = 32, 128
"""Principal components that gradient boosting reads, and number of components of the embeddings."""


@cache
def fixed_steps_mlp() -> Any:
    """Make a class of MLPs whose `max_iter` counts gradient steps, each on `batch_size` rows, instead of epochs."""
    from sklearn.neural_network import MLPClassifier

    class FixedStepsMLP(MLPClassifier):  # type: ignore[misc]  # scikit-learn has no types
        batch_size: int

        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            for fitted in ("coefs_", "_optimizer"):  # start over, also if it was fitted before
                if hasattr(self, fitted):
                    delattr(self, fitted)
            rng, classes, rows = np.random.default_rng(self.random_state), np.unique(y), np.array([], np.int64)
            asked, self.batch_size = self.batch_size, min(self.batch_size, len(y))
            for _ in range(self.max_iter):
                while len(rows) < self.batch_size:
                    rows = np.concatenate([rows, rng.permutation(len(y))])
                batch, rows = np.split(rows, [self.batch_size])
                weights = None if sample_weight is None else sample_weight[batch]
                self.partial_fit(X[batch], y[batch], sample_weight=weights, classes=classes)
            self.batch_size = asked
            return self

    return FixedStepsMLP


@cache
def validated_boosting() -> Any:
    """Make a class of gradient boosting that chooses its rounds on `validation`, and reads the leading components.

    Every `STRIDE` rounds the loss is measured on the validation rows; training ends when it no longer falls, and
    predictions use the rounds up to the lowest. Without validation rows, all `max_iter` rounds are used.

    Reading 32 components instead of 128 was measured on the validation split with SMOTE: balanced accuracy .484 in
    0.8 s on 32, .475 in 4.1 s on 128 (12 rounds).
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    class ValidatedBoosting(HistGradientBoostingClassifier):  # type: ignore[misc]  # scikit-learn has no types
        validation: LabeledRows | None = None
        max_iter: int
        rounds_: int

        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            if self.validation is None:
                self.rounds_ = self.max_iter
                return super().fit(leading(X), y, sample_weight)
            learned, lowest, most, misses = shares(y, sample_weight), math.inf, self.max_iter, 0
            self.warm_start = True
            for self.max_iter in range(STRIDE, most + 1, STRIDE):
                super().fit(leading(X), y, sample_weight)
                loss = self._loss_on(self.validation, learned)
                if loss < lowest:
                    lowest, self.rounds_, misses = loss, self.max_iter, 0
                elif (misses := misses + 1) == PATIENCE:
                    break
            self.max_iter, self.warm_start = most, False
            return self

        def _loss_on(self, rows: LabeledRows, learned: NDArray[np.float64]) -> float:
            raw = np.zeros((len(rows.labels), len(DX)))
            raw[:, self.classes_] = super().predict_proba(leading(rows.features))
            return validation_loss(raw, rows.labels, learned)

        def predict_proba(self, X: Any) -> Any:
            return next(islice(super().staged_predict_proba(leading(X)), self.rounds_ - 1, None))

        def __sklearn_clone__(self) -> Any:
            twin = type(self)(**self.get_params())
            twin.validation = self.validation
            return twin

    return ValidatedBoosting


def leading(features: Any) -> Any:
    """Keep the leading components, and any columns that a protocol added after the embedding.

    Example:
        >>> leading(np.zeros((2, DIMENSIONS + 3))).shape
        (2, 35)
    """
    return np.delete(features, slice(LEADING, DIMENSIONS), axis=1)


def shares(labels: NDArray[np.int64], weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Compute weighted class shares, (7,).

    Example:
        >>> shares(np.array([0, 0, 1, 2])).tolist()
        [0.5, 0.25, 0.25, 0.0, 0.0, 0.0, 0.0]
    """
    total = np.bincount(labels, weights, len(DX))
    return np.asarray(total / total.sum())


def validation_loss(raw: NDArray[np.float64], labels: NDArray[np.int64], learned: NDArray[np.float64]) -> float:
    """Compute the log loss after correcting for the class shares, so that it is fair to every resampling.

    Args:
        raw: (n, 7) probabilities of validation images.
        labels: (n,) their labels.
        learned: (7,) class shares of the rows that the classifier was trained on.

    Example:
        >>> round(validation_loss(np.full((7, 7), 1 / 7), np.arange(7), np.full(7, 1 / 7)), 3)
        1.946
    """
    corrected = correct_prior(raw, learned, shares(labels))
    return float(-np.log(np.maximum(corrected[np.arange(len(labels)), labels], 1e-12)).mean())
