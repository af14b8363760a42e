"""Fit and measure the image check: a logistic regression between dermatoscopic images of many devices and others.

How it was chosen, by the validation parts alone (an unseen source is one of a sixth of the OOD sources, left out in
turn): with the embedding alone 95.0 to 99.6% of unseen sources' images were refused, with the descriptors too 99.8 to
100%, and 99 instead of 98% of the clinical close-ups; regularization between 0.0003 and 0.01 hardly mattered.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.metadata import Dataset
from core.data.milk10k import Milk10k
from core.inference.crop import prepare
from core.inference.image_descriptors import image_descriptors
from core.inference.model import read_export
from core.inference.ood import MAX_REFUSED, OODDetector, fit_table, write_detector
from core.inference.pool import SIZE, Pool
from core.inference.quality import Quality, assess, fit_limits, quality_warnings
from core.labels import DX
from core.release.check_samples import CLINICAL, HAM, OTHER_CLINICS, SYNTHETIC, CheckSample, check_samples
from core.release.ood_samples import ood_samples
from core.stats import Estimate, wilson
from core.store.card import Card, read_card, write_card
from core.store.fitted_facts import OodDetectorFacts, Rate, SyntheticRate
from core.store.names import OOD_DETECTOR
from core.store.provenance import stored_file
from core.store.stored import MadeFrom

Array = NDArray[np.float64]
Rows = NDArray[np.bool_]
C = 0.001
"""Inverse strength of regularization."""
WEIGHTS = {HAM: 0.5, OTHER_CLINICS: 2.0, CLINICAL: 3.0}
"""Weight of an image in fitting, by kind; 3 for OOD samples, 1 for altered images."""


@dataclass(frozen=True)
class Features:
    """What the image check needs, one row per image.

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


def describe(pool: Pool, samples: Sequence[CheckSample], on_done: Callable[[int], object] = lambda _: None) -> Features:
    """Run images through a model's graph and measure them.

    Args:
        pool: The model's.
        samples: The images.
        on_done: Called with the number of images done so far.
    """

    def one(i: int) -> tuple[NDArray[np.float32], Array, Array]:
        prepared = prepare(samples[i].load(i))
        out = pool.run(prepared.resized(pool.size)[None].astype(np.float32))
        return out["embedding"].reshape(-1), image_descriptors(prepared), assess(prepared).as_array()

    rows = []
    with ThreadPoolExecutor(SIZE) as threads:
        for i, row in enumerate(threads.map(one, range(len(samples)))):
            rows.append(row)
            on_done(i + 1)
    embeddings, descriptors, quality = (np.stack(column) for column in zip(*rows, strict=True))
    return Features(embeddings, descriptors, quality)


def fit_image_check(
    folder: Path, dataset: Dataset, milk: Milk10k, on_done: Callable[[int, int], object] = lambda *_: None
) -> Card:
    """Fit the image check on a network's embedding, measure it, and write it to the network's folder and card.

    Args:
        folder: trained_models/NAME, exported.
        dataset: All of HAM10000.
        milk: MILK10k.
        on_done: Called with (images done, of how many).

    Returns:
        The card as written.

    Raises:
        UserError: Not exported, an image is missing, or scikit-image is.
    """
    others = ood_samples()
    samples = check_samples(dataset, milk, others)
    seen = describe(Pool(read_export(folder)), samples, lambda done: on_done(done, len(samples)))
    detector, limits = fit(seen, samples), fit_quality(seen, samples)
    scores = detector.scores(seen.embeddings, seen.descriptors)
    good = np.array([not quality_warnings(Quality(*row), limits) for row in seen.quality.tolist()])
    threshold = fit_threshold(scores, good, samples)
    write_detector(detector, folder / OOD_DETECTOR)
    facts = OodDetectorFacts(
        made_from=MadeFrom(export=read_card(folder).files.export),
        file=stored_file(folder / OOD_DETECTOR),
        threshold=threshold,
        limits=limits,
        sources=tuple(sorted({each.source for each in others if "." in each.source})),
        **measure((scores <= threshold) & good, samples),
    )
    write_card(folder, replace(read_card(folder), ood_detector=facts))
    return read_card(folder)


