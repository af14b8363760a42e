import numpy as np
import pytest

from core.resampling.samplers import Request
from core.resampling.strategies import STRATEGIES


@pytest.mark.parametrize("name", [name for name, each in STRATEGIES.items() if each.sampler])
def test_a_sampler_is_asked_for_what_its_strategy_takes(name: str) -> None:
    strategy = STRATEGIES[name]
    assert strategy.sampler is not None
    made = strategy.sampler(Request({0: 60}, 7, 11)).get_params()
    assert ("amount" in strategy.takes) == (made["sampling_strategy"] == {0: 60})
    assert ("neighbors" in strategy.takes) == (7 in made.values())
    assert strategy.draws == (made.get("random_state") == 11)
    inside = ("smote", "estimator")  # a sampler in a sampler draws by the same seed
    assert {made[f"{part}__random_state"] for part in inside if f"{part}__random_state" in made} <= {11}


def test_edited_nearest_neighbours_goes_by_the_majority() -> None:
    sampler = STRATEGIES["enn"].sampler
    assert sampler is not None
    x, labels = np.array([[0.0], [1], [2], [0.6], [50]]), np.array([0, 0, 0, 1, 1])
    assert len(sampler(Request({}, 3, 0)).fit_resample(x, labels)[1]) == 5  # each has one strange neighbour of three
