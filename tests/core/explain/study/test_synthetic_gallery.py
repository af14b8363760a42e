"""The stored predictions of the gallery's synthetic lesions: as predicted now, and not used where they are stale."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import config
from core.explain.study.gallery import FITS, predict_all, table_of
from core.explain.study.synthetic_gallery import WANTED, read_synthetic_gallery, write_synthetic_gallery
from core.inference.pipeline import Pipeline
from core.labels import DX
from core.store import arrays
from core.store.card import read_card
from core.store.folders import model_folders
from core.store.heatmap_facts import Center
from core.store.provenance import stored_file
from core.store.stored import MadeFrom
from core.synthetic import model
from core.synthetic.lesions import sample_lesion
from tests.cards import change

NAME = "baseline_cnn"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a committed model with its stored gallery."""
    return Path(shutil.copytree(config.TRAINED_MODELS / NAME, tmp_path / NAME))


@pytest.mark.parametrize("name", [NAME, "efficientnet_lite_ensemble"])
def test_the_stored_predictions_are_those_of_the_model(name: str) -> None:
    stored = read_synthetic_gallery(config.TRAINED_MODELS / name)
    pipeline, facts = Pipeline.load(name), read_card(config.TRAINED_MODELS / name).cam_scores
    assert stored and facts and stored.methods == pipeline.methods
    lesions = [sample_lesion(*each) for each in WANTED[:5]]
    predictions = predict_all(lesions, lambda image: pipeline.predict(image, flips=False, explain=True))
    for (method, target), table in stored.tables.items():
        assert table["image_id"].tolist() == [f"synthetic-{dx}-{seed:04d}" for dx, seed in WANTED]
        now = table_of(lesions, predictions, facts.center, target, method)
        columns = [each for each in now.columns if not each.startswith("other_")]  # others are drawn from all lesions
        pd.testing.assert_frame_equal(table.head(5)[columns], now[columns], atol=2e-3, check_dtype=False)
        for lesion, prediction, dx in zip(lesions, predictions, now["predicted"], strict=True):
            shown = dx if target == "predicted" else lesion.dx
            heatmap = stored.heatmaps[method, lesion.name, shown]
            np.testing.assert_allclose(heatmap, prediction.heatmap(shown, method), atol=5e-3)


def test_every_model_that_has_heatmaps_has_its_gallery_stored() -> None:
    cards = {name: read_card(folder) for name, folder in model_folders().items()}
    explained = [name for name, card in cards.items() if card.cam_scores]
    assert len(explained) > 5
    assert [name for name in explained if read_synthetic_gallery(model_folders()[name]) is None] == []


def test_what_is_written_is_read(folder: Path) -> None:
    before = read_synthetic_gallery(folder)
    change(folder, synthetic_gallery=None)
    assert read_synthetic_gallery(folder) is None
    write_synthetic_gallery(folder)
    after = read_synthetic_gallery(folder)
    assert before and after and before.heatmaps.keys() == after.heatmaps.keys()
    for key, table in before.tables.items():
        np.testing.assert_allclose(table[[*FITS, *DX]], after.tables[key][[*FITS, *DX]], atol=1e-3)


@pytest.mark.parametrize("what", ["export", "parameters", "center", "missing", "altered", "damaged"])
def test_what_was_made_from_something_else_is_not_used(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    facts = read_card(folder).synthetic_gallery
    assert facts and read_synthetic_gallery(folder)
    path = folder / facts.file.name
    if what == "export":
        change(folder, synthetic_gallery=replace(facts, made_from=MadeFrom(export="0" * 64)))
    elif what == "parameters":
        other = tmp_path / "other.npz"
        other.write_bytes(model.PARAMETERS_FILE.read_bytes() + b" ")
        monkeypatch.setattr(model, "PARAMETERS_FILE", other)
    elif what == "center":
        change(folder, synthetic_gallery=replace(facts, center=Center(0.5, 0.5, 0.1, 0.1)))
    elif what == "missing":
        path.unlink()
    elif what == "altered":
        path.write_bytes(path.read_bytes() + b" ")
    else:
        arrays.write_arrays(path, {"image_id": np.array(["x"])})
        change(folder, synthetic_gallery=replace(facts, file=stored_file(path)))
    assert read_synthetic_gallery(folder) is None