def fit(seen: Features, samples: Sequence[CheckSample]) -> OODDetector:
    """Fit the detector on the part for fitting.

    Args:
        seen: Of all samples.
        samples: All samples.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    rows = np.array([each.part == "fit" for each in samples])
    chosen = [each for each in samples if each.part == "fit"]
    values = np.hstack([seen.embeddings[rows], seen.descriptors[rows]]).astype(np.float64)
    scaler = StandardScaler().fit(values)
    weight = np.array([1.0 if each.alteration else WEIGHTS.get(each.kind, 3.0) for each in chosen])
    truth = np.array([each.dermatoscopic for each in chosen])
    # Both kinds count alike, so that the probabilities are those of an even choice.
    weight *= len(truth) / 2 / np.where(truth, weight[truth].sum(), weight[~truth].sum())
    model = LogisticRegression(C=C, max_iter=1000).fit(scaler.transform(values), truth, sample_weight=weight)
    weights = model.coef_[0] / scaler.scale_
    table = np.array([each.part == "fit" and bool(each.image_id) for each in samples])
    known = [each for each, yes in zip(samples, table, strict=True) if yes]
    return OODDetector(
        weights=weights,
        offset=model.intercept_ - weights @ scaler.mean_,
        **fit_table(
            seen.embeddings[table], np.array([DX.index(each.dx) for each in known]), [each.image_id for each in known]
        ),
    )


def fit_threshold(scores: Array, good: Rows, samples: Sequence[CheckSample]) -> float:
    """Fit the threshold on the validation images of both datasets: see MAX_REFUSED.

    An image of bad quality is refused whatever its score, and counts among those that may be refused.

    Args:
        scores: (n,) of all samples, probability of not being dermatoscopic.
        good: (n,) whether the quality of each is good enough.
        samples: All samples.

    Returns:
        The highest score that is accepted; 1 if the quality alone refuses more than may be refused.
    """
    ends = []
    for kind, share in MAX_REFUSED.items():
        rows = np.array([each.part == "choose" and each.kind == kind and not each.alteration for each in samples])
        ends.append(np.quantile(np.where(good, scores, 1.0)[rows], 1 - share, method="higher"))
    return round(float(max(ends)), 6)


def fit_quality(seen: Features, samples: Sequence[CheckSample]) -> dict[str, float]:
    """Fit the quality limits on dermatoscopic images for fitting, altered ones too: a black surround is no fault."""
    return fit_limits(seen.quality[np.array([each.part == "fit" and each.dermatoscopic for each in samples])])


def measure(passed: Rows, samples: Sequence[CheckSample]) -> dict[str, Any]:
    """Measure the rates of the samples for the report, by the names of `OodDetectorFacts`.

    Args:
        passed: (n,) whether each sample was accepted.
        samples: All samples.
    """
    table: list[tuple[bool, CheckSample]] = [
        (bool(yes), each) for yes, each in zip(passed, samples, strict=True) if each.part == "report"
    ]

    def rates(kind: str, by: Callable[[CheckSample], str], keep: Callable[[CheckSample], bool]) -> dict[str, Rate]:
        rows = [(yes, each) for yes, each in table if (not kind or each.kind == kind) and keep(each)]
        names = list(dict.fromkeys(by(each) for _, each in rows))
        parts = {name: [row for row in rows if by(row[1]) == name] for name in names} | {"all": rows}
        return {
            name: rate([yes == each.dermatoscopic for yes, each in part], [each.case for _, each in part])
            for name, part in parts.items()
        }

    def is_other(each: CheckSample) -> bool:
        return not each.dermatoscopic and each.kind != CLINICAL

    altered = rates(HAM, lambda each: each.alteration, lambda each: bool(each.alteration))
    synthetic = rates(SYNTHETIC, lambda each: each.kind, lambda _: True)["all"]
    return {
        "accepted": rates(HAM, lambda each: each.dx, lambda each: not each.alteration),
        "other_clinics": rates(OTHER_CLINICS, lambda each: each.dx, lambda _: True),
        "altered": {name: each for name, each in altered.items() if name != "all"},
        "clinical": rates(CLINICAL, lambda each: each.kind, lambda each: not each.file)["all"],
        "rejected": rates("", lambda each: each.kind, lambda each: is_other(each) and not each.file),
        "rejected_as_jpeg": rates("", lambda each: each.kind, lambda each: is_other(each) and each.file == "jpeg"),
        "synthetic_accepted": SyntheticRate(synthetic.share.value, synthetic.images),
    }


def rate(right: Sequence[bool], cases: Sequence[str]) -> Rate:
    """Compute a share with an interval for unequal cases.

    Images of one case may all share a fault, so as many cases count as equally large ones would be worth: the square of
    the number of images by the sum of the squares (Kish 1965, "Survey Sampling"). Wilson's interval (1927), 95%.

    Args:
        right: Whether each image was treated as it should.
        cases: Lesion or source of each.

    Example:
        >>> rate([True] * 4, ["a", "a", "a", "b"]).cases
        2
    """
    sizes = np.unique(np.array(cases), return_counts=True)[1]
    effective = sizes.sum() ** 2 / (sizes**2).sum()
    share = float(np.mean(right))
    return Rate(Estimate(share, *wilson(share, effective)).rounded(4), len(right), len(sizes))


def as_lines(facts: OodDetectorFacts) -> list[str]:
    """Describe the image check for a terminal: each rate with its interval."""

    def line(name: str, each: Rate) -> str:
        share = each.share
        return f"  {name:18}{share.value:7.1%} [{share.low:.1%}, {share.high:.1%}] of {each.images:,} images"

    lines = [f"threshold {facts.threshold:.4f}, {facts.file.bytes:,} bytes"]
    for title, table in (
        ("accepted, HAM10000's test images:", facts.accepted),
        ("accepted, MILK10k's test images:", facts.other_clinics),
        ("accepted, HAM10000's test images, altered:", facts.altered),
        ("refused, without a dermatoscope:", {CLINICAL: facts.clinical}),
        ("refused, other images:", facts.rejected),
        ("refused, other images as JPEG:", facts.rejected_as_jpeg),
    ):
        lines += [title, *(line(name, each) for name, each in table.items())]
    return [*lines, f"accepted, synthetic lesions: {facts.synthetic_accepted.share:.1%}"]
