from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.explain.layer_maps import METHODS
from core.explain.study.layer_maps import MOST_ROWS, read_layer_maps, reduced, write_layer_maps
from core.labels import DX
from core.store.card import read_card
from core.store.heatmap_facts import LayerMaps
from core.store.provenance import stored_file
from core.store.stored import MadeFrom, Member
from tests.cards import change


def test_synthetic_lesions_and_a_test_image_of_each_diagnosis_are_written_and_read(folder, dataset):
    next(iter(dataset.images.values())).write_bytes(b"cut")
    write_layer_maps(folder, dataset)
    found = read_layer_maps(folder)
    assert found.images["image_id"][:7].tolist() == [f"synthetic-{dx}-0000" for dx in DX]
    assert found.images["dx"][:7].tolist() == list(DX)
    assert 10 < len(found.images) <= 14
    assert found.images["predicted"].isin(DX).all()
    assert tuple(found.layers) == ("conv1", "conv2", "conv3")
    assert tuple(found.methods) == METHODS
    for maps in (*found.layers.values(), *found.methods.values()):
        assert len(maps) == len(found.images)
        assert set(maps.max(axis=(1, 2))) <= {0, 1}
    assert read_card(folder).layer_maps.made_from == MadeFrom(read_card(folder).weights.sha256)


def test_without_a_dataset_synthetic_lesions_alone(folder):
    assert read_layer_maps(folder) is None
    write_layer_maps(folder, None)
    assert len(read_layer_maps(folder).images) == 7


def test_large_maps_are_reduced_and_flat_ones_stay_zero():
    maps = np.zeros((2, 64, 80), np.float32)
    maps[0, 32:, 40:] = 5
    out = reduced(maps)
    assert out.shape == (2, MOST_ROWS, 40)
    assert out.dtype == np.float16
    assert out[0].max() == 1
    assert not out[1].any()


def test_an_ensemble_is_referred_to_its_members(folder):
    change(folder, kind="ensemble", members=(Member("other"),))
    with pytest.raises(UserError, match="small has no layers of its own"):
        write_layer_maps(folder, None)


def put(folder: Path, data: bytes, weights: str | None = None) -> None:
    path = folder / "layer_maps.npz"
    path.write_bytes(data)
    made_from = MadeFrom(weights or read_card(folder).weights.sha256)
    change(folder, layer_maps=LayerMaps(stored_file(path), made_from, 7, 42))


def test_damaged_and_former_files_are_refused_in_one_sentence(folder):
    put(folder, b"not an archive")
    with pytest.raises(UserError, match=r"small/layer_maps\.npz is missing or damaged"):
        read_layer_maps(folder)
    put(folder, b"not an archive", weights="other")
    with pytest.raises(UserError, match=r"for a former model; run `python -m core explain layers small`"):
        read_layer_maps(folder)
    (folder / "layer_maps.npz").write_bytes(b"altered")
    with pytest.raises(UserError, match="SHA-256"):
        read_layer_maps(folder)
