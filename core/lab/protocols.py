"""Protocols: which rows train, validate and test a classifier, done right and in five ways believed to flatter it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.data.cleaning import Cleaning, clean
from core.data.splits import hold_out_validation
from core.errors import UserError, require_known
from core.lab.embeddings import Embeddings
from core.lab.matching import match_sizes, take, thin
from core.labels import DX
from core.resampling.resample import Array, Labels, Resampled, resample
from core.resampling.spec import ResamplingSpec

Rows = NDArray[np.int64]
"""(n,) rows of the embeddings."""
TEST_SHARE = 0.2
JITTER = 0.3
"""Noise of an augmented embedding, in standard deviations of each feature; it stands for small changes of an image."""


@dataclass(frozen=True)
class Protocol:
    """One way to train and test a classifier.

    Attributes:
        name: Key in `PROTOCOLS`.
        label: Name for people.
        description: What is done, and what is wrong with it.
        metadata: Whether it needs columns that only the installed dataset has.
        seeded: Whether its result depends on the seed.
        matched: Whether it trains on more images than its honest counterpart, so that sizes must be matched.
    """

    name: str
    label: str
    description: str
    metadata: bool = False
    seeded: bool = False
    matched: bool = False

    @property
    def outcomes(self) -> tuple[str, ...]:
        """What a comparison trains, see `prepare`."""
        return ("full", "inflated", "honest") if self.matched else ("inflated", "honest")


_ENTRIES = (
    Protocol(
        "right", "Correct",
        "Split by lesion first, then resample only the training rows; the test split stays as it is.",
    ),
    Protocol(
        "image_split", "Split by image",
        "The data is split by image, so lesions in the test split have other images in the training split. "
        "For comparison: the same test images, with their lesions removed from training. Both train on equally many "
        "images of each class.", matched=True,
    ),
    Protocol(
        "before_split", "Resample before splitting",
        "All rows are resampled and then split, so the training split contains copies and mixtures of test images. "
        "For comparison: the same test images, set aside before resampling with all images of their lesions. Both "
        "train on equally many images of each class.",
        seeded=True, matched=True,
    ),
    Protocol(
        "augmented_test", "Augment the test split",
        "Altered copies are added to the test split until all classes are equally large, so rare classes count many "
        "times. For comparison: the same classifier on the original test images.", seeded=True,
    ),
    Protocol(
        "dx_localization", "Impute body sites by diagnosis",
        "An unknown body site is replaced by the most frequent site of the image's own diagnosis, so a feature "
        "contains the answer. For comparison: unknown sites stay unknown.", metadata=True,
    ),
    Protocol(
        "dx_type", "Confirmation method as a feature",
        "How a diagnosis was confirmed is known only once the diagnosis is known, and benign lesions are often "
        "confirmed without a biopsy. For comparison: the same classifier without this column.", metadata=True,
    ),
)  # fmt: skip
PROTOCOLS = {protocol.name: protocol for protocol in _ENTRIES}


class LabeledRows(NamedTuple):
    """Features with their labels.

    Attributes:
        features: (n, d).
        labels: (n,) index into core.labels.DX.
        rows: (n,) rows of the embeddings, which name image and lesion; empty if the rows are not all real images.
    """

    features: Array
    labels: Labels
    rows: Rows


@dataclass(frozen=True)
class TrainingJob:
    """All that is needed to train a classifier once and test it.

    Attributes:
        train: Training rows after resampling.
        labels_before: (n,) labels of the training rows before.
        train_rows: (n,) rows of the embeddings that were training rows before; the origins in `train` index into it.
        validation: Rows for tuning.
        tests: Rows for testing: "test", and "reported" of a "full" job if the protocol itself would report other rows.
    """

    train: Resampled
    labels_before: Labels
    train_rows: Rows
    validation: LabeledRows
    tests: dict[str, LabeledRows] = field(default_factory=dict)


Jobs = dict[str, Callable[[], TrainingJob]]


def get_protocol(name: str) -> Protocol:
    """Look up a protocol by name.

    Raises:
        UserError: There is no such protocol.
    """
    require_known("protocol", name, PROTOCOLS)
    return PROTOCOLS[name]


def prepare(protocol: str, data: Embeddings, spec: ResamplingSpec, metadata: pd.DataFrame | None = None) -> Jobs:
    """Prepare the jobs of a protocol; each resamples when it is called.

    Args:
        protocol: A key of `PROTOCOLS`.
        data: Embeddings.
        spec: How to resample the training rows.
        metadata: Metadata of the installed dataset; columns image_id, dx, dx_type, localization.

    Returns:
        "inflated" and "honest" for a wrong protocol, "honest" alone for the right one. Where the honest counterpart has
        fewer training images, "inflated" has as few of each class, and "full" is the wrong protocol with all of them.

    Raises:
        UserError: A name is unknown, a setting doesn't work, or the metadata isn't installed.
    """
    if get_protocol(protocol).metadata:
        return _with_metadata(protocol, data, spec, metadata)
    if protocol == "image_split":
        return _image_split(data, spec)
    if protocol == "before_split":
        both = cache(partial(_before_split, data, spec))
        return {name: partial(lambda name: both()[name](), name) for name in ("inflated", "honest", "full")}
    train, validation, test = (data.rows_of(split) for split in ("train", "validation", "test"))
    honest = cache(partial(_job, data, data.features, spec, train, validation, test))
    if protocol == "right":
        return {"honest": honest}

    def inflated() -> TrainingJob:
        return replace(honest(), tests={"test": _augment(_labeled(data, data.features, test), spec.seed)})

    return {"inflated": inflated, "honest": honest}


def _labeled(data: Embeddings, features: Array, rows: Rows) -> LabeledRows:
    return LabeledRows(features[rows], data.labels[rows], rows)


def _job(data: Embeddings, x: Array, spec: ResamplingSpec, train: Rows, validation: Rows, test: Rows) -> TrainingJob:
    y = data.labels[train]
    tests = {"test": _labeled(data, x, test)}
    return TrainingJob(resample(x[train], y, spec), y, train, _labeled(data, x, validation), tests)


def image_split_rows(data: Embeddings) -> tuple[Rows, Rows, Rows]:
    """Rows of the notebook's split by image: train, validation (held out of its training images) and test."""
    split = data.splits["image"].to_numpy()
    return *hold_out_validation(np.flatnonzero(split == "train")), np.flatnonzero(split == "test")


