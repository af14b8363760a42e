import numpy as np
import pytest
from sklearn.cluster import MiniBatchKMeans

from core.resampling.samplers import fit_once_svc
from core.resampling.spec import ResamplingSpec
from core.resampling.strategies import STRATEGIES


@pytest.mark.parametrize("name", [name for name, each in STRATEGIES.items() if each.sampler])
def test_a_sampler_gets_what_its_strategy_uses(name: str) -> None:
    strategy = STRATEGIES[name]
    assert strategy.sampler is not None
    made = strategy.sampler(ResamplingSpec(name, neighbors=7, seed=11), {0: 60}).get_params()
    assert ("sampling_strength" in strategy.uses) == (made["sampling_strategy"] == {0: 60})
    assert ("neighbors" in strategy.uses) == (7 in made.values())
    assert strategy.seeded == (made.get("random_state") == 11)
    inside = ("smote", "estimator")  # a sampler in a sampler draws by the same seed
    assert {made[f"{part}__random_state"] for part in inside if f"{part}__random_state" in made} <= {11}


def test_edited_nearest_neighbours_goes_by_the_majority() -> None:
    sampler = STRATEGIES["enn"].sampler
    assert sampler is not None
    x, labels = np.array([[0.0], [1], [2], [0.6], [50]]), np.array([0, 0, 0, 1, 1])
    assert (
        len(sampler(ResamplingSpec("enn", neighbors=3), {}).fit_resample(x, labels)[1]) == 5
    )  # one neighbour in three is of another class


def test_slow_samplers_get_fast_parts() -> None:
    parts = {"svm_smote": ("svm_estimator", fit_once_svc()), "cluster_centroids": ("estimator", MiniBatchKMeans)}
    for name, (part, kind) in parts.items():
        sampler = STRATEGIES[name].sampler
        assert sampler is not None
        assert isinstance(sampler(ResamplingSpec(name, neighbors=7, seed=11), {0: 60}).get_params()[part], kind)


def test_the_support_vector_machine_is_fitted_once() -> None:
    x, labels = np.array([[0.0], [1], [2], [3]]), np.array([0, 0, 1, 1])
    machine = fit_once_svc()().fit(x, labels)
    assert machine.fit(x, labels[::-1]).predict(x).tolist() == labels.tolist()
