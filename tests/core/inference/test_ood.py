"""The OOD detector: training images are near, others far, and its file holds what was fitted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.errors import UserError
from core.inference import ood
from core.inference.image_descriptors import COUNT
from core.inference.ood import SUMS, fit, nearest, read_detector, write_detector
from core.labels import DX
from core.store.card import Card, read_card
from core.store.names import OOD_DETECTOR
from core.store.provenance import stored_file
from core.store.stored import MadeFrom
from tests.cards import change


def test_training_images_are_at_about_one(small_detector, lesions):
    seen, labels = lesions
    found = small_detector.distances(seen.embeddings, seen.descriptors)
    assert set(found) == {" + ".join(names) for names in SUMS}
    for name in ("mahalanobis", "residual", "neighbours", "image_descriptors"):
        assert 0.2 < np.median(found[name]) < 1.1, name
        assert found[name].shape == labels.shape
    together = found["mahalanobis"] + found["residual"] + found["image_descriptors"]
    np.testing.assert_allclose(found["mahalanobis + residual + image_descriptors"], together)


def test_what_is_far_is_far(small_detector, lesions):
    seen, _ = lesions
    near = small_detector.distances(seen.embeddings, seen.descriptors)
    away = small_detector.distances(seen.embeddings[:1] * -40, seen.descriptors[:1] * 5)
    assert all(away[name][0] > near[name].max() for name in near if name != "neighbours")  # which looks at directions


def test_an_image_is_its_own_nearest_neighbour(small_detector, lesions):
    seen, labels = lesions
    for i in (0, 30, 69):
        first, second, third = small_detector.neighbours(seen.embeddings[i])
        assert first.image_id == f"ISIC_{i:07d}"
        assert first.dx == DX[labels[i]]
        assert 0.98 < first.similarity <= 1
        assert first.similarity >= second.similarity >= third.similarity


def test_what_is_written_is_what_was_fitted(calibrated_folder, small_detector, lesions):
    seen, _ = lesions
    again = read_detector(calibrated_folder, read_card(calibrated_folder))
    expected = small_detector.distances(seen.embeddings, seen.descriptors)
    for name, values in again.distances(seen.embeddings, seen.descriptors).items():
        np.testing.assert_allclose(values, expected[name], rtol=2e-3)


def test_arrays_keep_the_names_of_earlier_versions(calibrated_folder):
    with np.load(calibrated_folder / OOD_DETECTOR) as arrays:
        assert {"descriptor_whiten", "descriptor_centres", "descriptor_scale"} <= set(arrays)
    committed = TRAINED_MODELS / "efficientnet_lite0"
    assert read_detector(committed, read_card(committed)).descriptor_centres.shape == (7, COUNT)


def test_a_detector_of_another_export_is_not_used_and_an_altered_one_refused(calibrated_folder):
    card = read_card(calibrated_folder)
    older = replace(card.ood_detector, made_from=MadeFrom(export="older"))
    assert read_detector(calibrated_folder, replace(card, ood_detector=older)) is None
    assert read_detector(calibrated_folder, replace(card, ood_detector=None)) is None
    path = calibrated_folder / OOD_DETECTOR
    path.write_bytes(path.read_bytes()[:-1] + b"\0\1")
    with pytest.raises(UserError, match=r"ood_detector\.npz is not the file"):
        read_detector(calibrated_folder, card)
    path.unlink()
    with pytest.raises(UserError, match=r"ood_detector\.npz is missing"):
        read_detector(calibrated_folder, card)


def card_of_present_file(folder: Path) -> Card:
    """The card after its hash was changed to that of the file on disk."""
    detector = read_card(folder).ood_detector
    return change(folder, ood_detector=replace(detector, file=stored_file(folder / OOD_DETECTOR)))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04junk"], ids=["empty", "junk"])
def test_a_damaged_file_is_one_sentence(calibrated_folder, content):
    (calibrated_folder / OOD_DETECTOR).write_bytes(content)
    with pytest.raises(UserError, match="core calibrate baseline_cnn"):
        read_detector(calibrated_folder, card_of_present_file(calibrated_folder))


def test_a_file_without_an_array_is_damaged(calibrated_folder):
    path = calibrated_folder / OOD_DETECTOR
    with np.load(path) as arrays:
        rest = {name: arrays[name] for name in arrays if name != "kth_scale"}
    np.savez(path, **rest)
    with pytest.raises(UserError, match="core calibrate baseline_cnn"):
        read_detector(calibrated_folder, card_of_present_file(calibrated_folder))


@pytest.mark.parametrize(("name", "tolerance"), [("residual", 0.02), ("neighbours", 0.02), ("mahalanobis", 0.09)])
def test_the_unit_is_the_ninetieth_percentile_of_the_training_distances(small_detector, lesions, name, tolerance):
    seen, _ = lesions
    found = small_detector.distances(seen.embeddings, seen.descriptors)[name]
    # an embedding may be nearer to another class than to its own
    assert np.mean(found <= 1 + 1e-9) == pytest.approx(0.9, abs=tolerance)


def test_a_missing_diagnosis_is_named():
    with pytest.raises(UserError, match="none of vasc"):
        fit(np.zeros((6, 9)), np.zeros((6, 4)), np.arange(6), ["ISIC_0000000"] * 6)


def test_the_detector_fits_a_file_of_two_megabytes(tmp_path):
    """As large as for HAM10000's 7,009 training images and the widest embedding."""
    rng = np.random.default_rng(0)
    labels = np.arange(7009) % 7
    detector = fit(
        rng.normal(size=(7009, 1280)).astype(np.float32), rng.normal(size=(7009, COUNT)), labels,
        [f"ISIC_{i:07d}" for i in range(7009)],
    )  # fmt: skip
    write_detector(detector, tmp_path / OOD_DETECTOR)
    assert (tmp_path / OOD_DETECTOR).stat().st_size < 2_000_000


def test_distance_is_to_the_nearest_class_in_its_own_scale():
    centres = np.array([[0.0, 0.0], [10.0, 0.0]])
    points = np.array([[2.0, 0.0], [6.0, 0.0], [10.0, 0.0]])
    np.testing.assert_allclose(nearest(points, centres, np.array([1.0, 4.0])), [2.0, 1.0, 0.0])


def test_where_the_components_leave_nothing_no_distance_is_made_of_it(monkeypatch):
    monkeypatch.setattr(ood, "COMPONENTS", 128)
    rng = np.random.default_rng(0)
    labels = np.arange(140) % 7
    embeddings, descriptors = rng.normal(size=(140, 12)) + labels[:, None], rng.normal(size=(140, 3))
    names = [f"ISIC_{i:07d}" for i in range(140)]
    found = ood.fit(embeddings, descriptors, labels, names).distances(embeddings, descriptors)
    assert set(found) == {"mahalanobis", "neighbours", "image_descriptors"}
    assert all(np.isfinite(values).all() for values in found.values())
