from dataclasses import fields

import pytest

from core.resampling.spec import ResamplingSpec
from core.resampling.strategies import STRATEGIES


def test_by_default_nothing_is_resampled() -> None:
    assert ResamplingSpec() == ResamplingSpec("none", sampling_strength=1.0, neighbors=5, seed=0)
    assert STRATEGIES[ResamplingSpec().strategy].kind == "none"


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_uses_only_what_a_spec_has(name: str) -> None:
    assert set(STRATEGIES[name].uses) <= {field.name for field in fields(ResamplingSpec)}


def test_equal_specs_are_one_key_of_a_cache() -> None:
    assert len({ResamplingSpec("smote"), ResamplingSpec("smote"), ResamplingSpec("smote", seed=1)}) == 2
