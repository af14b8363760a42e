"""Reduce thousands of pooled features to a few: choose the depths, standardise, and run PCA."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED

Array = NDArray[np.float32]
DEPTHS = {"stage2": 24, "stage3": 40, "stage4": 80, "stage5": 112, "stage6": 192, "stage7": 320, "top": 1280}
"""Number of channels by depth: after the last block of each stage, and after the last convolution."""
STATISTICS = ("mean", "std", "max")
"""Statistics of each channel over the image."""
DIMENSIONS = (64, 128, 256)
COMBINATIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "last convolution, mean": (("top",), ("mean",)),
    "last convolution, mean and std": (("top",), ("mean", "std")),
    "stages 5-7, mean and std": (("stage5", "stage6", "stage7"), ("mean", "std")),
    "stages 3-7, mean and std": (("stage3", "stage4", "stage5", "stage6", "stage7"), ("mean", "std")),
    "stages 2-7, mean, std and max": (("stage2", "stage3", "stage4", "stage5", "stage6", "stage7"), STATISTICS),
    "stages 3-7 and last convolution, mean": (
        ("stage3", "stage4", "stage5", "stage6", "stage7", "top"), ("mean",),
    ),
    "stages 3-7 and last convolution, mean and std": (
        ("stage3", "stage4", "stage5", "stage6", "stage7", "top"), ("mean", "std"),
    ),
    "everything": (tuple(DEPTHS), STATISTICS),
}  # fmt: skip
"""Candidates by name: depths and statistics."""


@dataclass(frozen=True)
class Reduction:
    """Standardisation and PCA, fitted on training rows.

    Attributes:
        mean: (features,).
        scale: (features,) standard deviations, 1 where a feature is constant.
        axes: (dimensions, features), principal axes.
        explained: (dimensions,) share of the variance that each explains.
        spread: Standard deviation of the first component; all components are divided by it.
    """

    mean: Array
    scale: Array
    axes: Array
    explained: Array
    spread: float

    def __call__(self, features: Array) -> Array:
        """Reduce (n, features) to (n, dimensions), float32."""
        return np.asarray((features - self.mean) / self.scale @ self.axes.T / self.spread, np.float32)


def feature_columns(depths: Sequence[str], statistics: Sequence[str]) -> NDArray[np.int64]:
    """Find the columns of the pooled features for some depths and statistics: (features,) indices.

    Example:
        >>> feature_columns(("stage2",), ("std",))[[0, -1]].tolist()
        [24, 47]
    """
    columns, start = [], 0
    for depth, channels in DEPTHS.items():
        for statistic in STATISTICS:
            if depth in depths and statistic in statistics:
                columns.append(np.arange(start, start + channels))
            start += channels
    return np.concatenate(columns)


def fit_reduction(training: Array, dimensions: int) -> Reduction:
    """Fit standardisation and PCA.

    Args:
        training: (n, features), training rows only.
        dimensions: Number of components to keep.
    """
    from sklearn.decomposition import PCA

    mean, scale = training.mean(axis=0), training.std(axis=0)
    scale[scale == 0] = 1
    pca = PCA(dimensions, svd_solver="randomized", random_state=SEED).fit((training - mean) / scale)
    axes, explained = pca.components_.astype(np.float32), pca.explained_variance_ratio_.astype(np.float32)
    return Reduction(mean, scale, axes, explained, float(pca.explained_variance_[0] ** 0.5))


def compare(features: NDArray[np.float16], dx: NDArray[np.str_], split: NDArray[np.str_]) -> pd.DataFrame:
    """Score each combination of depths at each number of dimensions on the validation split.

    Args:
        features: (n, 6144) as from `pooled_features`.
        dx: (n,) labels.
        split: (n,) "train", "validation" or "test" of the split by lesion; test rows are ignored.

    Returns:
        Columns features (a key of `COMBINATIONS`), dimensions, explained (share of variance), balanced_accuracy and
        its standard error.
    """
    train, validation = split == "train", split == "validation"
    rows = []
    for name, (depths, statistics) in COMBINATIONS.items():
        columns = feature_columns(depths, statistics)
        reduction = fit_reduction(features[train][:, columns].astype(np.float32), max(DIMENSIONS))
        a, b = (reduction(features[part][:, columns].astype(np.float32)) for part in (train, validation))
        for kept in DIMENSIONS:
            score, error = _validate(a[:, :kept], dx[train], b[:, :kept], dx[validation])
            rows.append((name, kept, float(reduction.explained[:kept].sum()), score, error))
    return pd.DataFrame(rows, columns=["features", "dimensions", "explained", "balanced_accuracy", "error"])


def choose(compared: pd.DataFrame) -> tuple[str, int]:
    """Choose the fewest dimensions within one standard error of the best score (Breiman et al. 1984).

    Args:
        compared: As from `compare`.

    Returns:
        The best key of `COMBINATIONS` at that number of dimensions, and the number.

    Example:
        >>> rows = [("everything", 256, 0.63, 0.03), ("everything", 64, 0.62, 0.03)]
        >>> choose(pd.DataFrame(rows, columns=["features", "dimensions", "balanced_accuracy", "error"]))
        ('everything', 64)
    """
    best = compared.nlargest(1, "balanced_accuracy")
    close = compared[compared["balanced_accuracy"] >= (best["balanced_accuracy"] - best["error"]).iloc[0]]
    chosen = close.sort_values(["dimensions", "balanced_accuracy"], ascending=[True, False]).iloc[0]
    return str(chosen["features"]), int(chosen["dimensions"])


def _validate(a: Array, dx_a: NDArray[np.str_], b: Array, dx_b: NDArray[np.str_]) -> tuple[float, float]:
    """Balanced accuracy on validation of a logistic regression with balanced class weights, and its standard error."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=200).fit(a, dx_a)
    right = pd.Series(model.predict(b) == dx_b).groupby(dx_b).agg(["mean", "size"])
    spread = (right["mean"] * (1 - right["mean"]) / right["size"]).sum()
    return float(right["mean"].mean()), float(spread**0.5 / len(right))
