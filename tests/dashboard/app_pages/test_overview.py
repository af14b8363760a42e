"""The home page: three ways in, the imbalance, and what is installed, whatever is installed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.data.metadata import Dataset
from core.errors import UserError
from core.labels import DX
from core.store.card import write_card
from core.store.export_facts import Export
from core.store.stored import StoredFile
from dashboard.caches import tables
from dashboard.text.phrases import inside
from tests.cards import PARITY, small_card
from tests.dashboard.pages import images, text_of, visit

LINKS = ["Metadata", "Splits and resampling", "Leaderboard", "Classify an image", "Grad-CAM gallery"]


def open_home() -> AppTest:
    return visit("Home")


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty trained_models/."""
    folder = tmp_path / "trained_models"
    folder.mkdir()
    monkeypatch.setattr("core.config.TRAINED_MODELS", folder)
    return folder


@pytest.fixture(autouse=True)
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Synthetic lesions at no cost; what they look like is tested elsewhere."""
    image = np.zeros((150, 200, 3), np.uint8)
    monkeypatch.setattr("dashboard.caches.tables.synthetic_images", lambda *_: ([image], ["Synthetic"]))


@pytest.mark.usefixtures("no_dataset", "models")
def test_a_fresh_machine_gets_all_of_the_page() -> None:
    page = open_home()
    assert page.title[0].value == "HAM10000 lab"
    assert page.markdown[0].value.count("10,015 images of 7,470 lesions in 7 diagnoses") == 1
    assert [chart.key for chart in page.get("plotly_chart")] == ["imbalance"]
    assert text_of(page).count("No images installed") == 2
    assert "No trained models" in text_of(page)
    assert "**58 images of melanocytic nevi" in text_of(page)
    assert "HAM10000, 10,015 images of 7,470 lesions, no split" in text_of(page)
    assert "python -m core train" in page.info[0].value
    assert "not a medical device" in text_of(page)
    assert not page.error


@pytest.mark.usefixtures("no_dataset", "models")
def test_every_page_can_be_reached() -> None:
    links = [link.proto for link in open_home().get("page_link")]
    assert [link.label for link in links] == LINKS
    assert [link.page for link in links] == ["metadata", "splits", "leaderboard", "classify", "gradcam"]


@pytest.mark.usefixtures("no_dataset", "models")
def test_the_leak_is_counted_in_the_card_that_leads_to_it() -> None:
    assert "40% of the test images" in text_of(open_home())


@pytest.mark.usefixtures("no_dataset", "models")
def test_synthetic_lesions_say_so_and_the_data_are_offered() -> None:
    page = open_home()
    [image] = images(page)
    assert image.caption.startswith("Synthetic")
    assert all(inside(dx) in image.caption for dx in DX)
    assert image.alt == image.caption
    assert page.expander[0].label == "Download the real images"


@pytest.mark.usefixtures("no_dataset", "models")
def test_without_even_synthetic_lesions_the_page_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise UserError("synthetic_lesions.npz is missing.")

    monkeypatch.setattr("dashboard.caches.tables.synthetic_images", refuse)
    page = open_home()
    assert page.warning[0].value == "synthetic_lesions.npz is missing."
    assert [link.proto.label for link in page.get("page_link")] == LINKS


@pytest.mark.usefixtures("models")
def test_a_part_of_the_dataset_is_called_a_part(mini_ham: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAM10000_DIR", str(mini_ham))
    shutil.rmtree(mini_ham / "HAM10000_images_part_2")
    page = open_home()
    assert ": 35 of 10,015 images." in text_of(page)
    [image] = images(page)
    assert image.caption.startswith("Dermatoscopic")
    assert all(inside(dx) in image.caption for dx in DX)
    assert "35 images installed" in text_of(page)
    assert page.expander[0].label == "Download the real images"


@pytest.mark.usefixtures("models")
def test_metadata_without_images_is_shown_with_synthetic_ones(mini_ham: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAM10000_DIR", str(mini_ham))
    for part in (1, 2):
        shutil.rmtree(mini_ham / f"HAM10000_images_part_{part}")
    page = open_home()
    assert "0 of 10,015 images" in text_of(page)
    assert images(page)[0].caption.startswith("Synthetic")


@pytest.mark.usefixtures("models")
def test_a_faulty_dataset_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAM10000_DIR", str(tmp_path))
    page = open_home()
    assert "does not contain HAM10000" in page.error[0].value
    assert "Dataset faulty" in text_of(page)
    assert page.expander[0].label == "Download the real images"


@pytest.mark.usefixtures("models")
def test_all_of_the_dataset_is_called_all(real_ham: Dataset) -> None:
    assert len(real_ham.images) == 10_015
    page = open_home()
    assert ": 10,015 images." in text_of(page)
    assert "10,015 images installed" in text_of(page)
    assert not page.expander


@pytest.mark.usefixtures("no_dataset")
def test_the_top_of_the_leaderboard_is_the_leaderboards_own(
    write_model: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.views.home.overview.TOP", 2)
    for skill in (1.0, 3.0, 2.0):
        write_model(f"model_{skill:.0f}", skill)
    rows = tables.leaderboard().rows
    page = open_home()
    chart = next(chart for chart in page.get("plotly_chart") if chart.key == "top")
    marks = json.loads(chart.proto.spec)["data"][0]
    assert marks["y"] == ["model_2", "model_3"]
    value, low, high = rows.loc[0, ["balanced_accuracy", "balanced_accuracy_low", "balanced_accuracy_high"]]
    assert f"{value:.3f} [{low:.3f}, {high:.3f}]" in text_of(page)
    assert "test split, by lesion, n = 300 images" in text_of(page)


@pytest.mark.usefixtures("no_dataset")
def test_models_are_counted_and_damaged_ones_are_left_out(models: Path) -> None:
    export = Export(StoredFile("model.tflite", "0", 1), "float16", PARITY)
    write_card(models / "alone", small_card("alone", export=export))
    write_card(models / "trained", small_card("trained"))
    (models / "broken").mkdir()
    (models / "broken" / "card.json").write_text("{")
    assert "2 trained models, 1 ready to classify" in text_of(open_home())
