"""How to resample: one description for the controls, the lab and the samplers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ResamplingSpec:
    """How to resample training rows; a strategy ignores the fields that it doesn't use.

    Attributes:
        strategy: A key of `core.resampling.strategies.STRATEGIES`.
        sampling_strength: How far to go towards equally large classes, from 0 (not at all) to 1 (all the way).
        neighbors: Number of nearest neighbours to look at.
        seed: Random seed of the sampler.

    Example:
        >>> ResamplingSpec("smote", sampling_strength=0.5)
        ResamplingSpec(strategy='smote', sampling_strength=0.5, neighbors=5, seed=0)
    """

    strategy: str = "none"
    sampling_strength: float = 1.0
    neighbors: int = 5
    seed: int = 0
