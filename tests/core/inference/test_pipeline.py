"""One prediction: probabilities and what kind they are, heatmaps, OOD score, conformal set, warnings."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as Pillow

from core.config import TRAINED_MODELS
from core.errors import UserError
from core.evaluation.calibration import tempered
from core.inference import pipeline as module
from core.inference.crop import Crop, cut, prepare
from core.inference.fitted import UNUSUAL, TemperatureScaling
from core.inference.model import flip_probabilities
from core.inference.pipeline import Pipeline
from core.inference.quality import EMPTY
from core.labels import DX, MALIGNANT
from core.store.card import read_card
from core.store.stored import MadeFrom
from core.synthetic.lesions import sample_lesion
from tests.cards import change

IMAGE = sample_lesion("mel", 3).image
NOISE = np.random.default_rng(0).integers(0, 256, (150, 200, 3)).astype(np.uint8)


@pytest.fixture
def pipeline(calibrated_folder) -> Pipeline:
    return Pipeline(calibrated_folder)


@pytest.fixture(scope="module")
def ensemble() -> Pipeline:
    return Pipeline.load("efficientnet_lite_ensemble")


def png(image: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Pillow.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


def test_probabilities_are_calibrated_and_the_raw_ones_are_kept(pipeline):
    found = pipeline.predict(IMAGE)
    raw = pipeline.model.probabilities(prepare(IMAGE))
    np.testing.assert_array_equal(found.raw_probabilities, raw)
    np.testing.assert_allclose(found.probabilities, tempered(raw, 2.0), atol=1e-6)
    assert found.calibration == TemperatureScaling(2.0, "card") and found.calibrated
    counts = np.array([read_card(TRAINED_MODELS / "baseline_cnn").data.train_counts[dx] for dx in DX])
    np.testing.assert_allclose(found.prior, counts / counts.sum())
    assert found.top == DX[int(raw.argmax())]


def test_every_flip_is_calibrated_and_gives_the_range(pipeline):
    found = pipeline.predict(IMAGE)
    np.testing.assert_array_equal(found.per_flip[0], found.probabilities)
    np.testing.assert_allclose(found.per_flip, tempered(flip_probabilities(pipeline.model, prepare(IMAGE)), 2.0))
    for dx in DX:
        each = found.flip_range(dx)
        column = found.per_flip[:, DX.index(dx)]
        assert (each.value, each.low, each.high) == (column[0], column.min(), column.max())
    total = found.malignant
    assert total.value == pytest.approx(sum(found.probabilities[DX.index(dx)] for dx in MALIGNANT))
    assert total.low < total.value < total.high or total.low <= total.value <= total.high
    assert pipeline.predict(IMAGE, flips=False).per_flip.shape == (1, 7)


def test_heatmaps_keep_their_axes_and_are_scaled(pipeline):
    found = pipeline.predict(IMAGE)
    raw = pipeline.model.run(prepare(IMAGE)).heatmaps
    assert found.heatmaps.shape == raw.shape == (16, 16, 7)
    assert np.isin(found.heatmaps.max(axis=(0, 1)), (0, 1)).all()
    for i in range(7):
        np.testing.assert_allclose(found.heatmaps[..., i] * raw[..., i].max(), raw[..., i], rtol=1e-5)
    np.testing.assert_array_equal(pipeline.heatmaps(IMAGE), found.heatmaps)


def test_the_set_contains_what_reaches_its_threshold_most_probable_first(pipeline):
    found = pipeline.predict(IMAGE)
    by_hand = {dx for dx, p in zip(DX, found.probabilities, strict=True) if p >= 0.2 or p == found.probabilities.max()}
    assert set(found.conformal_set) == by_hand
    assert list(found.conformal_set) == sorted(by_hand, key=lambda dx: -found.probabilities[DX.index(dx)])


def test_a_synthetic_lesion_passes_a_detector_that_was_fitted_on_them(pipeline):
    found = pipeline.predict(IMAGE)
    assert found.warnings == () and found.ood_score < 1
    assert found.neighbours[0].image_id == "ISIC_0000043"


def test_noise_and_an_empty_image_get_warnings(pipeline):
    noise = pipeline.predict(NOISE)
    assert noise.ood_score > 1 and noise.warnings[-1] is UNUSUAL
    assert pipeline.predict(np.full((150, 200, 3), 128, np.uint8)).warnings[0] is EMPTY


def test_an_image_is_decoded_cropped_and_then_predicted(pipeline):
    data, crop = png(IMAGE), Crop(0.5, 0.2, 0.8)
    whole, part = pipeline.predict_bytes(data), pipeline.predict_bytes(data, crop)
    np.testing.assert_array_equal(whole.probabilities, pipeline.predict(IMAGE).probabilities)
    np.testing.assert_array_equal(part.probabilities, pipeline.predict(cut(IMAGE, crop)).probabilities)
    assert pipeline.predict_bytes(data, flips=False).per_flip.shape == (1, 7)
    with pytest.raises(UserError, match="isn't a JPEG"):
        pipeline.predict_bytes(b"text")


def test_an_image_is_prepared_once_for_all_that_looks_at_it(pipeline, monkeypatch):
    calls = []

    def counted(image: np.ndarray) -> object:
        calls.append(image.shape)
        return prepare(image)

    def never(*_: object) -> None:
        raise AssertionError("prepared twice")

    monkeypatch.setattr(module, "prepare", counted)
    monkeypatch.setattr("core.data.images.preprocess", never)
    pipeline.predict(IMAGE)
    assert calls == [IMAGE.shape]


def test_without_what_was_fitted_for_this_export_the_network_predicts_alone(calibrated_folder):
    card = read_card(calibrated_folder)
    older = MadeFrom(export="an older one")
    parts = {key: getattr(card, key) for key in ("calibration", "conformal", "ood_detector")}
    change(calibrated_folder, **{key: replace(part, made_from=older) for key, part in parts.items()})
    found = Pipeline(calibrated_folder).predict(IMAGE)
    assert not found.calibrated
    np.testing.assert_array_equal(found.probabilities, found.raw_probabilities)
    assert (found.conformal_set, found.neighbours, found.warnings, found.ood_score) == ((), (), (), None)


def test_an_ensemble_predicts_with_the_mean_over_members_and_flips(ensemble):
    found = ensemble.predict(IMAGE)
    members = [flip_probabilities(member, prepare(IMAGE)) for member in ensemble.model.members]
    np.testing.assert_allclose(found.raw_probabilities, np.mean(members, axis=(0, 1)), atol=1e-6)
    assert found.calibration is not None and found.calibration.source == "card"
    expected = tempered(found.raw_probabilities, found.calibration.temperature)
    np.testing.assert_allclose(found.probabilities, expected)
    assert found.heatmaps.shape == (6, 7, 7)
    assert found.conformal_set and found.ood_score is not None
    for dx in DX:
        assert found.flip_range(dx).low <= found.flip_range(dx).value <= found.flip_range(dx).high


def test_flipping_the_image_does_not_change_an_ensembles_prediction(ensemble):
    flipped = np.ascontiguousarray(IMAGE[::-1, ::-1])
    np.testing.assert_allclose(
        ensemble.predict(IMAGE).probabilities, ensemble.predict(flipped).probabilities, atol=1e-3
    )


def test_the_ensemble_repeats_its_committed_predictions(ensemble, real_ham):
    from core.data.images import read_image
    from core.evaluation.leaderboard import load_scores

    scores = load_scores(TRAINED_MODELS / ensemble.name, "test")
    for name, expected in list(zip(scores.image_id.tolist(), scores.probabilities, strict=True))[::200]:
        found = ensemble.predict(read_image(real_ham.images[name]))
        np.testing.assert_allclose(found.raw_probabilities, expected, atol=0.02)


def test_an_unknown_name_is_one_sentence():
    with pytest.raises(UserError, match="no trained model 'nobody'"):
        Pipeline.load("nobody")


def test_layer_cam_is_kept_for_any_class_or_for_some() -> None:
    pipeline = Pipeline.load("efficientnet_lite0")
    assert pipeline.methods == ("LayerCAM", "Grad-CAM")
    prediction = pipeline.predict(IMAGE, flips=False, explain=True)
    fine = prediction.heatmap("mel", "LayerCAM")
    assert fine.shape == (11, 14) and prediction.heatmap("mel", "Grad-CAM").shape == (6, 7)
    np.testing.assert_array_equal(fine, pipeline.heatmaps(IMAGE, ["mel"], "LayerCAM")[..., 0])
    less = prediction.without_evidence(["mel"])
    assert not less.evidence
    np.testing.assert_array_equal(less.heatmap("mel", "LayerCAM"), fine)
    np.testing.assert_array_equal(less.heatmap("nv", "LayerCAM"), prediction.heatmap("nv", "Grad-CAM"))
    assert not pipeline.predict(IMAGE, flips=False).evidence


def test_an_ensemble_offers_what_all_its_members_offer() -> None:
    ensemble = Pipeline.load("efficientnet_lite_ensemble")
    assert len(ensemble.predict(IMAGE, flips=False, explain=True).evidence) == 2
    assert ensemble.heatmaps(IMAGE, ["mel", "nv"], "LayerCAM").shape == (11, 14, 2)
    other = Pipeline.load("custom_cnn")
    assert other.methods == ("Grad-CAM",)
    np.testing.assert_array_equal(other.heatmaps(IMAGE, ["nv"], "LayerCAM"), other.heatmaps(IMAGE, ["nv"]))