def _image_split(data: Embeddings, spec: ResamplingSpec) -> Jobs:
    train, validation, test = image_split_rows(data)
    apart = [rows[~np.isin(data.shown[rows], data.shown[test])] for rows in (train, validation)]
    matched = match_sizes(train, apart[0], data.labels)
    return {
        "inflated": partial(_job, data, data.features, spec, matched, validation, test),
        "honest": partial(_job, data, data.features, spec, apart[0], apart[1], test),
        "full": partial(_job, data, data.features, spec, train, validation, test),
    }


def _before_split(data: Embeddings, spec: ResamplingSpec) -> Jobs:
    """Resample the training and test rows together, then split them at random; validation rows stay out."""
    validation = data.rows_of("validation")
    pool = np.sort(np.concatenate([data.rows_of("train"), data.rows_of("test")]))
    x, y = data.features, data.labels
    every = resample(x[pool], y[pool], spec)
    held = np.random.default_rng(spec.seed).random(len(every.labels)) < TEST_SHARE
    first = np.isin(np.arange(len(held)), np.unique(every.origin, return_index=True)[1])  # no copy of an image
    own = every.labels == y[pool][np.where(every.origin >= 0, every.origin, 0)]
    test = np.sort(pool[every.origin[held & first & (every.origin >= 0) & own]])
    kept = take(every, ~held)
    reported = LabeledRows(every.features[held], every.labels[held], np.arange(0))
    apart = pool[~np.isin(data.shown[pool], data.shown[test])]
    rest, tests = (y[pool], pool, _labeled(data, x, validation)), {"test": _labeled(data, x, test)}
    return {
        "inflated": lambda: TrainingJob(thin(kept, pool, apart, y, spec.seed), *rest, tests),
        "honest": partial(_job, data, x, spec, apart, validation, test),
        "full": partial(TrainingJob, kept, *rest, tests | {"reported": reported}),
    }


def _augment(test: LabeledRows, seed: int) -> LabeledRows:
    """Add altered copies until all classes are equally large; noise in the embedding stands for flips and turns."""
    x, y, rows = test
    rng = np.random.default_rng(seed)
    counts = np.bincount(y, minlength=len(DX))
    copied = np.concatenate([rng.choice(np.flatnonzero(y == i), counts.max() - n) for i, n in enumerate(counts) if n])
    noise = rng.normal(size=(len(copied), x.shape[1])).astype(np.float32) * (JITTER * x.std(axis=0))
    features = np.concatenate([x, x[copied] + noise])
    return LabeledRows(features, np.append(y, y[copied]), np.append(rows, rows[copied]))


def _with_metadata(protocol: str, data: Embeddings, spec: ResamplingSpec, metadata: pd.DataFrame | None) -> Jobs:
    if metadata is None:
        raise UserError(f"{get_protocol(protocol).label}: this needs columns that only the installed dataset has.")
    table = metadata.set_index("image_id")
    missing = sorted(set(data.image_id) - set(table.index))
    if missing:
        raise UserError(f"The installed metadata lacks {len(missing):,} of the embedded images; install all of it.")
    table = table.loc[data.image_id.tolist()]
    filled = clean(table, Cleaning(localization=True))
    columns = {
        "dx_localization": (filled[["localization"]], table[["localization"]]),
        "dx_type": (table[["dx_type"]], table[[]]),
    }[protocol]
    train, validation, test = (data.rows_of(split) for split in ("train", "validation", "test"))
    jobs: Jobs = {}
    for name, chosen in zip(("inflated", "honest"), columns, strict=True):
        extra = pd.get_dummies(chosen).to_numpy(np.float32) if len(chosen.columns) else data.features[:, :0]
        jobs[name] = partial(_job, data, np.hstack([data.features, extra]), spec, train, validation, test)
    return jobs
