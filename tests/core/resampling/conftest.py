"""Made-up embeddings of some pictures of the committed splits: quick to train on."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.data.splits import load_splits
from core.files import sha256
from core.labels import DX
from core.resampling.embeddings import ARRAYS, CARD, Embeddings, load_embeddings

SHARES = (0.07, 0.08, 0.12, 0.05, 0.13, 0.5, 0.05)
"""Of the diagnoses among the lesions."""


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like trained_models/embeddings/: about 1,500 pictures in 8 dimensions, pictures of a lesion alike."""
    folder = tmp_path_factory.mktemp("embeddings")
    splits = load_splits()
    splits = splits[splits["group"] % 6 == 0]
    rng = np.random.default_rng(0)
    groups, code = np.unique(splits["group"], return_inverse=True)
    dx = rng.choice(len(DX), len(groups), p=SHARES)[code].astype(np.int8)
    own, lesion = rng.normal(size=(len(code), 8)), rng.normal(size=(len(groups), 8))[code]
    features = 1.6 * rng.normal(size=(len(DX), 8))[dx] + 0.9 * lesion + 0.2 * own
    odd = rng.random(len(code)) < 0.12  # pictures that look like another diagnosis
    features[odd] = features[rng.permutation(len(code))[: odd.sum()]]
    np.savez(
        folder / ARRAYS, image_id=splits.index.to_numpy(str), group=splits["group"].to_numpy(), dx=dx,
        features=features.astype(np.float16),
    )  # fmt: skip
    card = {"arrays": {"file": ARRAYS, "sha256": sha256(folder / ARRAYS)}}
    (folder / CARD).write_text(json.dumps(card))
    return folder


@pytest.fixture(scope="session")
def small(small_folder: Path) -> Embeddings:
    """The same, read."""
    return load_embeddings(small_folder)
