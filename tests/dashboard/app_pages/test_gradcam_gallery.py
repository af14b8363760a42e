"""The Grad-CAM page: test images, a part of them, synthetic ones; each tab; faults that cost one image only."""

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core import config
from core.data.masks import MASKS
from core.data.splits import load_splits
from core.evaluation.comparisons import load_comparisons
from core.evaluation.leaderboard import load_scores
from core.explain.study.checks import read_checks
from core.explain.study.synthetic_gallery import PER_DX
from core.inference.heatmaps import METHODS
from core.labels import DX, NAMES
from core.store.card import read_card, write_card
from core.store.export_facts import Adapter
from core.store.stored import MadeFrom, Member
from dashboard.caches import heatmaps
from dashboard.charts.cam_checks import curves
from dashboard.text.cam_checks import checks_table
from dashboard.text.cam_methods import PLACES
from dashboard.views.gradcam.gallery import PER_PAGE, score_rows
from tests.cards import change
from tests.dashboard.pages import checked, images, text_of, visit

REAL_MODELS = config.TRAINED_MODELS
WITHOUT_DATASET = pytest.mark.usefixtures("no_dataset")
ALONE = pytest.mark.usefixtures("model", "no_dataset")


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of the committed baseline, alone in a folder of its own."""
    monkeypatch.setattr(config, "TRAINED_MODELS", tmp_path / "models")
    return Path(shutil.copytree(REAL_MODELS / "baseline_cnn", tmp_path / "models" / "baseline_cnn"))


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Five test and three training images of noise, with a mask each: one unreadable, one mask too high."""
    split = load_splits()["lesion"]
    names = [*split.index[split == "test"][:5], *split.index[split == "train"][:3]]
    folder = tmp_path / "part"
    images = folder / "HAM10000_images_part_1"
    images.mkdir(parents=True)
    (folder / MASKS).mkdir()
    for i, name in enumerate(names):
        image = np.random.default_rng(i).integers(0, 256, (150, 200, 3)).astype(np.uint8)
        cv2.imwrite(str(images / f"{name}.jpg"), image)
        mask = np.zeros((200 if i == 1 else 150, 200), np.uint8)
        mask[50:100, 50:150] = 255
        cv2.imwrite(str(folder / MASKS / f"{name}_segmentation.png"), mask)
    (images / f"{names[0]}.jpg").write_bytes(b"cut")
    table = pd.DataFrame({"lesion_id": names, "image_id": names, "dx": "mel", "dx_type": "histo", "age": 50.0})
    table.assign(sex="male", localization="back").to_csv(folder / "HAM10000_metadata.csv", index=False)
    monkeypatch.setenv("HAM10000_DIR", str(folder))
    return folder


def open_page(view: str = "Gallery") -> AppTest:
    return visit("app_pages/gradcam_gallery", view=view)


def names(page: AppTest) -> list[str]:
    return [image.alt.split(",")[0] for image in images(page)]


@pytest.mark.usefixtures("real_ham")
def test_every_test_image_is_counted_filtered_and_sorted(model):
    page = open_page()
    scores = load_scores(model, "test")
    right = int((scores.probabilities.argmax(1) == scores.truth).sum())
    tested = len(scores.truth)
    assert f"{tested:,} of {tested:,} test images" in text_of(page)
    assert f"{right:,} and wrong on {tested - right:,}" in text_of(page)
    assert "If the most probable diagnosis is predicted" in text_of(page)
    assert len(images(page)) == PER_PAGE
    page.selectbox("order").set_value("most confident first").run()
    surest = scores.image_id[scores.probabilities.max(1) >= scores.probabilities.max(1).max()]
    assert names(checked(page))[0] in surest
    assert {widget.key for widget in page.multiselect} == {"localization"}


@ALONE
def test_without_the_dataset_synthetic_lesions_are_predicted_live_filtered_and_opened(monkeypatch):
    page = open_page()
    assert f"of {7 * PER_DX} synthetic lesions**" in text_of(page)
    assert "synthetic, not photographs" in text_of(page)
    assert any("Download the real images" in block.label for block in page.expander)
    assert len(images(page)) == PER_PAGE
    assert all(name.startswith("synthetic-") for name in names(page))
    assert "another image's heatmap" in text_of(page)
    before = [image.url for image in images(page)]
    page.segmented_control("colormap").set_value("jet").run()
    jet = [image.url for image in images(checked(page))]
    assert not set(jet) & set(before)
    page.slider("opacity").set_value(0).run()
    assert not set(jet) & {image.url for image in images(checked(page))}
    page.segmented_control("outcome").set_value("Wrong").run()
    lines = [c.value for c in checked(page).caption if c.value.startswith(":material/c")]
    assert lines
    assert all(line.startswith(":material/cancel:") for line in lines)
    name = names(page)[0]
    page.button(f"open-{name}").click().run()
    assert page.get("bidi_component")
    assert page.selectbox(f"large-dx-{name}").value in NAMES
    assert names(checked(page)).count(name) == 1
    page.session_state["large-every"] = True
    page.button(f"open-{name}").click().run()
    assert sum(image.startswith(name) for image in names(checked(page))) == 1 + len(DX)
    monkeypatch.setattr(heatmaps, "heatmap", lambda *_: np.zeros((4, 4), np.float32))
    page = open_page()
    assert text_of(page).count("**nothing here") == PER_PAGE
    assert "nan" not in text_of(page).lower().replace("malignan", "")


