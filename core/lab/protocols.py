"""Who trains, who tests, and on what: the right way, and five ways that flatter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED
from core.data.cleaning import Cleaning, clean
from core.errors import UserError, require_known
from core.lab.embeddings import Embeddings
from core.labels import DX
from core.resampling.resample import Array, Labels, Resampled, resample

Rows = NDArray[np.int64]
"""(n,) rows of the embeddings."""
VALIDATION_SHARE = 1 / 8
TEST_SHARE = 0.2
JITTER = 0.3
"""Noise of an augmented embedding, in standard deviations of each feature: what small changes of a picture do."""


@dataclass(frozen=True)
class Protocol:
    """One way to get from pictures to a figure.

    Attributes:
        name: Key in `PROTOCOLS`.
        label: Name for people.
        text: One sentence on what is done, and what is wrong with it.
        metadata: Whether it reads columns that only the installed dataset has.
        draws: Whether its seed decides anything.
    """

    name: str
    label: str
    text: str
    metadata: bool = False
    draws: bool = False


_ENTRIES = (
    Protocol(
        "right", "Right",
        "Split by lesion first; only training rows are resampled; the test side stays as it is.",
    ),
    Protocol(
        "image_split", "Split by image",
        "The split is drawn over pictures, so lesions of the test side have other pictures in training. "
        "Honest beside it: the same test pictures, without their lesions in training.",
    ),
    Protocol(
        "before_split", "Resample before the split",
        "All rows are resampled and only then split, so copies and mixtures of test pictures are in training. "
        "Honest beside it: the same test pictures, split off before, with all pictures of their lesions.", draws=True,
    ),
    Protocol(
        "augmented_test", "Augment the test side",
        "The held-out pictures are topped up with altered copies until the diagnoses are level, so rare ones count "
        "many times. Honest beside it: the same classifier on the held-out pictures themselves.", draws=True,
    ),
    Protocol(
        "dx_localization", "Impute the body site by diagnosis",
        "An unknown body site becomes the most frequent one of the picture's own diagnosis, which writes the answer "
        "into a feature. Honest beside it: unknown stays unknown.", metadata=True,
    ),
    Protocol(
        "dx_type", "The way of confirmation as a feature",
        "How a diagnosis was confirmed is known only after it was made, and benign lesions are often confirmed without "
        "a biopsy. Honest beside it: without that column.", metadata=True,
    ),
)  # fmt: skip
PROTOCOLS = {protocol.name: protocol for protocol in _ENTRIES}


@dataclass(frozen=True)
class Job:
    """Everything that a classifier needs to be trained once and tested.

    Attributes:
        train: Training rows after resampling.
        before: (n,) diagnoses of the training rows before.
        pictures: (n,) rows of the embeddings that were training rows before; the origins of `train` point into it.
        validation: Features and diagnoses to tune on.
        tests: Features, diagnoses and embedding rows (they name picture and lesion) by what is measured on them.
    """

    train: Resampled
    before: Labels
    pictures: Rows
    validation: tuple[Array, Labels]
    tests: dict[str, tuple[Array, Labels, Rows]] = field(default_factory=dict)


Jobs = dict[str, Callable[[], Job]]


@dataclass(frozen=True)
class How:
    """The part of a setting that decides what becomes of the training rows."""

    strategy: str
    amount: float
    neighbors: int
    seed: int


def get_protocol(name: str) -> Protocol:
    """Look a protocol up.

    Raises:
        UserError: No such name.
    """
    require_known("protocol", name, PROTOCOLS)
    return PROTOCOLS[name]


def prepare(protocol: str, data: Embeddings, how: How, metadata: pd.DataFrame | None = None) -> Jobs:
    """The jobs of a protocol, each resampled when it is called: "flattered" and "honest", or "honest" alone.

    Args:
        protocol: A key of `PROTOCOLS`.
        data: Embeddings.
        how: What to do with training rows.
        metadata: The installed dataset's; columns image_id, dx, dx_type, localization.

    Raises:
        UserError: Unknown names, a setting that cannot work, or metadata that is not installed.
    """
    if get_protocol(protocol).metadata:
        return _with_metadata(protocol, data, how, metadata)
    if protocol == "image_split":
        return _image_split(data, how)
    if protocol == "before_split":
        both = cache(partial(_before_split, data, how))
        return {"flattered": lambda: both()["flattered"](), "honest": lambda: both()["honest"]()}
    sides = data.sides["lesion"].to_numpy()
    train, validation, test = (np.flatnonzero(sides == side) for side in ("train", "validation", "test"))
    honest = cache(partial(_job, data, data.features, how, train, validation, test))
    if protocol == "right":
        return {"honest": honest}

    def flattered() -> Job:
        return replace(honest(), tests={"test": _top_up(data.features[test], data.labels[test], test, how.seed)})

    return {"flattered": flattered, "honest": honest}


def _job(data: Embeddings, x: Array, how: How, train: Rows, validation: Rows, test: Rows) -> Job:
    y = data.labels
    rows = resample(x[train], y[train], how.strategy, how.amount, how.neighbors, how.seed)
    return Job(rows, y[train], train, (x[validation], y[validation]), {"test": (x[test], y[test], test)})


def image_sides(data: Embeddings) -> tuple[Rows, Rows, Rows]:
    """Train, validation and test rows of the notebook's split; its training side gives up an eighth for validation."""
    sides = data.sides["image"].to_numpy()
    shuffled = np.random.default_rng(SEED).permutation(np.flatnonzero(sides == "train"))
    n = round(VALIDATION_SHARE * len(shuffled))
    return np.sort(shuffled[n:]), np.sort(shuffled[:n]), np.flatnonzero(sides == "test")


