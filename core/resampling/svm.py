"""The support vector machine inside SVM-SMOTE, fitted once where imbalanced-learn would fit it once a class."""

from __future__ import annotations

from typing import Any

from sklearn.svm import SVC


class FitOnceSVC(SVC):  # type: ignore[misc]  # scikit-learn has no types
    """An SVC that keeps its first fit: SVM-SMOTE fits the same rows again for every class it makes rows of."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> FitOnceSVC:
        """Fit the first time, and do nothing afterwards."""
        if not hasattr(self, "support_"):
            super().fit(X, y, sample_weight)
        return self

    def __sklearn_clone__(self) -> FitOnceSVC:
        """Itself, so that the fit survives SVM-SMOTE's cloning."""
        return self