@ALONE
def test_the_table_is_sent_once_it_is_unfolded():
    page = open_page()
    assert not page.dataframe and not page.get("download_button")
    page.session_state["gallery-fold"] = True
    assert len(checked(page.run()).dataframe[0].value) == 7 * PER_DX
    assert page.get("download_button")


@pytest.mark.usefixtures("model", "part")
def test_a_part_of_the_test_images_and_faults_that_cost_one_image_only():
    page = open_page()
    split = load_splits()["lesion"]
    tested = split.index[split == "test"][:5]
    assert "5 of the 2,004 test images" in text_of(page)
    assert sorted(names(page)) == sorted(tested[1:])
    assert f"{tested[0]}.jpg is not a readable image" in text_of(page)
    assert f"The lesion mask {tested[1]}_segmentation.png is 200 x 200 pixels" in text_of(page)


@ALONE
def test_right_beside_wrong_and_what_all_of_them_say():
    page = open_page("Right and wrong")
    assert {name.split("-")[1] for name in names(page)} <= {"mel"}
    assert len(images(page)) + len(page.get("info")) == 3  # one says that lesions are synthetic
    assert "images of melanomas" in text_of(page)


@WITHOUT_DATASET
def test_one_image_across_models_and_a_broken_one_costs_itself_only(model):
    both = shutil.copytree(model, model.parent / "both")
    card = read_card(model)
    members = (Member("baseline_cnn", MadeFrom(weights=card.files.weights)),)
    write_card(
        Path(both), replace(card, name="both", kind="ensemble", members=members, cam_checks=None, layer_cam_checks=None)
    )
    broken = shutil.copytree(model, model.parent / "broken")
    write_card(Path(broken), replace(card, name="broken", synthetic_gallery=None))  # nor is anything stored for it
    (broken / "model.tflite").write_bytes(b"altered")
    page = open_page("Models compared")
    assert {"## Baseline CNN", "## both", "## broken"} <= {text.value for text in page.markdown}
    assert len(images(page)) == 2
    assert len(set(names(page))) == 1
    assert [error.value.split(" is not")[0] for error in page.error] == ["broken/model.tflite"]
    page = open_page("Layers compared")
    page.selectbox("model").set_value("both").run()
    assert "An ensemble has no layers" in "".join(info.value for info in checked(page).info)
    assert len(images(page)) == 8  # those of its first member
    page = open_page("Checks")
    page.selectbox("model").set_value("both").run()
    assert page.get("plotly_chart") and "An ensemble has no checks" in "".join(i.value for i in page.info)


@ALONE
def test_across_layers_of_synthetic_lesions_without_tensorflow(model):
    page = open_page("Layers compared")
    assert len(images(page)) == 8  # the image, three layers; the image, three methods
    assert "Grad-CAM++, " in text_of(page)
    assert "are at least half as hot as the hottest" in text_of(page)
    change(model, layer_maps=None)
    page = open_page("Layers compared")
    assert page.code[-1].value == "python -m core explain layers baseline_cnn"


@ALONE
def test_scores_need_no_image_and_compare_all_models(model):
    facts = read_card(model).layer_cam_scores
    assert facts
    change(model, layer_cam_scores=replace(facts, tested=facts.images + 1, left_out=0))
    page = open_page("Scores")
    assert "(baseline_cnn: a random part" in text_of(page)
    change(model, layer_cam_scores=replace(facts, tested=facts.images, left_out=0))
    page = open_page("Scores")
    assert "(baseline_cnn: a random part" not in text_of(page)
    page.session_state["cam-fits-fold"] = True
    assert checked(page.run()).dataframe[0].value["Model"].tolist() == ["baseline_cnn"]
    assert not images(page)
    assert page.get("plotly_chart")


@WITHOUT_DATASET
def test_without_a_model_the_page_says_how_to_get_one(monkeypatch, tmp_path):
    monkeypatch.setattr(config, "TRAINED_MODELS", tmp_path / "none")
    assert "python -m core export baseline_cnn" in open_page().code[0].value


def test_scores_of_a_image_beside_the_baselines():
    row = pd.Series(
        {f"{prefix}{score}": 0.5 for prefix in ("", "other_", "center_", "uniform_") for score in ("energy", "iou")}
    )
    row = pd.concat(
        [row, pd.Series({"pointing": 1.0, "other_pointing": 0.5, "center_pointing": 0.0, "uniform_pointing": None})]
    )
    table = score_rows(row)
    assert table["heatmap"].tolist() == [0.5, 1.0, 0.5]
    assert table["central spot"].tolist() == [0.5, 0.0, 0.5]
    assert np.isnan(table["uniform map"][1])


