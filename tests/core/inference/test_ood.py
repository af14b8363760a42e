"""The OOD detector: a probability of not being dermatoscopic, neighbours, and a file that holds what was fitted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.config import TRAINED_MODELS
from core.errors import UserError
from core.inference.image_descriptors import COUNT
from core.inference.ood import TABLE_COMPONENTS, OODDetector, fit_table, read_detector, write_detector
from core.labels import DX
from core.store.card import Card, read_card
from core.store.names import OOD_DETECTOR
from core.store.provenance import stored_file
from core.store.stored import MadeFrom
from tests.cards import change


def test_the_score_is_the_logistic_function_of_the_weighted_sum(small_detector, lesions):
    seen, _ = lesions
    found = small_detector.scores(seen.embeddings, seen.descriptors)
    d = seen.embeddings.shape[1]
    logits = seen.embeddings @ small_detector.weights[:d] + seen.descriptors @ small_detector.weights[d:]
    np.testing.assert_allclose(found, 1 / (1 + np.exp(logits + small_detector.offset)), rtol=1e-5)
    assert small_detector.scores(seen.embeddings * 1e9, seen.descriptors).max() <= 1  # no overflow


def test_an_image_is_its_own_nearest_neighbour(small_detector, lesions):
    seen, labels = lesions
    for i in (0, 30, 69):
        first, second, third = small_detector.neighbours(seen.embeddings[i])
        assert first.image_id == f"ISIC_{i:07d}"
        assert first.dx == DX[labels[i]]
        assert 0.98 < first.similarity <= 1
        assert first.similarity >= second.similarity >= third.similarity


def test_similarity_is_the_cosine_of_the_principal_components(small_detector, lesions):
    seen, _ = lesions
    inside = (seen.embeddings - small_detector.mean) @ small_detector.basis
    cosine = inside / np.linalg.norm(inside, axis=1, keepdims=True) @ (inside[5] / np.linalg.norm(inside[5]))
    found = small_detector.neighbours(seen.embeddings[5], count=70)
    assert len(found) == 70 and found[-1].similarity < 0
    expected = [cosine[int(each.image_id.removeprefix("ISIC_"))] for each in found]
    np.testing.assert_allclose([each.similarity for each in found], expected, atol=0.02)


def test_the_table_holds_the_first_principal_components_of_the_training_images():
    values = np.random.default_rng(0).normal(size=(300, 80)) * np.geomspace(1, 0.05, 80) + 3
    table = fit_table(values, np.zeros(300, np.int64), [f"ISIC_{i:07d}" for i in range(300)])
    np.testing.assert_allclose(table["mean"], values.mean(axis=0))
    variance = ((values - table["mean"]) @ table["basis"]).var(axis=0)
    expected = np.sort(np.linalg.eigvalsh(np.cov(values.T, bias=True)))[::-1]
    np.testing.assert_allclose(variance, expected[: len(variance)], rtol=0.01)
    lengths = np.linalg.norm(table["table"].astype(float), axis=1)
    assert len(variance) == TABLE_COMPONENTS and lengths.mean() == pytest.approx(127, abs=0.2)


def test_what_is_written_is_what_was_fitted(calibrated_folder, small_detector, lesions):
    seen, _ = lesions
    again = read_detector(calibrated_folder, read_card(calibrated_folder))
    expected = small_detector.scores(seen.embeddings, seen.descriptors)
    np.testing.assert_allclose(again.scores(seen.embeddings, seen.descriptors), expected, rtol=2e-3)
    assert again.neighbours(seen.embeddings[3]) == small_detector.neighbours(seen.embeddings[3])


def test_the_committed_detector_fits_its_network():
    committed = TRAINED_MODELS / "efficientnet_lite0"
    assert read_detector(committed, read_card(committed)).weights.shape == (1280 + COUNT,)


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
    with pytest.raises(UserError, match="core image-check baseline_cnn"):
        read_detector(calibrated_folder, card_of_present_file(calibrated_folder))


def test_a_file_without_an_array_is_damaged(calibrated_folder):
    path = calibrated_folder / OOD_DETECTOR
    with np.load(path) as arrays:
        rest = {name: arrays[name] for name in arrays if name != "offset"}
    np.savez(path, **rest)
    with pytest.raises(UserError, match="core image-check baseline_cnn"):
        read_detector(calibrated_folder, card_of_present_file(calibrated_folder))


def test_the_detector_fits_a_file_of_a_megabyte(tmp_path):
    """As large as for HAM10000's training images and the widest embedding."""
    rng = np.random.default_rng(0)
    labels = np.arange(6987) % 7
    table = fit_table(rng.normal(size=(6987, 1280)).astype(np.float32), labels, [f"ISIC_{i:07d}" for i in range(6987)])
    detector = OODDetector(weights=rng.normal(size=1280 + COUNT), offset=np.zeros(1), **table)
    write_detector(detector, tmp_path / OOD_DETECTOR)
    assert (tmp_path / OOD_DETECTOR).stat().st_size < 1_000_000
