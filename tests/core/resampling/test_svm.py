from sklearn.cluster import MiniBatchKMeans

from core.resampling.samplers import Request
from core.resampling.strategies import STRATEGIES
from core.resampling.svm import FitOnceSVC


def test_slow_samplers_are_given_fast_parts() -> None:
    ask = Request({0: 60}, 7, 11)
    parts = {
        "svm_smote": ("svm_estimator", FitOnceSVC), "cluster_centroids": ("estimator", MiniBatchKMeans),
    }  # fmt: skip
    for name, (part, kind) in parts.items():
        sampler = STRATEGIES[name].sampler
        assert sampler is not None
        assert isinstance(sampler(ask).get_params()[part], kind)
