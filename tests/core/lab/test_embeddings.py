"""The committed embeddings are those that their card describes, and come from no network that has seen a lesion."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.splits import SPLITS_FILE
from core.errors import UserError
from core.files import sha256
from core.lab.embeddings import FOLDER, load_embeddings, load_map
from core.lab.reduction import choose
from core.labels import DX
from core.models.pretrained import LITE_FILES
from core.store.embeddings_card import read_embeddings_card, write_embeddings_card
from core.store.names import EMBEDDINGS, EMBEDDINGS_CARD, EMBEDDINGS_MAP
from tests.cards import embeddings_card


def test_the_card_says_that_no_test_lesion_was_seen() -> None:
    card = read_embeddings_card(FOLDER)
    assert not card.has_seen_test_lesions and not card.fine_tuned
    assert card.weights.trained_on == "ImageNet"
    assert card.weights.sha256 == LITE_FILES[card.weights.package][1]
    assert card.fitted_on.startswith("training rows of the lesion split")
    assert (card.split_scheme, card.split_sha256) == ("lesion", sha256(SPLITS_FILE))
    assert "CC BY-NC 4.0" in card.licence
    assert len(card.explained_variance) == card.dimensions
    assert choose(pd.DataFrame([vars(each) for each in card.selection.compared]))[1] == card.dimensions


def test_the_committed_arrays_hold_every_image_and_stay_small() -> None:
    data, card = load_embeddings(), read_embeddings_card(FOLDER)
    assert data.features.shape == (10_015, card.dimensions)
    assert np.isfinite(data.features).all()
    assert (data.labels == DX.index("nv")).sum() == 6_705
    assert sum((FOLDER / name).stat().st_size for name in (EMBEDDINGS, EMBEDDINGS_CARD, EMBEDDINGS_MAP)) < 6_000_000
    assert load_map().shape == (10_015, 2)
    assert load_map().dtype == np.float32
    train = data.features[data.splits["lesion"].to_numpy() == "train"].astype(np.float64)
    assert train.mean(axis=0) == pytest.approx(np.zeros(train.shape[1]), abs=1e-3)  # fitted on these rows alone


def test_a_near_duplicate_joins_two_test_lesions() -> None:
    """What `dashboard.text.terms` says of the lab's number of lesions beside the leaderboard's."""
    data = load_embeddings()
    rows = data.rows_of("test")
    assert len(np.unique(data.group[rows])) - len(np.unique(data.shown[rows])) == 1


def test_a_flipped_byte_is_refused(small_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "embeddings"
    shutil.copytree(small_folder, folder)
    whole = bytearray((folder / EMBEDDINGS).read_bytes())
    whole[len(whole) // 2] ^= 1
    (folder / EMBEDDINGS).write_bytes(whole)
    with pytest.raises(UserError, match="isn't the file that its card describes"):
        load_embeddings(folder)
    (folder / EMBEDDINGS).unlink()
    with pytest.raises(UserError, match=r"is missing; .* `python -m core embed`"):
        load_embeddings(folder)
    (folder / EMBEDDINGS_CARD).write_text("{")
    with pytest.raises(UserError, match="is damaged"):
        load_embeddings(folder)


def test_embeddings_of_other_splits_are_refused(small_folder: Path, tmp_path: Path) -> None:
    with np.load(small_folder / EMBEDDINGS) as arrays:
        whole = {key: arrays[key] for key in arrays.files}
    np.savez(tmp_path / EMBEDDINGS, **(whole | {"group": whole["group"] + 1}))
    write_embeddings_card(tmp_path, embeddings_card(tmp_path))
    with pytest.raises(UserError, match="belongs to other splits"):
        load_embeddings(tmp_path)
