"""Models from files: small ones made here, of both kinds, become models like ours; anything else is one sentence."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.data.images import read_image
from core.data.metadata import Dataset, load_dataset
from core.errors import UserError
from core.evaluation.leaderboard import read_leaderboard
from core.inference.crop import prepare
from core.inference.pipeline import Pipeline
from core.labels import DX
from core.release import add as module
from core.release.add import ISIC_ORDER, SCALINGS, add
from core.store.card import read_card
from core.store.predictions import read_predictions
from core.synthetic.lesions import write_synthetic_dataset
from tests.core.release.foreign_models import SIZE, network, saved, tflite

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
"""Keras' own saving raises it under NumPy 2."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("data") / "synthetic"
    write_synthetic_dataset(folder, 20)
    return load_dataset(folder)


@pytest.fixture
def unscored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out what takes seconds and other tests look at."""
    for name in ("evaluate", "calibrate", "score_synthetic"):
        monkeypatch.setattr(module, name, lambda *_: None)


def quiet(_: str) -> None:
    """Keep the lines of progress."""


def test_a_keras_file_is_on_the_board_and_classifies_like_ours(data: Dataset, tmp_path: Path) -> None:
    model = network()
    folder = add(
        "mine", saved(model, tmp_path / "m.keras"), data, scaling="0 to 1", log=quiet, root=tmp_path / "models"
    )
    card = read_card(folder)
    assert card.kind == "added" and card.parameters == model.count_params() and card.input_size == SIZE
    assert card.calibration and card.conformal and card.evaluation and card.synthetic_score
    assert read_leaderboard(root=tmp_path / "models").rows["name"].tolist() == ["mine"]
    assert card.export and card.export.adapter and card.export.adapter.heatmaps
    table = read_predictions(folder / "predictions.csv").set_index("image_id")
    name = table.index[0]
    image = read_image(data.images[name])
    pipeline = Pipeline(folder)
    found = pipeline.predict(image, flips=False)
    np.testing.assert_allclose(found.raw_probabilities, table.loc[name, list(DX)].astype(float), atol=1e-4)
    assert found.heatmaps.shape == (22, 30, 7)
    pixels = prepare(image).resized(SIZE)[None] / np.float32(255)
    expected = np.asarray(model(pixels))[0][[card.export.adapter.classes.index(dx) for dx in DX]]
    np.testing.assert_allclose(found.raw_probabilities, expected, atol=1e-4)


@pytest.mark.usefixtures("unscored")
@pytest.mark.parametrize("activation", ["softmax", None])
def test_a_tflite_file_does_the_same_without_heatmaps(data: Dataset, tmp_path: Path, activation: str | None) -> None:
    model = network(activation=activation)
    folder = add("mine", tflite(model, tmp_path / "m.tflite"), data, log=quiet, root=tmp_path / "models")
    card = read_card(folder)
    assert card.export and card.export.adapter and not card.export.adapter.heatmaps
    assert card.export.adapter.logits == (activation is None) and card.parameters == model.count_params()
    found = Pipeline(folder).predict(read_image(next(iter(data.images.values()))))
    assert found.probabilities.sum() == pytest.approx(1) and found.heatmaps.shape == (1, 1, 7)


@pytest.mark.usefixtures("unscored")
def test_tensorflows_own_mobilenet(data: Dataset, tmp_path: Path) -> None:
    import keras

    model = keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, weights=None, classes=7)
    folder = add("mobile", saved(model, tmp_path / "m.keras"), data, "-1 to 1", log=quiet, root=tmp_path / "models")
    card = read_card(folder)
    assert card.export and card.export.adapter and card.export.adapter.heatmaps
    assert Pipeline(folder).predict(read_image(next(iter(data.images.values())))).heatmaps.shape == (1, 1, 7)


@pytest.mark.usefixtures("unscored")
def test_scaling_and_order_are_found_on_validation(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recall = {("-1 to 1", ISIC_ORDER): 0.9}
    seen = iter([(scaling, order) for scaling in SCALINGS for order in (DX, ISIC_ORDER)])
    monkeypatch.setattr(module, "_mean_recall", lambda *_: recall.get(next(seen), 0.1))
    lines: list[str] = []
    folder = add("mine", saved(network(), tmp_path / "m.keras"), data, log=lines.append, root=tmp_path / "models")
    card = read_card(folder)
    assert card.export and card.export.adapter
    assert (card.export.adapter.scaling, card.export.adapter.classes) == ("-1 to 1", ISIC_ORDER)
    assert any("scaled -1 to 1; classes in ISIC order" in line for line in lines) and "made yourself" in lines[0]


@pytest.mark.usefixtures("unscored")
def test_a_model_of_any_size_gets_the_one_that_is_asked_for(data: Dataset, tmp_path: Path) -> None:
    path = saved(network((None, None)), tmp_path / "m.keras")
    folder = add("mine", path, data, "0 to 1", (20, 30), quiet, tmp_path / "models")
    assert read_card(folder).input_size == (20, 30)


def lambda_model() -> Any:
    from keras import layers

    model = network()
    model.add(layers.Lambda(lambda x: x * 1))
    return model


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: saved(lambda_model(), path / "m.keras"), r"^m\.keras can't be loaded: it holds a Lambda layer"),
        (lambda path: saved(network(units=5), path / "m.keras"), r"must take RGB images and give 7 numbers; .* 5"),
        (lambda path: tflite(network(units=5), path / "m.tflite"), r"^m\.tflite gives 5 numbers, not one for each"),
    ],
    ids=["lambda", "classes", "classes of tflite"],
)
def test_models_that_do_not_fit_are_refused(data: Dataset, tmp_path: Path, make: Any, message: str) -> None:
    path = make(tmp_path)
    with pytest.raises(UserError, match=message):
        add("mine", path, data, log=quiet, root=tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_names_and_scalings_are_checked_first(data: Dataset, tmp_path: Path) -> None:
    for name in ("../x", "", "a b", ".x"):
        with pytest.raises(UserError, match="can't be a model's name"):
            add(name, tmp_path / "m.keras", data, root=tmp_path)
    (tmp_path / "taken").mkdir()
    with pytest.raises(UserError, match="There is a model 'taken' already"):
        add("taken", tmp_path / "m.keras", data, root=tmp_path)
    with pytest.raises(UserError, match="no scaling 'x'"):
        add("mine", tmp_path / "m.keras", data, scaling="x", root=tmp_path)


def test_nothing_is_left_of_a_failure(data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise UserError("no")

    monkeypatch.setattr(module, "calibrate", fail)
    with pytest.raises(UserError, match="no"):
        add("mine", saved(network(), tmp_path / "m.keras"), data, "0 to 1", log=quiet, root=tmp_path / "models")
    assert not list((tmp_path / "models").iterdir())
