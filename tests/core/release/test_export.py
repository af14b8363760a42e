import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest

from core.data.metadata import Dataset
from core.errors import UserError
from core.evaluation.leaderboard import load_scores
from core.inference.model import Network
from core.labels import DX
from core.models.cam_heads import with_cams
from core.models.litert import convert
from core.models.registry import get_model
from core.models.weights import save_weights
from core.release import export as module
from core.release.export import export, measure_precisions, split_images
from core.release.parity import compare, run_keras
from core.release.tflite_metadata import FACTS, LABELS, with_metadata
from core.store.card import read_card
from core.store.export_facts import Parity
from core.store.predictions import read_predictions
from core.store.provenance import stored_file
from tests.cards import change

SIZE = (16, 20)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return get_model("baseline_cnn").build(SIZE, 7)


@pytest.fixture(scope="module")
def graph(model: keras.Model) -> bytes:
    return convert(with_cams(model))


@pytest.fixture
def folder(write_model, model: keras.Model) -> Path:
    where = write_model("small")
    save_weights(model, where / "weights.npz")
    change(where, input_size=SIZE, weights=stored_file(where / "weights.npz"))
    return where


@pytest.fixture
def dataset(folder: Path, tmp_path: Path, mini_metadata) -> Dataset:
    """Noise for forty images of the validation split and one of the test split."""
    table = read_predictions(folder / "predictions.csv")
    names = table.loc[table["split"] == "validation", "image_id"].head(40).tolist()
    names += table.loc[table["split"] == "test", "image_id"].head(1).tolist()
    rng = np.random.default_rng(0)
    images = {name: tmp_path / f"{name}.png" for name in names}
    for path in images.values():
        cv2.imwrite(str(path), rng.integers(0, 256, (30, 40, 3), np.uint8))
    return Dataset(tmp_path, mini_metadata, images, ())


def test_the_graph_predicts_as_keras_does(model, graph):
    images = np.random.default_rng(0).integers(0, 256, (20, *SIZE, 3)).astype(np.uint8)
    parity = compare(run_keras(with_cams(model), images), graph, images)
    assert parity.images == 20
    assert parity.agreement == 1
    assert parity.max_difference < 0.005
    assert parity.max_cam_difference < 0.05


def test_a_graph_of_other_weights_does_not_agree(graph):
    keras.utils.set_random_seed(1)
    other = with_cams(get_model("baseline_cnn").build(SIZE, 7))
    images = np.random.default_rng(0).integers(0, 256, (20, *SIZE, 3)).astype(np.uint8)
    assert compare(run_keras(other, images), graph, images).max_difference > 0.01


def test_weights_are_stored_as_float16(model, graph):
    assert 2 * model.count_params() < len(graph) < 3 * model.count_params()


def test_export_writes_a_file_that_serves_and_says_so_on_the_card(folder, dataset, graph, monkeypatch):
    monkeypatch.setattr(module, "convert", lambda *_: graph)
    lines: list[str] = []
    path = export(folder, dataset, lines.append)
    facts = read_card(folder).export
    assert facts
    assert facts.file == stored_file(path)
    assert (facts.parity.images, facts.parity.agreement) == (40, 1)
    assert lines[0].startswith("small as float16: same prediction for 100.00% of 40 validation images")
    assert Network(folder).size == SIZE


@pytest.mark.parametrize("agreement", [0.994, float("nan")])
def test_too_little_agreement_writes_nothing(folder, dataset, monkeypatch, agreement):
    monkeypatch.setattr(module, "convert", lambda *_: b"")
    monkeypatch.setattr(module, "compare", lambda *_: Parity(1000, agreement, 0.2, 0.2))
    with pytest.raises(UserError, match="was not written"):
        export(folder, dataset, str)
    assert not (folder / "model.tflite").exists()
    assert read_card(folder).export is None


def test_only_validation_images_are_compared(folder, dataset):
    assert split_images(folder, dataset, "validation").shape == (40, *SIZE, 3)
    with pytest.raises(UserError, match="no validation image of small"):
        split_images(folder, Dataset(dataset.folder, dataset.metadata, {}, ()), "validation")


def appended(graph: bytes) -> tuple[list[str], dict[str, Any]]:
    """Labels and facts, as any program with unzip would find them."""
    with zipfile.ZipFile(io.BytesIO(graph)) as archive:
        return archive.read(LABELS).decode().split(), json.loads(archive.read(FACTS))


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_another_precision_goes_elsewhere_and_leaves_the_served_one(folder, dataset, monkeypatch, precision, tmp_path):
    asked: list[str] = []
    monkeypatch.setattr(module, "convert", lambda _, precision: asked.append(precision) or b"graph")
    monkeypatch.setattr(module, "compare", lambda *_: Parity(1000, 1.0, 0.2, 0.2))
    path = export(folder, dataset, str, precision, tmp_path / "phone.tflite")
    assert asked == [precision]
    assert path.read_bytes().startswith(b"graph")
    assert appended(path.read_bytes())[1]["weights"] == precision
    assert not (folder / "model.tflite").exists()
    with pytest.raises(UserError, match="no precision 'half'; choose from float32, float16, int8"):
        export(folder, dataset, str, "half")


def test_precisions_differ_in_size(model, graph):
    sizes = [len(convert(with_cams(model), each)) for each in ("float32", "int8")]
    assert sizes[0] > 1.8 * len(graph) > 1.8 * sizes[1]


def test_a_graph_says_its_labels_and_still_runs(folder, model, graph):
    labelled = with_metadata(graph, read_card(folder), "float16")
    images = np.random.default_rng(0).integers(0, 256, (5, *SIZE, 3)).astype(np.uint8)
    assert compare(run_keras(with_cams(model), images), labelled, images).max_difference < 0.01
    labels, facts = appended(labelled)
    assert labels == facts["labels"] == list(DX)
    assert facts["input"]["shape"] == [1, *SIZE, 3]
    assert sum(facts["prior"].values()) == pytest.approx(1, abs=1e-5)
    assert with_metadata(graph, read_card(folder), "float16") == labelled


def test_precisions_are_measured_against_the_models_own_predictions(folder, model, dataset, graph, monkeypatch):
    monkeypatch.setattr(module, "convert", lambda *_: graph)
    predicted = load_scores(folder, "test").take(np.arange(1))
    monkeypatch.setattr(module, "load_scores", lambda *_: predicted)
    with pytest.raises(UserError, match="does not reproduce its stored predictions"):
        measure_precisions(folder, dataset, str)
    images = split_images(folder, dataset, "test")
    own = replace(predicted, probabilities=run_keras(with_cams(model), images)["probabilities"].astype(float))
    monkeypatch.setattr(module, "load_scores", lambda *_: own)
    measure_precisions(folder, dataset, str)
    found = read_card(folder).precisions
    assert found and found.images == 1
    assert set(found.by_precision) == {"float32", "float16", "int8"}
    assert found.by_precision["int8"].accuracy_gap.value == 0 and found.by_precision["int8"].parity.agreement == 1
    monkeypatch.setattr(module, "load_scores", lambda *_: load_scores(folder, "test"))
    with pytest.raises(UserError, match="lacks 299 of the test images"):
        measure_precisions(folder, dataset, str)
