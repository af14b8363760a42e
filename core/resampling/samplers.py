"""Build imbalanced-learn's samplers; a library is imported only when its sampler is built."""

from collections.abc import Callable
from functools import cache
from typing import Any

from core.resampling.neighbors import neighbors_class, tomek_links_class
from core.resampling.spec import ResamplingSpec

Targets = dict[int, int]
"""Number of rows wanted, by class; only classes whose size should change."""
Sampler = Callable[[ResamplingSpec, Targets], Any]
"""Builds an imbalanced-learn sampler, which has fit_resample(X, y)."""


def random_over(spec: ResamplingSpec, targets: Targets) -> Any:
    """RandomOverSampler.

    Example:
        >>> random_over(ResamplingSpec("random_over", seed=7), {0: 50}).random_state
        7
    """
    from imblearn.over_sampling import RandomOverSampler

    return RandomOverSampler(sampling_strategy=targets, random_state=spec.seed)


def random_under(spec: ResamplingSpec, targets: Targets) -> Any:
    """RandomUnderSampler."""
    from imblearn.under_sampling import RandomUnderSampler

    return RandomUnderSampler(sampling_strategy=targets, random_state=spec.seed)


def smote(spec: ResamplingSpec, targets: Targets) -> Any:
    """SMOTE.

    Example:
        >>> smote(ResamplingSpec("smote", neighbors=3), {0: 50}).k_neighbors
        3
    """
    from imblearn.over_sampling import SMOTE

    return SMOTE(sampling_strategy=targets, k_neighbors=spec.neighbors, random_state=spec.seed)


def borderline(spec: ResamplingSpec, targets: Targets) -> Any:
    """BorderlineSMOTE."""
    from imblearn.over_sampling import BorderlineSMOTE

    return BorderlineSMOTE(sampling_strategy=targets, k_neighbors=spec.neighbors, random_state=spec.seed)


def svm_smote(spec: ResamplingSpec, targets: Targets) -> Any:
    """SVMSMOTE, with a support vector machine that is fitted only once."""
    from imblearn.over_sampling import SVMSMOTE

    return SVMSMOTE(
        sampling_strategy=targets, k_neighbors=spec.neighbors, random_state=spec.seed, svm_estimator=fit_once_svc()()
    )


@cache
def fit_once_svc() -> Any:
    """Return an SVC class whose objects keep their first fit: SVM-SMOTE fits the same rows again for each class."""
    from sklearn.svm import SVC

    class FitOnceSVC(SVC):  # type: ignore[misc]  # scikit-learn has no types
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            if not hasattr(self, "support_"):
                super().fit(X, y, sample_weight)
            return self

        def __sklearn_clone__(self) -> Any:
            return self  # so that the fit survives SVM-SMOTE's cloning

    return FitOnceSVC


def adasyn(spec: ResamplingSpec, targets: Targets) -> Any:
    """ADASYN."""
    from imblearn.over_sampling import ADASYN

    return ADASYN(sampling_strategy=targets, n_neighbors=spec.neighbors, random_state=spec.seed)


def smote_tomek(spec: ResamplingSpec, targets: Targets) -> Any:
    """SMOTETomek, its neighbours found faster."""
    from imblearn.combine import SMOTETomek

    links = tomek_links_class()(sampling_strategy="all")
    return SMOTETomek(sampling_strategy=targets, smote=smote(spec, targets), tomek=links, random_state=spec.seed)


def smote_enn(spec: ResamplingSpec, targets: Targets) -> Any:
    """SMOTEENN, its neighbours found faster."""
    from imblearn.combine import SMOTEENN
    from imblearn.under_sampling import EditedNearestNeighbours

    four = neighbors_class()(n_neighbors=4)  # three besides the row itself
    edited = EditedNearestNeighbours(sampling_strategy="all", n_neighbors=four)
    return SMOTEENN(sampling_strategy=targets, smote=smote(spec, targets), enn=edited, random_state=spec.seed)


def near_miss(spec: ResamplingSpec, targets: Targets) -> Any:
    """NearMiss, version 1."""
    from imblearn.under_sampling import NearMiss

    return NearMiss(sampling_strategy=targets, n_neighbors=spec.neighbors)


def tomek(_spec: ResamplingSpec, _targets: Targets) -> Any:
    """TomekLinks."""
    from imblearn.under_sampling import TomekLinks

    return TomekLinks()


def enn(spec: ResamplingSpec, _targets: Targets) -> Any:
    """EditedNearestNeighbours by majority vote; if all neighbours had to agree, it would delete rare classes."""
    from imblearn.under_sampling import EditedNearestNeighbours

    return EditedNearestNeighbours(n_neighbors=spec.neighbors, kind_sel="mode")


def centroids(spec: ResamplingSpec, targets: Targets) -> Any:
    """ClusterCentroids, with mini-batch k-means for speed."""
    from imblearn.under_sampling import ClusterCentroids
    from sklearn.cluster import MiniBatchKMeans

    means = MiniBatchKMeans(n_init=1, batch_size=1024, max_iter=20, random_state=spec.seed)
    return ClusterCentroids(sampling_strategy=targets, estimator=means, random_state=spec.seed)
