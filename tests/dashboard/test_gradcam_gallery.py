"""The Grad-CAM page: committed pictures, other test pictures, synthetic ones; right, wrong, none."""

import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core import config
from core.config import ROOT
from core.data.splits import load_splits
from core.evaluation.cards import file_facts, read_card, write_card
from core.evaluation.leaderboard import load_scores
from core.labels import DX, NAMES
from core.serving.gallery import read_gallery

PAGE = ROOT / "dashboard" / "app_pages" / "gradcam_gallery.py"
REAL_MODELS = config.TRAINED_MODELS
WITHOUT_DATASET = pytest.mark.usefixtures("no_dataset")
ALONE = pytest.mark.usefixtures("model", "no_dataset")


@pytest.fixture
def no_dataset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HAM10000_DIR", raising=False)
    for module in ("core.data.metadata", "dashboard.loaders"):
        monkeypatch.setattr(f"{module}.data_dir", lambda: tmp_path / "none")


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of the committed baseline, alone in a folder of its own."""
    monkeypatch.setattr(config, "TRAINED_MODELS", tmp_path / "models")
    return Path(shutil.copytree(REAL_MODELS / "baseline_cnn", tmp_path / "models" / "baseline_cnn"))


def open_page(dx: str = "mel") -> AppTest:
    page = AppTest.from_file(str(PAGE), default_timeout=60)
    page.query_params["dx"] = NAMES[dx]
    return checked(page.run())


def checked(page: AppTest) -> AppTest:
    assert not page.exception
    return page


def said(page: AppTest) -> str:
    texts = (*page.markdown, *page.info, *page.error, *page.caption)
    return "\n".join(text.value for text in texts).replace("\N{NO-BREAK SPACE}", " ")


def pictures(page: AppTest) -> list[Any]:
    return [picture for block in page.get("image") for picture in block.proto.imgs]


@pytest.mark.usefixtures("real_ham")
def test_committed_pictures_with_their_reference_heatmaps(model):
    page = open_page()
    entries = [entry for entry in read_gallery(model) if entry.dx == "mel"]
    for entry in entries:
        mark = "check_circle" if entry.right else "cancel"
        assert f":material/{mark}: Model says {NAMES[entry.said]}, " in said(page)
        assert said(page).count(f"· {entry.image_id}") == 1
    assert len(pictures(page)) == len(entries) == 12
    assert "heatmaps by tf-keras-vis" in said(page)


@WITHOUT_DATASET
def test_counts_are_those_of_the_test_split(model):
    page = open_page("bcc")
    scores = load_scores(model, "test")
    rows = scores.truth == DX.index("bcc")
    right = (scores.probabilities[rows].argmax(1) == DX.index("bcc")).sum()
    assert f"right on **{right} of {rows.sum()} test pictures of basal cell carcinomas**" in said(page)


@ALONE
def test_without_the_dataset_synthetic_lesions_are_answered_live():
    page = open_page()
    assert len(pictures(page)) == 12
    assert "synthetic, not photographs" in said(page)
    assert "synthetic lesions, heatmaps by the served model" in said(page)
    assert all("synthetic-mel-" in picture.alt for picture in pictures(page))
    assert any("Get the real pictures" in block.label for block in page.expander)


@ALONE
def test_only_right_or_only_wrong():
    page = open_page()
    for side, mark in (("Right", "check_circle"), ("Wrong", "cancel")):
        page.segmented_control("side").set_value(side).run()
        grid = [c.value for c in checked(page).caption if c.value.startswith(":material")][2:]
        assert grid
        assert all(text.startswith(f":material/{mark}:") for text in grid)


@ALONE
def test_target_colours_and_opacity_change_the_pictures():
    page = open_page()
    before = [picture.url for picture in pictures(page)]
    page.segmented_control("colormap").set_value("jet").run()
    jet = [picture.url for picture in pictures(checked(page))]
    assert not set(jet) & set(before)
    page.segmented_control("target").set_value("true").run()
    assert [picture.url for picture in pictures(checked(page))] != jet
    assert all("heatmap for Melanoma" in picture.alt for picture in pictures(page))
    page.slider("opacity").set_value(0).run()
    assert not set(jet) & {picture.url for picture in pictures(checked(page))}


@pytest.mark.usefixtures("model")
def test_other_test_pictures_stand_in_for_missing_ones(tmp_path, monkeypatch):
    split = load_splits()["lesion"]
    names = [*split.index[split == "test"][:5], *split.index[split == "train"][:3]]
    folder = tmp_path / "part"
    (folder / "HAM10000_images_part_1").mkdir(parents=True)
    for name in names:
        picture = np.random.default_rng(0).integers(0, 256, (150, 200, 3)).astype(np.uint8)
        cv2.imwrite(str(folder / "HAM10000_images_part_1" / f"{name}.jpg"), picture)
    table = pd.DataFrame({"lesion_id": names, "image_id": names, "dx": "mel", "dx_type": "histo", "age": 50.0})
    table.assign(sex="male", localization="back").to_csv(folder / "HAM10000_metadata.csv", index=False)
    monkeypatch.setenv("HAM10000_DIR", str(folder))
    page = open_page()
    shown = {picture.alt.split(",")[0] for picture in pictures(page)}
    assert shown == set(names[:5])
    assert "lacks pictures of the committed gallery" in said(page)


@pytest.mark.usefixtures("real_ham")
def test_no_positive_evidence_is_said_and_not_drawn(model):
    with np.load(model / "cams.npz") as arrays:
        flat = {key: arrays[key] * np.float16(0) for key in ("said", "true")} | {"image_id": arrays["image_id"]}
    with (model / "cams.npz").open("wb") as stream:
        np.savez(stream, **flat)
    write_card(model, read_card(model) | {"cams": file_facts(model / "cams.npz")})
    page = open_page()
    assert said(page).count("**Nothing speaks for") == 12


@pytest.mark.usefixtures("real_ham")
def test_spoilt_heatmaps_get_one_sentence(model):
    (model / "cams.npz").write_bytes(b"cut")
    page = open_page()
    assert [error.value for error in page.error] == [
        "baseline_cnn/cams.npz is not the file that its card describes (SHA-256); fetch it again."
    ]


@WITHOUT_DATASET
def test_without_a_model_the_page_says_how_to_get_one(monkeypatch, tmp_path):
    monkeypatch.setattr(config, "TRAINED_MODELS", tmp_path / "none")
    assert "No model is ready" in said(open_page())
