"""Calibration error without the part that chance adds: a plain expected calibration error is never near 0.

With finitely many images, confidence and accuracy differ in every bin even if the model is calibrated, and the gaps
don't cancel, because their size is what counts. So the expected variance of each gap is subtracted from its square
(the debiased estimator of Kumar, Liang and Ma 2019, "Verified uncertainty calibration", arXiv:1909.10155, here with
variances over lesions). Bins hold equally many images, so that each has a variance that can be estimated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.stats import LEVEL
from core.store.predictions import Scores

Array = NDArray[np.float64]
CALIBRATION_BINS = 10
_STEPS = 40
"""Bisections of an end of the interval: to 1e-12 of where it started."""


def confidence_edges(probabilities: NDArray[np.float64]) -> Array:
    """Return the inner edges of the confidence bins, (9,): tenths of the largest probabilities."""
    shares = np.arange(1, CALIBRATION_BINS) / CALIBRATION_BINS
    return np.asarray(np.quantile(probabilities.max(axis=1), shares))


def confidence_bins(probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the confidence bin of each image, (n,): closed on the right; equal confidences share a bin.

    Example:
        >>> confidence_bins(np.eye(7)[[0, 1, 2]] * [[0.2], [0.5], [0.8]]).tolist()
        [0, 4, 9]
    """
    return np.asarray(np.searchsorted(confidence_edges(probabilities), probabilities.max(axis=1), side="left"))


@dataclass(frozen=True)
class Gaps:
    """Confidence against accuracy in each bin that has images.

    Attributes:
        members: (bins, n) 1 where an image is in a bin.
        weight: (bins,) share of all images.
        gap: (bins,) accuracy minus mean confidence.
        variance: (bins,) of the gap, over lesions.
        each: (n,) 1 for a correct prediction, else 0, minus its confidence.
    """

    members: NDArray[np.float32]
    weight: Array
    gap: Array
    variance: Array
    each: Array

    @property
    def squared(self) -> float:
        """Mean squared gap less what chance adds to it; below 0 about as often as above if the model is calibrated."""
        return float((self.weight * (self.gap**2 - self.variance)).sum())

    def errors(self, weights: NDArray[np.float32]) -> Array:
        """Error of each bin's gap in each resample, (bins, draws)."""
        images = (self.members @ weights).astype(np.float64)
        sums = ((self.members * self.each).astype(np.float32) @ weights).astype(np.float64)
        gap = np.broadcast_to(self.gap[:, None], images.shape)
        return np.divide(sums, images, out=gap.copy(), where=images > 0) - gap

    def chance(self, weights: NDArray[np.float32]) -> tuple[Array, Array]:
        """Split the error of `squared` in each resample, (draws,) each, in two parts.

        Returns:
            What a calibrated model has; and what is added for each unit of true calibration error (its root).
        """
        errors = self.errors(weights)
        size = np.sqrt((self.weight * self.gap**2).sum())
        fixed = (self.weight[:, None] * (errors**2 - self.variance[:, None])).sum(axis=0)
        by_size = 2 * ((self.weight * self.gap)[:, None] * errors).sum(axis=0)
        return fixed, by_size / size if size else by_size


def measure_gaps(scores: Scores) -> Gaps:
    """Compare confidence and accuracy in each bin."""
    top = scores.probabilities.max(axis=1)
    each = (scores.probabilities.argmax(axis=1) == scores.truth) - top
    members = np.arange(CALIBRATION_BINS)[:, None] == confidence_bins(scores.probabilities)
    members = members[members.any(axis=1)]
    size = members.sum(axis=1)
    gap = (members @ each) / size
    lesion = np.unique(scores.group, return_inverse=True)[1]
    residuals = members * (each - gap[:, None])
    sums = np.stack([np.bincount(lesion, row) for row in residuals])
    lesions = np.array([len(np.unique(lesion[row])) for row in members])
    few = lesions / np.maximum(lesions - 1, 1)
    return Gaps(members.astype(np.float32), size / size.sum(), gap, few * (sums**2).sum(axis=1) / size**2, each)


def calibration_error(scores: Scores) -> float:
    """Compute the root-mean-square gap between confidence and accuracy, without what chance adds; at least 0.

    Example:
        >>> probabilities = np.tile([0, 0, 0, 0, 0.2, 0.8, 0], (200, 1))
        >>> truth = np.where(np.arange(200) % 5 == 0, 4, 5)  # right in four of five
        >>> ids = np.arange(200).astype(str)
        >>> calibration_error(Scores(ids, np.arange(200), truth, probabilities, np.full(7, 1 / 7)))
        0.0
    """
    return float(_root(measure_gaps(scores).squared)) if len(scores.truth) else float("nan")


def error_draws(scores: Scores, weights: NDArray[np.float32]) -> Array:
    """Draw the calibration error, (draws,), for differences between models; mean and spread of its square are right.

    An interval of these draws alone is too wide for a calibrated model; see `error_interval`.
    """
    if not len(scores.truth):
        return np.full(weights.shape[1], np.nan)
    gaps = measure_gaps(scores)
    fixed, by_size = gaps.chance(weights)
    # Mirrored, so that the long tail of the squares lies on the side where the true value may be.
    return _root(gaps.squared - fixed - _root(gaps.squared) * by_size)


def error_interval(scores: Scores, weights: NDArray[np.float32]) -> tuple[float, float]:
    """Compute the 95% interval of the calibration error by inverting a test.

    A value belongs to it unless a model with that calibration error would seldom give what was found: each end leaves
    2.5% of the resamples outside. A calibrated model's interval starts at 0.

    Args:
        scores: Predictions.
        weights: (n, draws) as of `core.stats.draw_weights`.
    """
    if not len(scores.truth):
        return float("nan"), float("nan")
    gaps = measure_gaps(scores)
    fixed, by_size = gaps.chance(weights)
    if not (np.ptp(fixed) or np.ptp(by_size)):
        return float("nan"), float("nan")

    def beyond(root: float, share: float) -> bool:
        """Return whether what was found lies above a share of what a model with this error gives."""
        return bool(gaps.squared > root**2 + np.quantile(fixed + root * by_size, share))

    upper, lower = (1 + LEVEL) / 2, (1 - LEVEL) / 2
    low = 0.0 if not beyond(0.0, upper) else _bisect(lambda root: beyond(root, upper), 0.0, 2.0)
    high = 0.0 if not beyond(0.0, lower) else _bisect(lambda root: beyond(root, lower), 0.0, 2.0)
    return low, high


def _bisect(holds, low: float, high: float) -> float:  # type: ignore[no-untyped-def]
    """Find where `holds` turns from true to false between two values."""
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _root(squared: Array | float) -> Array:
    return np.sqrt(np.maximum(squared, 0))
