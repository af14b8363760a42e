"""The home page: three ways in, a first guess, the pages as tiles, and what is installed, whatever is installed."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.config import ROOT
from core.data.metadata import Dataset
from core.errors import UserError
from core.labels import DX
from core.store.card import write_card
from core.store.export_facts import Export
from core.store.stored import Member, StoredFile
from dashboard.navigation import PAGES
from dashboard.text.phrases import inside
from tests.cards import PARITY, small_card
from tests.dashboard.pages import images, text_of, visit

TILES = ["Lesson", "Class", "Metadata", "Splits and resampling", "Leaderboard", "Classify an image", "Grad-CAM gallery"]
LINKS = [*TILES[:5], "Score your predictions", *TILES[5:]]


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
    jpeg = cv2.imencode(".jpg", np.zeros((150, 1400, 3), np.uint8))[1].tobytes()
    monkeypatch.setattr("dashboard.caches.tables.synthetic_row", lambda: jpeg)


@pytest.mark.usefixtures("no_dataset", "models")
def test_a_fresh_machine_gets_all_of_the_page() -> None:
    page = open_home()
    assert page.title[0].value == "Can you trust a skin-cancer classifier?"
    assert page.markdown[0].value.count("10,015 images of 7,470 skin lesions") == 1
    assert text_of(page).count("No images installed") == 2
    assert "No trained models" in text_of(page)
    assert "not a medical device" in text_of(page)
    assert not page.error


@pytest.mark.usefixtures("no_dataset", "models")
def test_the_first_guess_is_compared_with_the_lessons_result() -> None:
    page = open_home()
    assert "67%" not in text_of(page)
    page.slider(key="home-slider").set_value(90).run()
    page.button(key="home-reveal").click().run()
    assert "Your guess: 90%, 23 points too high." in text_of(page)
    assert "right for **67%** [64, 70] of the test images" in text_of(page)
    assert page.slider(key="home-slider").disabled


@pytest.mark.usefixtures("no_dataset", "models")
def test_a_class_can_be_joined_only_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.views.home.overview.shown_pages", lambda: ["lesson", "classify"])
    assert [button.label for button in open_home().button[:2]] == ["Start the lesson", "Try an image"]
    pages = ["lesson", "classroom", "classify"]
    monkeypatch.setattr("dashboard.views.home.overview.shown_pages", lambda: pages)
    labels = [button.label for button in open_home().button]
    assert labels[:3] == ["Start the lesson", "Join a class", "Try an image"]


@pytest.mark.usefixtures("no_dataset", "models")
def test_every_page_has_a_tile_with_an_image() -> None:
    pages = [name for name in PAGES if name != "overview"]
    alts = [image.alt for image in images(open_home())]
    assert [alt for alt in alts if alt.startswith("The page ")] == [f"The page {PAGES[name][1]}" for name in pages]
    for theme in ("light", "dark"):
        tiles = {path.stem: path.stat().st_size for path in (ROOT / "dashboard" / "tiles" / theme).iterdir()}
        assert tiles.keys() == set(pages) and max(tiles.values()) < 40_000


@pytest.mark.usefixtures("no_dataset", "models")
def test_a_dark_page_has_dark_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    def tiles() -> dict[str, str]:
        return {image.alt: image.url for image in images(open_home()) if image.alt.startswith("The page ")}

    light = tiles()
    monkeypatch.setattr(type(st.context), "theme", SimpleNamespace(type="dark"))
    dark = tiles()
    assert dark.keys() == light.keys() and not set(dark.values()) & set(light.values())
    for path in (ROOT / "dashboard" / "tiles" / "dark").iterdir():
        beside = path.parents[1] / "light" / path.name
        assert cv2.imread(str(path)).mean() < cv2.imread(str(beside)).mean(), path.name


@pytest.mark.usefixtures("no_dataset", "models")
def test_every_page_can_be_reached() -> None:
    links = [link.proto for link in open_home().get("page_link")]
    assert [link.label for link in links] == LINKS
    pages = ["lesson", "class", "metadata", "splits", "leaderboard", "leaderboard", "classify", "gradcam"]
    assert [link.page for link in links] == pages


@pytest.mark.usefixtures("no_dataset", "models")
def test_the_leak_is_counted_in_the_card_that_leads_to_it() -> None:
    assert "40% of the test images" in text_of(open_home())


@pytest.mark.usefixtures("no_dataset", "models")
def test_synthetic_lesions_say_so_and_the_data_are_offered() -> None:
    page = open_home()
    image = images(page)[0]
    assert image.caption.startswith("Synthetic")
    assert all(inside(dx) in image.caption for dx in DX)
    assert image.alt == image.caption
    assert page.expander[0].label == "Download the real images"


@pytest.mark.usefixtures("no_dataset", "models")
def test_without_even_synthetic_lesions_the_page_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise UserError("synthetic_lesions.npz is missing.")

    monkeypatch.setattr("dashboard.caches.tables.synthetic_row", refuse)
    page = open_home()
    assert page.warning[0].value == "synthetic_lesions.npz is missing."
    assert [link.proto.label for link in page.get("page_link")] == LINKS


@pytest.mark.usefixtures("models")
def test_a_part_of_the_dataset_is_called_a_part(mini_ham: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAM10000_DIR", str(mini_ham))
    shutil.rmtree(mini_ham / "HAM10000_images_part_2")
    page = open_home()
    assert ": 35 of 10,015 images." in text_of(page)
    image = images(page)[0]
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
def test_models_are_counted_and_damaged_ones_are_left_out(models: Path) -> None:
    export = Export(StoredFile("model.tflite", "0", 1), "float16", PARITY)
    write_card(models / "alone", small_card("alone", export=export))
    write_card(models / "trained", small_card("trained"))
    write_card(models / "whole", small_card("whole", members=(Member("alone"),)))
    write_card(models / "half", small_card("half", members=(Member("alone"), Member("trained"))))
    (models / "broken").mkdir()
    (models / "broken" / "card.json").write_text("{")
    assert "4 trained models, 2 ready to classify" in text_of(open_home())
