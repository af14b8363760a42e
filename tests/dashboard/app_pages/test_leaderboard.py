"""The leaderboard page: with models, with a broken one, with none, with the dataset and without."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import config
from core.data.metadata import Dataset
from core.evaluation.decisions import confusion_table, decisions, in_cell, largest_confusion
from core.evaluation.leaderboard import load_scores
from core.evaluation.slices import add_slices
from core.labels import DX
from core.store.card import read_card
from dashboard.caches import evaluation
from dashboard.components.confusion_matrix import PICKED
from dashboard.navigation import PAGES
from dashboard.text.format import estimate
from dashboard.views.leaderboard import confusion, ranking
from tests.cards import change
from tests.dashboard.pages import checked, images, text_of, visit

WriteModel = Callable[..., Path]


def open_page(show: str | None = None, other: str | None = None) -> AppTest:
    """The page with its table open."""
    query = {"show": show, "other": other, ranking.TABLE: "true"}
    return visit("app_pages/leaderboard", **{key: tab for key, tab in query.items() if tab})


@pytest.fixture
def models(write_model: WriteModel, no_dataset: None) -> Path:  # noqa: ARG001
    """Two models, and no dataset."""
    write_model("weak", 1.0)
    return write_model("strong", 3.0)


def test_the_best_comes_first_and_the_floor_last(models: Path) -> None:
    page = open_page()
    table = page.dataframe[0].value
    assert table["name"].tolist() == ["strong", "weak", "majority_class"]
    figure = estimate(read_card(models).figure("balanced_accuracy"))
    assert table["balanced_accuracy"][0] == figure
    assert figure in text_of(page)
    assert {"strong", "weak"} <= set(re.findall(r"\w+", text_of(page)))
    assert not page.error


def test_a_plain_visit_has_a_plain_address_and_downloads_no_table(models: Path) -> None:  # noqa: ARG001
    page = visit("app_pages/leaderboard")
    assert not page.query_params
    assert not page.dataframe
    assert [chart.key for chart in page.get("plotly_chart")] == ["forest"]


def test_latency_is_measured_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "median_latency", lambda _: 7.5)
    st.cache_resource.clear()
    page = open_page()
    assert "latency" not in page.dataframe[0].value
    checked(page.button(key="measure-latency").click().run())
    latencies = page.dataframe[0].value.set_index("name")["latency"]
    assert latencies["baseline_cnn"] == 7.5
    ensemble = read_card(config.TRAINED_MODELS / "efficientnet_lite_ensemble")
    assert latencies["efficientnet_lite_ensemble"] == 7.5 * ensemble.flips * len(ensemble.members)
    assert latencies[["metadata_only", "majority_class"]].isna().all()
    assert "7.5 ms" in text_of(page)


def test_every_figure_says_its_split_and_size(models: Path) -> None:  # noqa: ARG001
    page = open_page()
    page.session_state["cell-fold"] = True
    captions = [caption.value for caption in checked(page.run()).caption]
    assert sum("test split, by lesion, n = 300 images of" in caption for caption in captions) >= 4


def test_another_figure_and_fewer_models(models: Path) -> None:  # noqa: ARG001
    page = open_page()
    page.selectbox(key="metric").select("calibration_error")
    checked(page.run())
    assert "How far confidence and accuracy lie apart" in text_of(page)
    assert page.dataframe[0].value.columns[1] == "calibration_error"  # beside the name, where a phone shows it
    page.get("button_group")[0].set_value(["weak"])
    checked(page.run())
    assert page.dataframe[0].value["name"].tolist() == ["weak", "majority_class"]
    assert "strong" not in page.selectbox(key="model").options


def test_the_largest_confusion_is_open_and_another_cell_can_be_chosen(models: Path) -> None:  # noqa: ARG001
    page = open_page()
    rows = decisions(load_scores(config.TRAINED_MODELS / "strong", "test"), "balanced")
    dx, predicted = largest_confusion(confusion_table(rows))
    assert (page.selectbox(key="cell-true").value, page.selectbox(key="cell-predicted").value) == (dx, predicted)
    cell = in_cell(rows, dx, predicted)
    assert f"**{len(cell)} image" in text_of(page)
    assert f"**0 of {len(cell)} image" in text_of(page)
    assert not images(page)
    page.selectbox(key="cell-true").select("bkl")
    page.selectbox(key="cell-predicted").select("bkl")
    checked(page.run())
    right = in_cell(rows, "bkl", "bkl")
    assert f"**{len(right)} images of {right['group'].nunique()} lesions**" in text_of(page)
    page.session_state["cell-fold"] = True
    assert checked(page.run()).dataframe[-1].value["image_id"].tolist() == right["image_id"].tolist()


def test_of_a_cell_the_installed_images_are_shown(
    models: Path, mini_ham: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    rows = decisions(load_scores(models, "test"), "balanced")
    cell = in_cell(rows, *largest_confusion(confusion_table(rows)))
    assert len(cell) > 2
    files = dict(zip(cell["image_id"][1:], mini_ham.rglob("*.jpg"), strict=False))
    sample = Dataset(mini_ham, cell, {name: files[name] for name in cell["image_id"][1:3]}, ())
    monkeypatch.setattr("dashboard.caches.dataset.usable", lambda: sample)
    page = open_page()
    assert [image.caption.split(":")[0] for image in images(page)] == cell["image_id"][1:3].tolist()
    first = cell.iloc[1]
    caption = (
        f"{first['image_id']}: {first['predicted']} {first['p_predicted']:.2f}, {first['dx']} {first['p_true']:.2f}"
    )
    assert images(page)[0].caption == caption
    assert f"**2 of {len(cell)} images**" in text_of(page)


def test_the_images_of_a_large_cell_come_page_by_page(
    models: Path, mini_ham: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    cell = in_cell(decisions(load_scores(models, "test"), "balanced"), "bkl", "bkl")
    assert len(cell) > confusion.PER_PAGE
    files = dict(zip(cell["image_id"], mini_ham.rglob("*.jpg"), strict=False))
    monkeypatch.setattr("dashboard.caches.dataset.usable", lambda: Dataset(mini_ham, cell, files, ()))
    page = open_page()
    page.selectbox(key="cell-true").select("bkl")
    page.selectbox(key="cell-predicted").select("bkl")
    shown = [image.caption.split(":")[0] for image in images(checked(page.run()))]
    assert shown == cell["image_id"][: confusion.PER_PAGE].tolist()


def test_an_empty_cell_says_so(models: Path) -> None:  # noqa: ARG001
    page = open_page()
    rows = decisions(load_scores(config.TRAINED_MODELS / "strong", "test"), "balanced")
    table = confusion_table(rows)
    empty = table[table["images"] == 0].iloc[0]
    page.selectbox(key="cell-true").select(empty["dx"])
    page.selectbox(key="cell-predicted").select(empty["predicted"])
    assert "**No images**" in text_of(checked(page.run()))


def test_a_pick_in_the_matrix_chooses_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {"confusion": {PICKED: {"dx": "mel", "predicted": "nv"}}}
    monkeypatch.setattr(st, "session_state", state)
    confusion._take_pick()
    assert (state["cell-true"], state["cell-predicted"]) == ("mel", "nv")


def test_the_operating_point_changes_the_predictions(models: Path) -> None:  # noqa: ARG001
    page = open_page()
    before = [text for text in text_of(page).splitlines() if "are wrong**" in text]
    page.get("button_group")[1].set_value("accuracy")
    after = [text for text in text_of(checked(page.run())).splitlines() if "are wrong**" in text]
    assert before != after


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("By diagnosis", "Recall"),
        ("ROC and PR", "AUC"),
        ("Calibration", "Calibration error"),
        ("Slices", "strong"),
        ("Threshold", "false alarms"),
        ("Learning curves", "epoch 3 of 3"),
        ("Card", "2,124,839"),
    ],
)
def test_tabs(show: str, expected: str, models: Path) -> None:  # noqa: ARG001
    page = open_page(show)
    assert expected in text_of(page)
    assert not page.error


def test_another_model_against_it(models: Path) -> None:  # noqa: ARG001
    page = open_page()
    page.selectbox(key="against").select("weak")
    checked(page.run())
    rows = {
        name: decisions(load_scores(config.TRAINED_MODELS / name, "test"), "balanced") for name in ("weak", "strong")
    }
    dx, predicted = page.selectbox(key="cell-true").value, page.selectbox(key="cell-predicted").value
    assert f"**{len(in_cell(rows['strong'], dx, predicted))} image" in text_of(page)
    next(group for group in page.get("button_group") if group.key == "cell-model").set_value("weak")
    assert f"**{len(in_cell(rows['weak'], dx, predicted))} image" in text_of(checked(page.run()))


def test_the_threshold_follows_the_optimum_until_it_is_moved(models: Path) -> None:  # noqa: ARG001
    page = open_page("Threshold")
    slider = "threshold-strong-melanoma"
    first = page.slider(key=slider).value
    page.select_slider(key="miss-cost").set_value(1)
    followed = checked(page.run()).slider(key=slider).value
    assert followed > first
    page.slider(key=slider).set_value(90.0)
    assert "90.0%" in text_of(checked(page.run()))
    page.select_slider(key="miss-cost").set_value(10)
    assert checked(page.run()).slider(key=slider).value == 90
    page.button(key="reset-strong-melanoma").click()
    back = checked(page.run()).slider(key=slider).value
    assert f"{back:.1f}%" in page.slider(key=slider).label
    assert back == first


def test_slices_are_shown_where_they_were_computed(models: Path) -> None:
    scores = load_scores(models, "test")
    n = range(len(scores.truth))
    metadata = pd.DataFrame({"image_id": scores.image_id, "dx": [DX[i] for i in scores.truth], "age": 50.0})
    metadata = metadata.assign(sex=["female" if i % 9 else "male" for i in n], localization="back", dx_type="histo")
    add_slices(models, metadata, 50)
    page = open_page("Slices")
    assert "slices" in [chart.key for chart in page.get("plotly_chart")]
    (models / "slices.csv").write_text("slice\n")
    assert "strong/slices.csv is not the file" in text_of(checked(page.run()))


def test_a_baseline_without_weights_has_its_row_and_no_learning_curves(models: Path) -> None:
    change(models, weights=None, kind="baseline", text="Knows age and sex alone.")
    (models / "weights.npz").unlink()
    page = open_page("Learning curves")
    assert page.dataframe[0].value["name"].tolist() == ["strong", "weak", "majority_class"]
    assert "Knows age and sex alone." in page.info[0].value
    assert "hollow" in text_of(page).lower()


def test_models_not_trained_here_stand_apart_with_their_command(models: Path) -> None:  # noqa: ARG001
    page = open_page(other="Not trained here")
    table = next(frame.value for frame in page.dataframe if "command" in frame.value)
    assert "ensemble_inception_densenet" in set(table["name"])
    assert "baseline_cnn" not in set(table["name"])  # the two models are of that network
    assert set(page.dataframe[0].value["name"]).isdisjoint(table["name"])


def test_leaderboard_and_lesson_lead_to_each_other() -> None:
    def follow(page: AppTest, to: str) -> AppTest:
        [link] = [link.proto for link in page.get("page_link") if link.proto.page == to]
        file = next(name for name, (path, *_) in PAGES.items() if path == to)
        return visit(f"app_pages/{file}", **dict(parse_qsl(link.query_string)))

    lesson = follow(open_page(other="Wrong protocols"), "lesson")
    assert lesson.title[0].value == "The same lesion twice"
    lesson.button(key="lesson-lock").click().run()  # what the link leads to would give the result away
    [link] = [link.proto for link in lesson.get("page_link") if link.proto.page == "leaderboard"]
    linked = follow(lesson, "leaderboard")
    assert linked.segmented_control("other").value == "Wrong protocols" == dict(parse_qsl(link.query_string))["other"]
    assert "pairs-labels" in [chart.key for chart in linked.get("plotly_chart")]


def test_report_lists_every_diagnosis(models: Path) -> None:  # noqa: ARG001
    table = open_page("By diagnosis").dataframe[1].value
    assert len(table) == len(DX)
    assert table["images"].sum() == 300


def test_a_damaged_history_is_one_line(models: Path) -> None:
    (models / "history.csv").write_text("nonsense")
    page = open_page("Learning curves")
    assert [error.value.startswith("strong/history.csv") for error in page.error] == [True]


def test_a_broken_model_is_one_line_and_the_rest_works(models: Path) -> None:
    (models / "predictions.csv").write_bytes(b"")
    page = open_page()
    assert [warning.value.split()[0] for warning in page.warning[:1]] == ["strong/predictions.csv"]
    assert page.dataframe[0].value["name"].tolist() == ["weak", "majority_class"]
    assert "**weak**: on the test split" in text_of(page)


def test_a_change_on_disk_is_seen_without_restart(models: Path) -> None:
    page = open_page()
    (models / "card.json").unlink()
    assert "strong/card.json is missing" in text_of(checked(page.run()))


def test_without_models_the_page_says_how_to_train(write_model: WriteModel) -> None:  # noqa: ARG001, an empty folder
    page = open_page(other="Reported elsewhere")
    assert "No model" in page.info[0].value
    assert "python -m core train" in page.code[0].value
    assert any("lesions_apart" in frame.value for frame in page.dataframe)
    assert not page.error


def test_reported_figures_stand_apart_and_marked(models: Path) -> None:  # noqa: ARG001
    page = open_page(other="Reported elsewhere")
    table = next(frame.value for frame in page.dataframe if "lesions_apart" in frame.value)
    assert len(table) == 19
    assert page.warning


def test_images_of_a_cell_where_the_dataset_is_installed(real_ham: object, write_model: WriteModel) -> None:  # noqa: ARG001
    write_model("m", 1.0)
    page = open_page()
    shown = images(page)
    assert 0 < len(shown) <= confusion.PER_PAGE
    assert all("ISIC_" in image.caption for image in shown)
    assert all(image.alt.startswith("Dermatoscopic image ISIC_") for image in shown)


def test_figures_name_their_decision_rule_and_tabs_without_one_hide_its_control(models: Path) -> None:  # noqa: ARG001
    page = open_page("By diagnosis")
    assert "balanced operating point" in text_of(page)
    page.segmented_control("point").set_value("accuracy").run()
    assert "accuracy operating point" in text_of(checked(page))
    for tab in ("ROC and PR", "Calibration", "Slices", "Threshold", "Learning curves", "Card"):
        assert "point" not in {control.key for control in open_page(tab).segmented_control}
    assert "point" in {control.key for control in open_page("Confusion matrix").segmented_control}