def _image_split(data: Embeddings, how: How) -> Jobs:
    train, validation, test = image_sides(data)
    seen = data.group[test]
    apart = [rows[~np.isin(data.group[rows], seen)] for rows in (train, validation)]
    return {
        "flattered": partial(_job, data, data.features, how, train, validation, test),
        "honest": partial(_job, data, data.features, how, apart[0], apart[1], test),
    }


def _before_split(data: Embeddings, how: How) -> Jobs:
    """Resample training and test side together, then split at random; the validation side stays out."""
    sides = data.sides["lesion"].to_numpy()
    pool, validation = np.flatnonzero(sides != "validation"), np.flatnonzero(sides == "validation")
    x, y = data.features, data.labels
    every = resample(x[pool], y[pool], how.strategy, how.amount, how.neighbors, how.seed)
    held = np.random.default_rng(how.seed).random(len(every.labels)) < TEST_SHARE
    first = np.zeros(len(held), bool)  # the picture itself, not a copy of it
    first[np.unique(every.origin, return_index=True)[1]] = True
    own = every.labels == y[pool][np.where(every.origin >= 0, every.origin, 0)]
    test = np.sort(pool[every.origin[held & first & (every.origin >= 0) & own]])
    kept = Resampled(every.features[~held], every.labels[~held], every.weights[~held], every.origin[~held])
    tuned = (x[validation], y[validation])
    tests = {"test": (x[test], y[test], test), "reported": (every.features[held], every.labels[held], np.arange(0))}
    apart = np.flatnonzero((sides == "train") | (sides == "test"))
    apart = apart[~np.isin(data.group[apart], data.group[test])]
    return {
        "flattered": partial(Job, kept, y[pool], pool, tuned, tests),
        "honest": partial(_job, data, x, how, apart, validation, test),
    }


def _top_up(x: Array, y: Labels, rows: Rows, seed: int) -> tuple[Array, Labels, Rows]:
    """Level the diagnoses with altered copies: noise in the embedding stands for flips and turns of the picture."""
    rng = np.random.default_rng(seed)
    counts = np.bincount(y, minlength=len(DX))
    copies = [rng.choice(np.flatnonzero(y == i), counts.max() - n) for i, n in enumerate(counts) if n]
    copied = np.concatenate(copies)
    noise = rng.normal(size=(len(copied), x.shape[1])).astype(np.float32) * (JITTER * x.std(axis=0))
    return np.concatenate([x, x[copied] + noise]), np.concatenate([y, y[copied]]), np.concatenate([rows, rows[copied]])


def _with_metadata(protocol: str, data: Embeddings, how: How, metadata: pd.DataFrame | None) -> Jobs:
    if metadata is None:
        raise UserError(f"{get_protocol(protocol).label}: this reads columns that only the installed dataset has.")
    table = metadata.set_index("image_id")
    missing = sorted(set(data.image_id) - set(table.index))
    if missing:
        raise UserError(f"The installed metadata lacks {len(missing):,} of the embedded pictures; install all of it.")
    table = table.loc[data.image_id.tolist()]
    filled = clean(table, Cleaning(localization=True))
    columns = {
        "dx_localization": (filled[["localization"]], table[["localization"]]),
        "dx_type": (table[["dx_type"]], table[[]]),
    }[protocol]
    sides = data.sides["lesion"].to_numpy()
    train, validation, test = (np.flatnonzero(sides == side) for side in ("train", "validation", "test"))
    jobs: Jobs = {}
    for name, chosen in zip(("flattered", "honest"), columns, strict=True):
        extra = pd.get_dummies(chosen).to_numpy(np.float32) if len(chosen.columns) else data.features[:, :0]
        jobs[name] = partial(_job, data, np.hstack([data.features, extra]), how, train, validation, test)
    return jobs
