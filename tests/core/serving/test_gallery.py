from pathlib import Path

import cv2
import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.data.metadata import Dataset
from core.errors import UserError
from core.evaluation.cards import file_facts, read_card, write_card
from core.evaluation.leaderboard import load_scores
from core.labels import DX
from core.models.registry import get_model
from core.models.weights import save_weights
from core.serving.gallery import explain, read_gallery, select
from core.serving.trained import load_trained


@pytest.fixture
def folder(write_model) -> Path:
    """A model with made-up predictions and random weights, at a small size."""
    where = write_model("small")
    save_weights(get_model("baseline_cnn").build((16, 16), 7), where / "weights.npz")
    write_card(where, read_card(where) | {"input_size": [16, 16], "weights": file_facts(where / "weights.npz")})
    return where


@pytest.fixture
def pictures(folder: Path, tmp_path: Path, mini_metadata) -> Dataset:
    """Noise for every test picture of the predictions."""
    rng = np.random.default_rng(0)
    images = {}
    for name in load_scores(folder, "test").image_id.tolist():
        images[name] = tmp_path / f"{name}.png"
        cv2.imwrite(str(images[name]), rng.integers(0, 256, (12, 16, 3), np.uint8))
    return Dataset(tmp_path, mini_metadata, images, ())


def test_selection_is_drawn_by_seed_one_picture_a_lesion(folder):
    said = load_scores(folder, "test")
    right = said.probabilities.argmax(1) == said.truth
    rows = select(said, 6, 1)
    np.testing.assert_array_equal(rows, select(said, 6, 1))
    assert set(rows) != set(select(said, 6, 2))
    for label in range(7):
        for side in (True, False):
            here = rows[(said.truth[rows] == label) & (right[rows] == side)]
            lesions = said.group[(said.truth == label) & (right == side)]
            assert len(here) == min(6, len(np.unique(lesions)))
            assert len(np.unique(said.group[here])) == len(here)


def test_what_is_written_is_read_with_truth_and_answer(folder, pictures):
    path = explain(folder, pictures, per_side=2)
    assert read_card(folder)["cams"] == file_facts(path) | {"pictures": 28, "layer": "conv3", "seed": 42}
    entries = read_gallery(folder)
    said = load_scores(folder, "test")
    row_of = {name: i for i, name in enumerate(said.image_id.tolist())}
    assert len(entries) == 28
    for entry in entries:
        row = row_of[entry.image_id]
        assert entry.dx == DX[said.truth[row]]
        assert entry.said == DX[said.probabilities[row].argmax()]
        assert entry.confidence == said.probabilities[row].max()
        assert entry.right == (entry.dx == entry.said)
        assert set(entry.heatmaps) == {entry.dx, entry.said}
        for heatmap in entry.heatmaps.values():
            assert heatmap.shape == (4, 4)
            assert heatmap.max() in (0, 1)
            assert heatmap.min() >= 0
    assert [e.right for e in entries[:4]] == [True, True, False, False]


def test_reference_heatmaps_are_those_that_are_served(real_ham):
    from core.data.images import read_image
    from core.serving.classify import Classifier

    classifier = Classifier(TRAINED_MODELS / "baseline_cnn")
    differences = []
    for entry in read_gallery(TRAINED_MODELS / "baseline_cnn")[::6]:
        served = classifier.classify(read_image(real_ham.images[entry.image_id]))
        differences.append(np.abs(served.cams[..., DX.index(entry.said)] - entry.heatmaps[entry.said]).max())
    assert np.median(differences) < 0.01
    assert max(differences) < 0.1


def test_no_gallery_yet_is_empty(folder):
    assert read_gallery(folder) == ()


def test_a_missing_picture_is_named(folder, pictures):
    names = load_scores(folder, "test").image_id.tolist()
    with pytest.raises(UserError, match="lacks pictures of the gallery: ISIC_"):
        explain(folder, Dataset(pictures.folder, pictures.metadata, dict.fromkeys(names[:3], Path()), ()))
    assert not (folder / "cams.npz").exists()


def put(folder: Path, data: bytes) -> None:
    (folder / "cams.npz").write_bytes(data)
    write_card(folder, read_card(folder) | {"cams": file_facts(folder / "cams.npz")})


def test_spoilt_heatmaps_are_refused_in_one_line(folder):
    put(folder, b"not an archive")
    with pytest.raises(UserError, match=r"small/cams\.npz is damaged"):
        read_gallery(folder)
    (folder / "cams.npz").write_bytes(b"altered")
    with pytest.raises(UserError, match="SHA-256"):
        read_gallery(folder)


def test_heatmaps_of_another_run_are_refused(folder):
    with (folder / "cams.npz").open("wb") as stream:
        np.savez(stream, image_id=np.array(["ISIC_x"]), said=np.zeros((1, 2, 2)), true=np.zeros((1, 2, 2)))
    put(folder, (folder / "cams.npz").read_bytes())
    with pytest.raises(UserError, match="another run"):
        read_gallery(folder)


def test_a_model_is_built_from_its_card(folder):
    assert load_trained(folder).input_shape == (None, 16, 16, 3)
    write_card(folder, read_card(folder) | {"input_size": "large"})
    with pytest.raises(UserError, match="input_size"):
        load_trained(folder)
