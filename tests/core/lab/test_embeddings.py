"""The committed embeddings are those that their card describes, and come from no network that has seen a lesion."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.splits import SPLITS_FILE
from core.errors import UserError
from core.files import sha256
from core.lab.embeddings import ARRAYS, CARD, FOLDER, load_embeddings, load_map, read_card
from core.lab.reduction import choose
from core.labels import DX
from core.models.pretrained import LITE_FILES


def test_the_card_says_that_no_test_lesion_was_seen() -> None:
    card = read_card()
    assert card["has_seen_test_lesions"] is False
    assert card["fine_tuned"] is False
    assert card["weights"]["trained_on"] == "ImageNet"
    assert card["weights"]["sha256"] == LITE_FILES[card["weights"]["package"]][1]
    assert card["fitted_on"].startswith("training rows of the lesion split")
    assert card["split"] == {"name": "lesion", "sha256": sha256(SPLITS_FILE)}
    assert "CC BY-NC 4.0" in card["licence"]
    assert len(card["explained_variance"]) == card["dimensions"]
    assert choose(pd.DataFrame(card["choice"]["compared"]))[1] == card["dimensions"]


def test_the_committed_arrays_hold_every_image_and_stay_small() -> None:
    data, card = load_embeddings(), read_card()
    assert data.features.shape == (10_015, card["dimensions"])
    assert np.isfinite(data.features).all()
    assert (data.labels == DX.index("nv")).sum() == 6_705
    assert sum((FOLDER / name).stat().st_size for name in (ARRAYS, CARD, "map.npz")) < 6_000_000
    assert load_map().shape == (10_015, 2)
    assert load_map().dtype == np.float32
    train = data.features[data.splits["lesion"].to_numpy() == "train"].astype(np.float64)
    assert train.mean(axis=0) == pytest.approx(np.zeros(train.shape[1]), abs=1e-3)  # fitted on these rows alone


def test_a_flipped_byte_is_refused(small_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "embeddings"
    shutil.copytree(small_folder, folder)
    whole = bytearray((folder / ARRAYS).read_bytes())
    whole[len(whole) // 2] ^= 1
    (folder / ARRAYS).write_bytes(whole)
    with pytest.raises(UserError, match="isn't the file that its card describes"):
        load_embeddings(folder)
    (folder / ARRAYS).unlink()
    with pytest.raises(UserError, match=r"is missing; .* `python -m core embed`"):
        load_embeddings(folder)
    (folder / CARD).write_text("{")
    with pytest.raises(UserError, match="is damaged"):
        load_embeddings(folder)


def test_embeddings_of_other_splits_are_refused(small_folder: Path, tmp_path: Path) -> None:
    with np.load(small_folder / ARRAYS) as arrays:
        whole = {key: arrays[key] for key in arrays.files}
    np.savez(tmp_path / ARRAYS, **(whole | {"group": whole["group"] + 1}))
    (tmp_path / CARD).write_text(json.dumps({"arrays": {"file": ARRAYS, "sha256": sha256(tmp_path / ARRAYS)}}))
    with pytest.raises(UserError, match="belongs to other splits"):
        load_embeddings(tmp_path)
