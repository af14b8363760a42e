"""imbalanced-learn's samplers as the strategies ask for them; imported only when one is made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Request:
    """What a sampler is asked for.

    Attributes:
        targets: Rows wanted of each class that is to change; empty where none is.
        neighbors: How many nearest neighbours it looks at.
        seed: Of its draws.
    """

    targets: dict[int, int]
    neighbors: int
    seed: int


Sampler = Callable[[Request], Any]
"""Builds an imbalanced-learn sampler with its fit_resample(X, y)."""


def random_over(ask: Request) -> Any:
    """RandomOverSampler."""
    from imblearn.over_sampling import RandomOverSampler

    return RandomOverSampler(sampling_strategy=ask.targets, random_state=ask.seed)


def random_under(ask: Request) -> Any:
    """RandomUnderSampler."""
    from imblearn.under_sampling import RandomUnderSampler

    return RandomUnderSampler(sampling_strategy=ask.targets, random_state=ask.seed)


def smote(ask: Request) -> Any:
    """SMOTE."""
    from imblearn.over_sampling import SMOTE

    return SMOTE(sampling_strategy=ask.targets, k_neighbors=ask.neighbors, random_state=ask.seed)


def borderline(ask: Request) -> Any:
    """BorderlineSMOTE."""
    from imblearn.over_sampling import BorderlineSMOTE

    return BorderlineSMOTE(sampling_strategy=ask.targets, k_neighbors=ask.neighbors, random_state=ask.seed)


def svm_smote(ask: Request) -> Any:
    """SVMSMOTE."""
    from imblearn.over_sampling import SVMSMOTE

    from core.resampling.svm import FitOnceSVC

    return SVMSMOTE(
        sampling_strategy=ask.targets, k_neighbors=ask.neighbors, random_state=ask.seed, svm_estimator=FitOnceSVC()
    )


def adasyn(ask: Request) -> Any:
    """ADASYN."""
    from imblearn.over_sampling import ADASYN

    return ADASYN(sampling_strategy=ask.targets, n_neighbors=ask.neighbors, random_state=ask.seed)


def smote_tomek(ask: Request) -> Any:
    """SMOTETomek."""
    from imblearn.combine import SMOTETomek

    return SMOTETomek(sampling_strategy=ask.targets, smote=smote(ask), random_state=ask.seed)


def smote_enn(ask: Request) -> Any:
    """SMOTEENN."""
    from imblearn.combine import SMOTEENN

    return SMOTEENN(sampling_strategy=ask.targets, smote=smote(ask), random_state=ask.seed)


def near_miss(ask: Request) -> Any:
    """NearMiss, version 1."""
    from imblearn.under_sampling import NearMiss

    return NearMiss(sampling_strategy=ask.targets, n_neighbors=ask.neighbors)


def tomek(_: Request) -> Any:
    """TomekLinks."""
    from imblearn.under_sampling import TomekLinks

    return TomekLinks()


def enn(ask: Request) -> Any:
    """EditedNearestNeighbours that goes by the majority: by all, it deletes the rare diagnoses."""
    from imblearn.under_sampling import EditedNearestNeighbours

    return EditedNearestNeighbours(n_neighbors=ask.neighbors, kind_sel="mode")


def centroids(ask: Request) -> Any:
    """ClusterCentroids, with k-means in small batches for speed."""
    from imblearn.under_sampling import ClusterCentroids
    from sklearn.cluster import MiniBatchKMeans

    means = MiniBatchKMeans(n_init=1, batch_size=1024, max_iter=20, random_state=ask.seed)
    return ClusterCentroids(sampling_strategy=ask.targets, estimator=means, random_state=ask.seed)
