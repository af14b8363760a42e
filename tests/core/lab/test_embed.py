"""Embeddings are made of the frozen network's own layers, from training rows alone, and read back as written."""

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pandas as pd
import pytest

from core.data.images import load_images
from core.data.splits import load_splits
from core.errors import UserError
from core.lab import embed
from core.lab.embeddings import load_embeddings, load_map
from core.lab.reduction import COMBINATIONS, DEPTHS, STATISTICS, feature_columns
from core.labels import DX
from core.models.registry import get_model
from core.store.embeddings_card import read_embeddings_card
from core.store.names import EMBEDDINGS_MAP
from core.synthetic.lesions import sample_lesion


def test_pooled_features_are_statistics_of_the_layers_and_are_kept(tmp_path: Path) -> None:
    images = {dx: tmp_path / f"{dx}.png" for dx in ("nv", "mel", "df")}
    for dx, path in images.items():
        cv2.imwrite(str(path), sample_lesion(dx, 1).image[..., ::-1])
    done: list[int] = []
    pooled = embed.pooled_features(images, ["mel", "df"], tmp_path / "pooled.npy", done.append)
    assert pooled.shape == (2, len(STATISTICS) * sum(DEPTHS.values())) and pooled.dtype == np.float16
    assert done == [2]
    network = get_model(embed.NETWORK)
    seen = load_images([images["mel"], images["df"]], network.input_size)
    whole = np.asarray(embed.pooling_network()(seen.astype(np.float32)))
    assert pooled.astype(np.float32) == pytest.approx(whole, abs=2e-2, rel=2e-2)
    mean, std, most = (pooled[:, feature_columns(("top",), (name,))].astype(float) for name in STATISTICS)
    assert (mean <= most + 1e-2).all() and (std >= 0).all() and (most > mean + std).any()
    again = embed.pooled_features({}, ["mel", "df"], tmp_path / "pooled.npy")
    assert np.array_equal(again, pooled)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A dataset of up to 300 images per split, none of which has a file."""
    splits = load_splits().groupby("lesion", observed=True).head(300)
    for module in ("embed", "embeddings"):
        monkeypatch.setattr(f"core.lab.{module}.load_splits", lambda: splits)
    monkeypatch.setattr(embed, "flatten", lambda features: features[:, :2])
    names = splits.index.tolist()
    dx = np.array(DX)[np.arange(len(names)) % len(DX)]
    table = pd.DataFrame({"image_id": names, "dx": dx})
    return SimpleNamespace(images=dict.fromkeys(names, Path("none")), metadata=table, splits=splits)


def test_what_is_written_is_fitted_on_training_rows_and_read_back(few: SimpleNamespace, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pooled = rng.normal(size=(len(few.splits), 6144)).astype(np.float16)
    codes = np.array([DX.index(dx) for dx in few.metadata["dx"]])
    test = few.splits["lesion"].to_numpy(str) == "test"
    pooled[test] += 100 * codes[test, None].astype(np.float16)
    np.save(tmp_path / "pooled.npy", pooled)
    card = embed.embed(few, tmp_path / "pooled.npy", tmp_path)
    assert card == read_embeddings_card(tmp_path)
    data = load_embeddings(tmp_path)
    assert data.image_id.tolist() == few.splits.index.tolist()
    assert np.array_equal(data.labels, codes)
    assert data.features.shape == (len(few.splits), card.dimensions)
    assert np.array_equal(load_map(tmp_path), data.features[:, :2].astype(np.float16))
    train = few.splits["lesion"].to_numpy(str) == "train"
    assert data.features[train].mean(axis=0) == pytest.approx(np.zeros(card.dimensions), abs=1e-2)
    assert abs(data.features[test]).mean() > 5 * abs(data.features[train]).mean()
    assert (card.depths, card.statistics) in [(tuple(d), tuple(s)) for d, s in COMBINATIONS.values()]
    assert all(each.balanced_accuracy < 0.4 for each in card.selection.compared)  # noise, but in the test split
    assert card.map.name == EMBEDDINGS_MAP


def test_embedding_a_part_of_the_dataset_is_refused(few: SimpleNamespace, tmp_path: Path) -> None:
    for name in few.splits.index[:2]:
        del few.images[name]
    with pytest.raises(UserError, match=r"^2 images of the split are missing; `embed` needs all of HAM10000"):
        embed.embed(few, tmp_path / "pooled.npy", tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("data", [b"", b"not an array", b"\x93NUMPY\x01\0"])
def test_a_damaged_cache_is_named(tmp_path: Path, data: bytes) -> None:
    cache = tmp_path / "pooled.npy"
    cache.write_bytes(data)
    with pytest.raises(UserError, match=r"pooled\.npy can't be read as features; delete it"):
        embed.pooled_features({}, [], cache)
