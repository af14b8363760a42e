"""The parts file: the draws of each run of the grid so far, so that an interrupted grid goes on where it stopped."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.files import replacing
from core.lab.classifiers import CLASSIFIERS
from core.lab.embeddings import read_card
from core.lab.measures import DRAWS, MEASURES


class GridKey(NamedTuple):
    """What one entry of the parts belongs to.

    Attributes:
        protocol: A key of `PROTOCOLS`.
        strategy: A key of `STRATEGIES`.
        classifier: A key of `CLASSIFIERS`.
        seed: Random seed of sampler and classifier.
        outcome: "own" for the protocol's own score, or "inflated" and "honest" for a comparison.
    """

    protocol: str
    strategy: str
    classifier: str
    seed: int
    outcome: str


Parts = dict[GridKey, NDArray[np.float32]]
"""(measures, 1 + draws) by key."""


def make_stamp(folder: Path) -> str:
    """Fingerprint of what a parts file belongs to: embeddings, measures and the settings of every classifier."""
    settings = {name: repr(sorted(c.build(0).get_params().items())) for name, c in CLASSIFIERS.items()}
    facts = repr((read_card(folder)["arrays"]["sha256"], settings, list(MEASURES), DRAWS)).encode()
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
