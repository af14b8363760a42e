"""The parts file: the draws of each run of the grid so far, so that an interrupted grid goes on where it stopped."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.data.splits import PAIRS_TABLE, SPLITS_FILE
from core.files import replacing, sha256
from core.lab.classifiers import CLASSIFIERS
from core.lab.measures import DRAWS, MEASURES, Outcome
from core.store.embeddings_card import read_embeddings_card
from core.store.predictions import Scores

NO_COUNTS, NO_LESIONS = pd.DataFrame(), pd.Series(dtype=int)


class GridKey(NamedTuple):
    """What one entry of the parts belongs to.

    Attributes:
        protocol: A key of `PROTOCOLS`.
        strategy: A key of `STRATEGIES`.
        classifier: A key of `CLASSIFIERS`.
        seed: Random seed of sampler and classifier.
        outcome: "own" for the protocol's own score, or "full", "inflated" and "honest" for a comparison.
    """

    protocol: str
    strategy: str
    classifier: str
    seed: int
    outcome: str


Parts = dict[GridKey, NDArray[np.float32]]
"""(measures, 1 + draws) by key."""


def make_stamp(folder: Path) -> str:
    """Fingerprint of what a parts file belongs to: embeddings, splits, measures and every classifier's settings."""
    settings = {name: repr(sorted(c.build(0, None).get_params().items())) for name, c in CLASSIFIERS.items()}
    files = read_embeddings_card(folder).arrays.sha256, sha256(SPLITS_FILE), sha256(PAIRS_TABLE)
    facts = repr((files, settings, list(MEASURES), DRAWS)).encode()
    return blake2b(facts, digest_size=16).hexdigest()


def read_parts(path: Path, stamp: str) -> Parts:
    """Read the results so far; none if the file is missing, damaged or has another stamp."""
    try:
        with path.open("rb") as stream, np.load(stream) as arrays:
            if str(arrays["stamp"]) != stamp:
                return {}
            columns = [arrays[column].tolist() for column in GridKey._fields]
            keys = [GridKey(*values) for values in zip(*columns, strict=True)]
            return dict(zip(keys, arrays["draws"], strict=True))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return {}


def write_parts(path: Path, parts: Parts, stamp: str) -> None:
    """Write all results: one array per column of the key, and the draws, (keys, measures, 1 + draws)."""
    columns = {column: np.array([getattr(key, column) for key in parts]) for column in GridKey._fields}
    with replacing(path) as beside, beside.open("wb") as stream:
        np.savez(stream, stamp=np.array(stamp), draws=np.array(list(parts.values())), **columns)  # type: ignore[arg-type]


def write_outcome(folder: Path, key: GridKey, outcome: Outcome, stamp: str) -> None:
    """Write the predictions of one entry, from which its measures can be computed again."""
    raw, corrected = outcome.raw, outcome.corrected
    with replacing(folder / f"{' '.join(map(str, key))}.npz") as beside, beside.open("wb") as stream:
        np.savez_compressed(
            stream, stamp=np.array(stamp), group=raw.group, truth=raw.truth, prior=raw.prior,
            raw=raw.probabilities.astype(np.float32), nature=corrected.prior,
            corrected=corrected.probabilities.astype(np.float32),
        )  # fmt: skip


def read_outcomes(folder: Path, stamp: str) -> Iterator[tuple[GridKey, Outcome]]:
    """Read the predictions of every entry with this stamp, by key; without counts, which no measure needs."""
    for path in sorted(folder.glob("*.npz")):
        protocol, strategy, classifier, seed, outcome = path.stem.split(" ")
        with np.load(path) as arrays:
            if "stamp" not in arrays or str(arrays["stamp"]) != stamp:
                continue
            group, truth = arrays["group"], arrays["truth"]
            raw, corrected = (
                Scores(np.arange(len(truth)).astype(str), group, truth, arrays[name].astype(np.float64), arrays[prior])
                for name, prior in (("raw", "prior"), ("corrected", "nature"))
            )
        outcome_of = Outcome(raw, corrected, NO_COUNTS, NO_LESIONS)
        yield GridKey(protocol, strategy, classifier, int(seed), outcome), outcome_of
