"""A setting of the lab, without what runs it: the lesson names many, and Home, which counts its steps, runs none."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.resampling.spec import ResamplingSpec

NO_RESAMPLING = ResamplingSpec()


@dataclass(frozen=True)
class Setting:
    """What the lab runs.

    Attributes:
        resampling: How to resample the training rows; its seed is also the classifier's.
        classifier: A key of `CLASSIFIERS`.
        protocol: A key of `PROTOCOLS`.

    Example:
        >>> Setting(ResamplingSpec("smote"), "knn").resampling.strategy
        'smote'
    """

    resampling: ResamplingSpec = NO_RESAMPLING
    classifier: str = "logistic"
    protocol: str = "right"

    def baseline(self) -> Setting:
        """Return the same without resampling."""
        return replace(self, resampling=ResamplingSpec(seed=self.resampling.seed))
