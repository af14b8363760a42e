"""The guard: what it was fitted on is near, what is none is far, and its file holds what was fitted."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import UserError
from core.inference import ood as guards
from core.inference.image_descriptors import COUNT
from core.inference.ood import SUMS, fit, nearest, read_guard, write_guard
from core.labels import DX
from core.store.card import read_card
from core.store.names import OOD_DETECTOR
from core.store.provenance import stored_file
from core.store.stored import MadeFrom
from tests.cards import change


def test_training_pictures_lie_at_about_one(small_guard, lesions):
    seen, labels = lesions
    found = small_guard.distances(seen.embeddings, seen.looks)
    assert set(found) == {" + ".join(names) for names in SUMS}
    for name in ("mahalanobis", "residual", "neighbours", "image_descriptors"):
        assert 0.2 < np.median(found[name]) < 1.1, name
        assert found[name].shape == labels.shape
    together = found["mahalanobis"] + found["residual"] + found["image_descriptors"]
    np.testing.assert_allclose(found["mahalanobis + residual + image_descriptors"], together)


def test_what_is_far_is_far(small_guard, lesions):
    seen, _ = lesions
    near = small_guard.distances(seen.embeddings, seen.looks)
    away = small_guard.distances(seen.embeddings[:1] * -40, seen.looks[:1] * 5)
    assert all(away[name][0] > near[name].max() for name in near if name != "neighbours")  # which looks at directions


def test_a_picture_is_its_own_nearest_neighbour(small_guard, lesions):
    seen, labels = lesions
    for i in (0, 30, 69):
        first, second, third = small_guard.neighbours(seen.embeddings[i])
        assert first.image_id == f"ISIC_{i:07d}"
        assert first.dx == DX[labels[i]]
        assert 0.98 < first.similarity <= 1
        assert first.similarity >= second.similarity >= third.similarity


def test_what_is_written_is_what_was_fitted(calibrated_folder, small_guard, lesions):
    seen, _ = lesions
    again = read_guard(calibrated_folder, read_card(calibrated_folder))
    expected = small_guard.distances(seen.embeddings, seen.looks)
    for name, values in again.distances(seen.embeddings, seen.looks).items():
        np.testing.assert_allclose(values, expected[name], rtol=2e-3)


def test_a_guard_of_another_export_is_not_used_and_a_spoilt_one_refused(calibrated_folder):
    card = read_card(calibrated_folder)
    older = replace(card.ood_detector, made_from=MadeFrom(export="older"))
    assert read_guard(calibrated_folder, replace(card, ood_detector=older)) is None
    assert read_guard(calibrated_folder, replace(card, ood_detector=None)) is None
    path = calibrated_folder / OOD_DETECTOR
    path.write_bytes(path.read_bytes()[:-1] + b"\0\1")
    with pytest.raises(UserError, match=r"ood_detector\.npz is not the file"):
        read_guard(calibrated_folder, card)


def test_a_damaged_guard_whose_hash_was_changed_too_is_refused(calibrated_folder):
    path = calibrated_folder / OOD_DETECTOR
    path.write_bytes(b"PK\x03\x04junk")
    detector = read_card(calibrated_folder).ood_detector
    card = change(calibrated_folder, ood_detector=replace(detector, file=stored_file(path)))
    with pytest.raises(UserError, match="core calibrate baseline_cnn"):
        read_guard(calibrated_folder, card)


def test_a_missing_diagnosis_is_named():
    with pytest.raises(UserError, match="none of vasc"):
        fit(np.zeros((6, 9)), np.zeros((6, 4)), np.arange(6), ["ISIC_0000000"] * 6)


def test_the_guard_fits_a_file_of_two_megabytes(tmp_path):
    """As large as for HAM10000's 7,009 training pictures and the widest embedding."""
    rng = np.random.default_rng(0)
    labels = np.arange(7009) % 7
    guard = fit(
        rng.normal(size=(7009, 1280)).astype(np.float32), rng.normal(size=(7009, COUNT)), labels,
        [f"ISIC_{i:07d}" for i in range(7009)],
    )  # fmt: skip
    write_guard(guard, tmp_path / OOD_DETECTOR)
    assert (tmp_path / OOD_DETECTOR).stat().st_size < 2_000_000


def test_distance_is_to_the_nearest_class_in_its_own_scale():
    centres = np.array([[0.0, 0.0], [10.0, 0.0]])
    points = np.array([[2.0, 0.0], [6.0, 0.0], [10.0, 0.0]])
    np.testing.assert_allclose(nearest(points, centres, np.array([1.0, 4.0])), [2.0, 1.0, 0.0])


def test_where_the_components_leave_nothing_no_distance_is_made_of_it(monkeypatch):
    monkeypatch.setattr(guards, "COMPONENTS", 128)
    rng = np.random.default_rng(0)
    labels = np.arange(140) % 7
    embeddings, looks = rng.normal(size=(140, 12)) + labels[:, None], rng.normal(size=(140, 3))
    names = [f"ISIC_{i:07d}" for i in range(140)]
    found = guards.fit(embeddings, looks, labels, names).distances(embeddings, looks)
    assert set(found) == {"mahalanobis", "neighbours", "image_descriptors"}
    assert all(np.isfinite(values).all() for values in found.values())