@ALONE
@pytest.mark.parametrize("method", METHODS)
def test_the_checks_of_the_chosen_method_are_shown_with_their_size_and_source(model, method):
    page = visit("app_pages/gradcam_gallery", view="Checks", method=method)
    trained = "cover" in set(load_comparisons()["kind"])
    charts = ["cam-covered", "trained-covered"] if trained else ["cam-covered"]
    assert [chart.key for chart in page.get("plotly_chart")] == charts
    covered = read_checks(model).groupby("check")["images"].max()["covered"]
    assert f"n = {covered:,} images" in text_of(page) and "Bissoto et al. 2019" in text_of(page)
    table = read_checks(model, method)
    sizes, place = table.groupby("check")["images"].max(), PLACES[method]
    page.session_state["checks"] = "Pixels in and out"
    assert [chart.key for chart in checked(page.run()).get("plotly_chart")] == ["cam-insertion", "cam-deletion"]
    assert f"n = {sizes['insertion']:,} images" in text_of(page) and f"; {place}; check: Petsiuk" in text_of(page)
    assert curves(table, "insertion").sentence in text_of(page)
    page.session_state["checks"] = "Weights randomized"
    assert [chart.key for chart in checked(page.run()).get("plotly_chart")] == ["cam-randomized"]
    assert f"n = {sizes['randomisation']:,} images" in text_of(page)
    assert f"; {place}; check: Adebayo et al. 2018" in text_of(page)
    page.session_state["cam-checks-fold"] = True
    rows = checked(page.run()).dataframe[-1].value
    assert rows.equals(checks_table({"baseline_cnn": table}, "Model"))


@ALONE
def test_checks_that_have_not_been_run_name_their_command(model):
    change(model, cam_checks=None, layer_cam_checks=None)
    page = open_page("Checks")
    assert "Baseline CNN" in page.info[0].value
    assert page.code[-1].value == "python -m core explain checks baseline_cnn"
    page.session_state["checks"] = "Weights randomized"
    assert checked(page.run()).code[-1].value == "python -m core explain checks baseline_cnn --method LayerCAM"


@ALONE
def test_layer_cam_comes_first_and_grad_cam_is_a_choice_in_the_address():
    page = open_page()
    assert page.segmented_control("method").value == "LayerCAM"
    assert "LayerCAM before the last halving of the grid" in text_of(page)
    fine = [image.url for image in images(page)]
    page = visit("app_pages/gradcam_gallery", method="Grad-CAM")
    assert "Grad-CAM at the last convolution" in text_of(page)
    assert not set(fine) & {image.url for image in images(page)}


@WITHOUT_DATASET
def test_a_model_without_layer_cam_says_so_and_the_gallery_goes_on(monkeypatch, tmp_path):
    monkeypatch.setattr(config, "TRAINED_MODELS", tmp_path / "models")
    shutil.copytree(REAL_MODELS / "custom_cnn", tmp_path / "models" / "custom_cnn")
    page = open_page()
    assert "Custom CNN shows Grad-CAM. LayerCAM isn't available here" in text_of(page)
    assert "Grad-CAM at the last convolution" in text_of(page) and len(images(page)) == PER_PAGE
    page = open_page("Scores")
    assert page.code[-1].value == "python -m core explain heatmaps NAME --method LayerCAM"


@WITHOUT_DATASET
def test_a_model_without_heatmaps_is_not_offered_and_the_gallery_goes_on(model):
    flat = Path(shutil.copytree(model, model.parent / "flat"))
    card = read_card(model)
    adapter = Adapter("0 to 255", tuple(DX), logits=False, heatmaps=False)
    write_card(flat, replace(card, name="flat", export=replace(card.export, adapter=adapter)))
    page = open_page()
    assert page.selectbox("model").options == ["Baseline CNN"] and len(images(page)) == PER_PAGE


@pytest.mark.usefixtures("model", "part")
def test_an_opened_image_whose_mask_has_another_size_is_shown_with_one_sentence():
    name = load_splits().index[load_splits()["lesion"] == "test"][1]
    page = open_page()
    page.button(f"open-{name}").click().run()
    text = text_of(checked(page))
    assert page.get("bidi_component")
    assert text.count(f"The lesion mask {name}_segmentation.png is 200 x 200 pixels") >= 2  # in the gallery, and large


@ALONE
def test_methods_are_compared_in_a_table_with_the_aims_that_each_reaches():
    page = open_page("Scores")
    table = page.dataframe[-2].value
    assert table["Method"].tolist() == ["LayerCAM", "Grad-CAM"]
    assert all(cell.endswith(" of 4") for cell in table["Aims reached"])
    assert "LayerCAM of Baseline CNN reaches" in text_of(page)
    page.segmented_control("method").set_value("Grad-CAM").run()
    assert "Grad-CAM of Baseline CNN reaches" in text_of(checked(page))


@ALONE
def test_the_scores_tab_compares_the_checks_of_both_methods(model):
    page = open_page("Scores")
    tables = {method: read_checks(model, method) for method in METHODS}
    assert page.dataframe[-1].value.equals(checks_table(tables, "Method"))
