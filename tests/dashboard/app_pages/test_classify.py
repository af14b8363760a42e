"""The classify page: every source of images, bad uploads, broken models, none at all."""

import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from streamlit.testing.v1 import AppTest

from core import config
from core.data.metadata import Dataset
from core.inference.class_mix import assume
from core.inference.crop import prepare
from core.inference.decode import DAMAGED, UNSUPPORTED
from core.inference.fitted import CHECK_MODEL
from core.inference.image_descriptors import COUNT
from core.inference.model import Network
from core.inference.ood import OODDetector, fit_table, write_detector
from core.inference.pipeline import Pipeline
from core.labels import DX, NAMES
from core.store.card import read_card, write_card
from core.store.provenance import current, stored_file
from core.store.stored import MadeFrom
from core.synthetic.lesions import sample_lesion
from dashboard.caches import inference
from dashboard.text.predicted_class import inline
from tests.cards import change
from tests.dashboard.pages import checked, images, text_of, visit

REAL_MODELS = config.TRAINED_MODELS
WITHOUT_DATASET = pytest.mark.usefixtures("no_dataset")
FITTED = ("calibration", "conformal")
ALONE = pytest.mark.usefixtures("models", "no_dataset")
LESION = sample_lesion("mel", 5).image


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of the committed baseline, alone in a folder of its own, without what `calibrate` adds."""
    monkeypatch.setattr(config, "TRAINED_MODELS", tmp_path / "models")
    folder = Path(shutil.copytree(REAL_MODELS / "baseline_cnn", tmp_path / "models" / "baseline_cnn"))
    change(folder, **dict.fromkeys(FITTED))
    return tmp_path / "models"


@pytest.fixture
def fitted(models: Path) -> Callable[..., None]:
    """Puts back what `calibrate` fitted, with an image check of its own that finds every image half likely."""
    folder, whole = models / "baseline_cnn", read_card(REAL_MODELS / "baseline_cnn")
    detector = read_card(REAL_MODELS / CHECK_MODEL).ood_detector
    assert detector and current(whole, whole.calibration) and current(whole, whole.conformal)
    size = Network(folder).run(prepare(LESION)).embeddings[0].size
    table = fit_table(
        np.random.default_rng(0).normal(size=(70, size)), np.arange(70) % 7, [f"ISIC_{i:07d}" for i in range(70)]
    )
    write_detector(
        OODDetector(weights=np.zeros(size + COUNT), offset=np.zeros(1), **table), folder / detector.file.name
    )

    def put_back(threshold: float) -> None:
        limits = {"sharpness": 0.0, "dark": 0.0, "bright": 255.0, "clipped": 1.0, "structure": 0.0}
        moved = replace(
            detector, threshold=threshold, limits=limits, made_from=MadeFrom(export=whole.files.export),
            file=stored_file(folder / detector.file.name),
        )  # fmt: skip
        write_card(folder, replace(whole, ood_detector=moved))

    return put_back


def open_page(source: str | None = None) -> AppTest:
    return visit("app_pages/classify", **({"source": source} if source else {}))


def upload(data: bytes, name: str = "spot.jpg") -> AppTest:
    page = open_page()
    return checked(page.file_uploader[0].upload(name, data, "image/jpeg").run())


def png(image: np.ndarray = LESION) -> bytes:
    stream = io.BytesIO()
    Pillow.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


def charts(page: AppTest) -> int:
    return len(page.get("plotly_chart"))


@WITHOUT_DATASET
def test_an_upload_gets_a_prediction(models):
    page = upload(png())
    probabilities = Network(models / "baseline_cnn").probabilities(prepare(LESION))
    top = DX[int(probabilities.argmax())]
    assert charts(page) == 1
    assert f"the model gives **{inline(top)}** {100 * probabilities.max():.0f}%" in text_of(page)
    assert "This is not a diagnosis" in text_of(page)
    assert "Baseline CNN found **" in text_of(page)
    assert any("uncalibrated probabilities" in caption.value for caption in page.caption)
    assert "The probabilities assume" in text_of(page)
    assert "the model sees this part at 64 x 64 pixels" in "".join(
        i.caption for b in page.get("image") for i in b.proto.imgs
    )
    assert not page.error


@WITHOUT_DATASET
def test_the_class_mix_changes_prediction_and_record(models):
    pipeline = Pipeline(models / "baseline_cnn")
    natural = pipeline.predict(LESION, flips=False)
    equal = assume(natural, "equal")
    page = upload(png())
    page.segmented_control(key="mix").set_value("equal").run()
    highest = 100 * equal.probabilities.max()
    start = f"If all seven diagnoses were equally common, the model gives **{inline(equal.top)}** {highest:.0f}%"
    assert start in text_of(page)
    assert "The probabilities assume that all seven diagnoses are equally common" in text_of(page)
    assert any("the most probable class if all are equally common" in caption.value for caption in page.caption)
    assert equal.probabilities.max() != pytest.approx(natural.probabilities.max(), abs=0.01)
    assert not page.error


@ALONE
def test_the_heatmap_follows_the_diagnosis_picked():
    page = upload(png())
    picker = next(box for box in page.selectbox if box.label == "Heatmap for")
    picked = picker.options[2]
    picker.select(picked).run()
    assert f"score for **{picked[0].lower() + picked[1:]}**" in text_of(page)


@ALONE
def test_layer_cam_comes_first_and_grad_cam_is_a_choice():
    page = upload(png())
    assert "(LayerCAM, 16 x 16 grid)" in text_of(page)
    before = [image.url for image in images(page)]
    page.segmented_control("method").set_value("Grad-CAM").run()
    assert "(Grad-CAM, 16 x 16 grid)" in text_of(checked(page))
    assert before != [image.url for image in images(page)]
    page.session_state["full-baseline_cnn"] = True
    assert checked(page.run()).get("bidi_component")


@WITHOUT_DATASET
def test_a_model_without_layer_cam_shows_grad_cam_and_no_choice(monkeypatch, tmp_path):
    shutil.copytree(REAL_MODELS / "custom_cnn", tmp_path / "custom_cnn")
    monkeypatch.setattr(config, "TRAINED_MODELS", tmp_path)
    page = upload(png())
    assert "(Grad-CAM, 52 x 52 grid)" in text_of(page)
    assert "method" not in {control.key for control in page.segmented_control}


@ALONE
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"just text", UNSUPPORTED),
        (png()[:300], DAMAGED),
        (b"", "This file is empty"),
        (b"GIF89a" + bytes(99), "GIF images aren't"),
    ],
    ids=["text", "truncated", "empty", "gif"],
)
def test_a_bad_upload_gets_one_sentence_and_no_prediction(data, sentence):
    page = upload(data, "../../<b>evil.jpg")
    assert len(page.error) == 1
    assert sentence in page.error[0].value
    assert charts(page) == 0
    assert "evil" not in text_of(page)


@ALONE
def test_a_fault_that_nobody_foresaw_shows_no_type_path_or_message(monkeypatch):
    def fail(*_: object) -> None:
        raise ValueError("/secret/path/model.bin")

    monkeypatch.setattr(Network, "run", fail)
    page = upload(png())
    assert len(page.error) == 1
    assert "try another image" in page.error[0].value
    assert not any(part in text_of(page) + page.error[0].value for part in ("ValueError", "secret", "model.bin"))


@WITHOUT_DATASET
def test_an_image_that_the_check_refuses_gets_a_reason_and_no_class(fitted):
    fitted(threshold=1e-6)
    page = upload(png())
    assert charts(page) == 0
    (warning,) = page.warning
    assert warning.value.startswith("**No prediction for this image.** This doesn't look like a dermatoscopic image")
    assert "dermatoscope" in warning.value
    assert not [name for name in NAMES.values() if name in text_of(page) + warning.value]
    assert not page.get("download_button")
    page.session_state["fold-image-check"] = True
    assert "numbers that baseline_cnn computes" in text_of(checked(page.run()))


@WITHOUT_DATASET
def test_a_refused_image_is_classified_by_a_second_click_and_the_warning_stays(fitted):
    fitted(threshold=1e-6)
    page = upload(png())
    (insist,) = [button for button in page.button if button.label == "Classify it anyway"]
    checked(insist.click().run())
    assert charts(page) == 1
    (warning,) = page.warning
    assert warning.value.startswith("**The image check refused this image, so the prediction may mean nothing.**")
    assert "dermatoscopic" in warning.value
    page.segmented_control(key="mix").set_value("equal").run()
    assert charts(page) == 1 and len(page.warning) == 1
    other = sample_lesion("nv", 8).image
    page.file_uploader[0].upload("other.png", png(other), "image/png").run()
    assert charts(page) == 0  # asked for one image, not for all


@WITHOUT_DATASET
def test_a_image_that_passes_gets_set_neighbours_and_report(fitted, models):
    fitted(threshold=1e6)
    page = upload(png())
    expected = Pipeline(models / "baseline_cnn").predict(LESION)
    shown = text_of(page)
    assert charts(page) == 1 and not page.warning
    assert f"the model gives **{inline(expected.top)}** {100 * expected.probabilities.max():.0f}%" in shown
    assert all(each.image_id in shown for each in expected.neighbours)
    assert "cancer or precancer:" in shown and "Shortlist" in shown
    assert any("calibrated probabilities" in caption.value for caption in page.caption)
    assert not page.dataframe, "tables that are seldom read wait in their folds"
    page.session_state["fold-set-baseline_cnn"] = page.session_state["fold-image-check"] = True
    assert "it doesn't hold for other cameras" in text_of(checked(page.run()))
    assert len(page.dataframe) == 2
    assert len([b for b in page.get("download_button") if b.label == "Report"]) == 1


@WITHOUT_DATASET
def test_a_synthetic_lesion_is_classified_and_said_to_be_refused_otherwise(fitted):
    fitted(threshold=1e-6)
    page = open_page("Synthetic lesion")
    assert charts(page) == 1
    assert "The image check would refuse this image as an upload" in text_of(page)


@WITHOUT_DATASET
def test_two_models_stand_side_by_side(models):
    other = Path(shutil.copytree(models / "baseline_cnn", models / "second_cnn"))
    write_card(other, replace(read_card(models / "baseline_cnn"), name="second_cnn"))
    page = upload(png())
    page.selectbox("compare-with").select("second_cnn").run()
    assert not page.exception
    assert charts(page) == 2
    titles = ("What {} sees, and its heatmap", "What {} predicts", "How good {} is at this diagnosis")
    shown = [text for text in text_of(page).split("\n") if text.startswith(("## What", "## How"))]
    assert shown == [f"## {title.format(name)}" for name in ("Baseline CNN", "second_cnn") for title in titles]
    heatmaps = [box for box in page.selectbox if box.label == "Heatmap for"]
    before = [image.url for image in images(page)]
    checked(heatmaps[1].select(heatmaps[1].options[3]).run())
    after = [image.url for image in images(page)]
    assert [a == b for a, b in zip(before, after, strict=True)].count(False) == 1


@ALONE
def test_the_crop_moves_what_the_model_sees():
    page = upload(png())
    before = page.get("plotly_chart")[0].proto.spec
    page.slider("crop-size").set_value(40).run()
    page.slider("crop-across").set_value(0).run()
    assert not page.exception
    assert page.get("plotly_chart")[0].proto.spec != before


@ALONE
def test_a_photo_of_the_camera_is_classified():
    page = open_page("Camera")
    assert not page.camera_input, "the browser would ask at once whether the camera may be used"
    assert "takes one photo of a spot" in text_of(page)
    page.button("open-camera").click().run()
    page.camera_input[0].upload("photo.jpg", png()).run()
    assert charts(page) == 1


@ALONE
def test_without_a_camera_an_upload_is_one_click_away():
    page = checked(open_page("Camera").button("no-camera").click().run())
    assert page.file_uploader and not page.camera_input


@ALONE
def test_synthetic_lesions_are_classified_and_said_to_be_synthetic():
    page = open_page("Synthetic lesion")
    assert charts(page) == 1
    assert "It was drawn as **Melanoma**" in text_of(page)
    assert "synthetic, not photographs" in text_of(page)
    page.selectbox("drawn-as").select("vasc").run()
    first = text_of(page)
    assert "It was drawn as **Vascular lesion**" in first
    page.button("another").click().run()
    assert text_of(page) != first


@ALONE
def test_an_example_is_one_click_away():
    page = open_page()
    page.button("try-bcc").click().run()
    assert not page.exception
    assert "It was drawn as **Basal cell carcinoma**" in text_of(page)


@ALONE
def test_without_the_dataset_no_test_image_is_offered():
    assert "Test image" not in open_page().segmented_control("source").options


@pytest.mark.usefixtures("models")
def test_test_images_come_with_their_true_diagnosis(real_ham: Dataset):
    page = open_page("Test image")
    truth = real_ham.metadata.set_index("image_id")["dx"]
    caption = next(i.caption for b in page.get("image") for i in b.proto.imgs if i.caption)
    dx = truth[caption.split(",")[0]]
    assert f"It is **{NAMES[dx]}**" in text_of(page)
    first = caption
    page.button("another").click().run()
    assert first not in [i.caption for b in page.get("image") for i in b.proto.imgs]


@WITHOUT_DATASET
def test_a_tampered_model_is_refused_in_one_sentence(models):
    file = models / "baseline_cnn" / "model.tflite"
    file.write_bytes(file.read_bytes()[:-1] + b"\0\1")
    page = upload(png())
    assert [error.value for error in page.error] == [
        "baseline_cnn/model.tflite is not the file that its card describes (SHA-256); "
        "run `python -m core export baseline_cnn` or fetch it again."
    ]


@WITHOUT_DATASET
def test_without_a_model_the_page_says_how_to_get_one(monkeypatch, tmp_path):
    monkeypatch.setattr(config, "TRAINED_MODELS", tmp_path / "none")
    page = open_page()
    assert "There is no model yet" in text_of(page)
    assert "core export" in page.code[0].value


def test_an_upload_is_predicted_for_its_visitor_alone(monkeypatch):
    shared: list[str] = []
    predict = inference.predict_example
    monkeypatch.setattr(
        inference, "predict_example", lambda name, *given, **more: shared.append(name) or predict(name, *given, **more)
    )
    assert charts(upload(png())) == 1 and shared == []
    assert charts(checked(open_page("Synthetic lesion"))) == 1 and len(shared) == 1


@ALONE
def test_no_uploaded_byte_stays_in_session_state():
    page = upload(png())
    page.segmented_control("source").set_value("synthetic").run()
    kept = page.session_state._state.filtered_state
    assert not [
        key for key, value in kept.items() if isinstance(value, bytes | np.ndarray) or hasattr(value, "getvalue")
    ]
