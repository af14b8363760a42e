from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.metadata import Dataset, load_dataset
from core.data.split_rows import split_for
from core.errors import UserError
from core.labels import DX
from core.models.registry import get_model
from core.models.weights import load_weights
from core.store.card import read_card
from core.synthetic.lesions import write_synthetic_dataset
from core.training.covers import coverable
from core.training.features import predict
from core.training.recipe_table import get_recipe
from core.training.recipes import Phase, Recipe, with_schedule
from core.training.train import train

TWO_EPOCHS = with_schedule(get_recipe("baseline_cnn"), 2, None)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("data") / "dataset"
    write_synthetic_dataset(folder, 10)
    return load_dataset(folder)


def small_recipe(*phases: Phase, **changes: object) -> Recipe:
    return replace(get_recipe("baseline_cnn"), batch_size=8, phases=phases, **changes)  # type: ignore[arg-type]


def test_training_on_70_synthetic_lesions_leaves_a_model_that_loads(dataset: Dataset, tmp_path: Path) -> None:
    lines: list[str] = []
    folder = train(TWO_EPOCHS, dataset, out=tmp_path / "out", runs=tmp_path / "runs", log=lines.append)
    card = read_card(folder)
    history = pd.read_csv(folder / "history.csv")
    predictions = pd.read_csv(folder / "predictions.csv", keep_default_na=False)
    split = split_for(dataset)
    assert len(history) == card.training.epochs_run == len(lines) == 2
    assert sum(card.data.train_counts.values()) == (split["split"] == "train").sum()
    held_out = split[split["split"] != "train"]
    assert predictions.set_index("image_id")["split"].to_dict() == held_out["split"].to_dict()
    model = get_model("baseline_cnn").build((64, 64), 7)
    assert card.weights
    load_weights(model, folder / "weights.npz", card.weights.sha256)
    from core.data.images import load_images

    again = predict(model, load_images([dataset.images[i] for i in predictions["image_id"]], (64, 64)))
    np.testing.assert_allclose(predictions[list(DX)], again, atol=1e-4)


def test_one_half_of_a_comparison_leaves_no_weights_and_counts_its_wrong_labels(
    dataset: Dataset, tmp_path: Path
) -> None:
    recipe = replace(TWO_EPOCHS, rows="smote_mismatched")
    folder = train(recipe, dataset, name="pair", out=tmp_path / "out", runs=tmp_path / "runs", log=lambda _: None)
    card = read_card(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["card.json", "history.csv", "predictions.csv"]
    assert len(set(card.training.rows.values())) == 1
    assert card.training.mislabeled_rows == 0 or card.training.rows != card.data.train_counts


def test_an_experiment_leaves_predictions_and_no_weights(dataset: Dataset, tmp_path: Path) -> None:
    quiet = {"out": tmp_path / "out", "runs": tmp_path / "runs", "log": lambda _: None}
    folder = train(small_recipe(Phase(epochs=1, learning_rate=1e-3)), dataset, experiment=True, **quiet)
    assert read_card(folder).kind == "experiment"
    assert sorted(each.name for each in folder.iterdir()) == ["card.json", "history.csv", "predictions.csv"]


@pytest.mark.parametrize("cover", ["traditional", "bounding_box_70"])
def test_a_run_with_covered_lesions_is_an_experiment_on_covered_test_images(
    dataset: Dataset, tmp_path: Path, cover: str
) -> None:
    recipe = small_recipe(Phase(epochs=1, learning_rate=1e-3), cover=cover)
    folder = train(recipe, dataset, name=cover, out=tmp_path / "out", runs=tmp_path / "runs", log=lambda _: None)
    kept = coverable(split_for(dataset), dataset)
    predictions = pd.read_csv(folder / "predictions.csv", keep_default_na=False)
    assert sorted(predictions["image_id"]) == sorted(kept.index[kept["split"] != "train"])
    card = read_card(folder)
    assert card.kind == "experiment"
    assert card.training.recipe == recipe


def test_lesions_of_milk10k_cannot_be_covered(dataset: Dataset, tmp_path: Path) -> None:
    recipe = small_recipe(cover="only_skin", milk10k=True)
    with pytest.raises(UserError, match="no lesion masks"):
        train(recipe, dataset, out=tmp_path / "out", runs=tmp_path / "runs")
