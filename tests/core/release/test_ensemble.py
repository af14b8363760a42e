from pathlib import Path

import numpy as np
import pytest

from core.data.images import read_image
from core.data.metadata import Dataset, load_dataset
from core.errors import UserError
from core.evaluation.leaderboard import evaluate
from core.inference.pipeline import Pipeline
from core.labels import DX
from core.models.cam_heads import with_cams
from core.models.litert import convert
from core.models.registry import get_model
from core.models.weights import save_weights
from core.release.ensemble import build_ensemble
from core.store.card import read_card, write_card
from core.store.predictions import read_predictions
from core.store.provenance import stored_file
from core.synthetic.lesions import write_synthetic_dataset
from tests.cards import exported, small_card


@pytest.fixture(scope="module")
def synthetic_dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("data") / "synthetic_dataset"
    write_synthetic_dataset(folder, 10)
    return load_dataset(folder)


def member(folder: Path, seed: int) -> None:
    """A small model with random weights and its export."""
    import keras

    keras.utils.set_random_seed(seed)
    model = get_model("baseline_cnn").build((16, 16), 7)
    folder.mkdir()
    save_weights(model, folder / "weights.npz")
    (folder / "model.tflite").write_bytes(convert(with_cams(model)))
    weights, export = stored_file(folder / "weights.npz"), exported(folder)
    facts = {"parameters": 1000 + seed, "trainable_parameters": 1000, "input_size": (16, 16)}
    write_card(folder, small_card(folder.name, weights=weights, export=export, **facts))


def test_an_ensemble_is_the_mean_over_members_and_flips(synthetic_dataset: Dataset, tmp_path: Path) -> None:
    for seed, name in enumerate(("one", "two")):
        member(tmp_path / name, seed)
        build_ensemble(f"only_{name}", [name], synthetic_dataset, tmp_path, lambda _: None)
    folder = build_ensemble("both", ["one", "two"], synthetic_dataset, tmp_path, lambda _: None)
    found = [read_predictions(tmp_path / name / "predictions.csv") for name in ("only_one", "only_two", "both")]
    mean = (found[0][list(DX)] + found[1][list(DX)]) / 2
    np.testing.assert_allclose(found[2][list(DX)], mean, atol=1.1e-5)
    card = read_card(folder)
    assert (card.parameters, card.trainable_parameters, card.training.seconds, card.flips) == (2001, 2000, 120, 4)
    assert [each.name for each in card.members] == ["one", "two"]
    evaluate(folder)
    row, pipeline = found[2].iloc[0], Pipeline(folder)
    prediction = pipeline.predict(read_image(synthetic_dataset.images[row["image_id"]]))
    np.testing.assert_allclose(prediction.raw_probabilities, row[list(DX)].to_numpy(float), atol=1e-5)


def test_an_ensemble_of_what_is_not_there_is_refused(synthetic_dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nobody is not a trained model"):
        build_ensemble("both", ["nobody"], synthetic_dataset, tmp_path)
    with pytest.raises(UserError, match="a name that no member has"):
        build_ensemble("one", ["one"], synthetic_dataset, tmp_path)
    assert not (tmp_path / "both").exists()
    write_card(tmp_path / "network", small_card("network"))
    with pytest.raises(UserError, match="network is a trained model; choose another name"):
        build_ensemble("network", ["one"], synthetic_dataset, tmp_path)
