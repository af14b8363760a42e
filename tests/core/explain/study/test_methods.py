"""The comparison of methods: chosen on validation, reported on test, every measure there."""

from pathlib import Path

import cv2
import keras
import numpy as np
import pandas as pd
import pytest
from keras import Model, layers

from core.data.masks import MASKS
from core.data.metadata import Dataset
from core.errors import UserError
from core.evaluation.leaderboard import load_scores
from core.explain.localization import SCORES
from core.explain.methods import GRADCAM, OVER_FLIPS, Method
from core.explain.study import methods
from core.explain.study.methods import best_method, read_methods, write_methods
from core.store.card import read_card
from tests.cards import change, other_export

TRIED = (GRADCAM, OVER_FLIPS, Method("LayerCAM", "layercam", (1,)))


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Model:
    keras.utils.set_random_seed(0)
    inputs = layers.Input((24, 32, 3), name="image")
    x = layers.Conv2D(4, 3, 2, padding="same", activation="relu")(layers.Rescaling(1 / 255)(inputs))
    x = layers.Conv2D(4, 3, 2, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D(name="embedding")(x)
    model = Model(inputs, layers.Dense(7, activation="softmax", name="probabilities")(x), name="tiny")
    monkeypatch.setattr(methods, "load_trained", lambda _: model)
    monkeypatch.setattr(methods, "METHODS", TRIED)
    monkeypatch.setattr(methods, "CURVE_IMAGES", 2)
    monkeypatch.setattr(methods, "RANDOM_IMAGES", 3)
    return model


@pytest.fixture
def both_splits(folder: Path, dataset: Dataset) -> Dataset:
    """Validation images beside the test images, with the same mask."""
    mask = cv2.imread(str(next((dataset.folder / MASKS).iterdir())))
    rng = np.random.default_rng(1)
    for name in load_scores(folder, "validation").image_id.tolist()[:30]:
        dataset.images[name] = dataset.folder / f"{name}.png"
        cv2.imwrite(str(dataset.images[name]), rng.integers(0, 256, (150, 200, 3), np.uint8))
        cv2.imwrite(str(dataset.folder / MASKS / f"{name}_segmentation.png"), mask)
    return dataset


@pytest.mark.usefixtures("tiny")
def test_methods_are_compared_on_validation_and_the_best_on_test(folder: Path, both_splits: Dataset) -> None:
    lines: list[str] = []
    assert read_methods(folder) is None
    write_methods(folder, both_splits, lines.append, images=10)
    table, card = read_methods(folder), read_card(folder)
    assert table is not None and card.cam_methods
    validation = table[table["split"] == "validation"]
    assert validation["method"].unique().tolist() == [method.name for method in TRIED]
    measures = {*SCORES, "accuracy", "insertion", "deletion", "randomized", "relative time"}
    assert validation.groupby("method")["measure"].apply(set).map(measures.__eq__).all()
    assert set(table.loc[table["split"] == "test", "method"]) == {GRADCAM.name, card.cam_methods.best}
    assert card.cam_methods.best == best_method(table)
    scored = validation[validation["measure"].isin(SCORES)]
    np.testing.assert_allclose(scored["gain"], scored["value"] - scored["other"], atol=2e-4)
    assert not (scored["gain_low"] > scored["gain"]).any() and (scored["images"] <= 10).all()
    seconds = validation[validation["measure"] == "relative time"].set_index("method")["value"]
    assert seconds[GRADCAM.name] == 1 and seconds[OVER_FLIPS.name] == 4 and np.isnan(seconds["LayerCAM"])
    curves = validation[(validation["method"] == GRADCAM.name) & (validation["measure"] == "insertion")].iloc[0]
    assert curves["gain"] == 0
    change(folder, export=other_export(card))
    with pytest.raises(UserError, match="run `python -m core explain methods small`"):
        read_methods(folder)


def test_the_best_method_has_the_highest_mean_score_on_validation() -> None:
    rows = [("a", "validation", score, 0.5) for score in SCORES] + [("b", "validation", score, 0.6) for score in SCORES]
    rows += [("a", "validation", "accuracy", 1.0), *[("a", "test", score, 0.9) for score in SCORES]]
    assert best_method(pd.DataFrame(rows, columns=["method", "split", "measure", "value"])) == "b"


@pytest.mark.usefixtures("tiny")
def test_too_few_images_are_one_sentence(folder: Path, dataset: Dataset) -> None:
    with pytest.raises(UserError, match="too few validation images"):
        write_methods(folder, dataset, images=10)
