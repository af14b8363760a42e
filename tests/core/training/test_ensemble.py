from pathlib import Path

import numpy as np
import pytest

from core.data.metadata import Dataset, load_dataset
from core.errors import UserError
from core.labels import DX
from core.models.registry import get_model
from core.models.weights import save_weights
from core.store.card import read_card, write_card
from core.store.predictions import read_predictions
from core.store.provenance import stored_file
from core.synthetic.lesions import write_synthetic_dataset
from core.training.ensemble import MIRRORS, build_ensemble, predict_mirrored
from tests.cards import small_card


@pytest.fixture(scope="module")
def synthetic_dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("data") / "synthetic_dataset"
    write_synthetic_dataset(folder, 10)
    return load_dataset(folder)


def member(folder: Path, seed: int) -> None:
    import keras

    keras.utils.set_random_seed(seed)
    model = get_model("baseline_cnn").build((16, 16), 7)
    folder.mkdir()
    save_weights(model, folder / "weights.npz")
    weights = stored_file(folder / "weights.npz")
    write_card(folder, small_card(folder.name, parameters=1000 + seed, input_size=(16, 16), weights=weights))


def test_an_ensemble_is_the_mean_over_members_and_mirrors(synthetic_dataset: Dataset, tmp_path: Path) -> None:
    for seed, name in enumerate(("one", "two")):
        member(tmp_path / name, seed)
        build_ensemble(f"only_{name}", [name], synthetic_dataset, tmp_path, lambda _: None)
    folder = build_ensemble("both", ["one", "two"], synthetic_dataset, tmp_path, lambda _: None)
    said = [read_predictions(tmp_path / name / "predictions.csv") for name in ("only_one", "only_two", "both")]
    mean = (said[0][list(DX)] + said[1][list(DX)]) / 2
    np.testing.assert_allclose(said[2][list(DX)], mean, atol=1.1e-5)
    card = read_card(folder)
    assert card.parameters == 2001 and card.flips == 4
    assert [each.name for each in card.members] == ["one", "two"]


def test_a_mirrored_answer_does_not_change_when_the_picture_is_mirrored() -> None:
    model = get_model("baseline_cnn").build((16, 16), 7)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), np.uint8)
    said = [predict_mirrored(model, pictures[:, ::up, ::left]) for up, left in MIRRORS]
    for each in said[1:]:
        np.testing.assert_allclose(each, said[0], atol=1e-6)


def test_an_ensemble_of_what_is_not_there_is_refused(synthetic_dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nobody is no trained model"):
        build_ensemble("both", ["nobody"], synthetic_dataset, tmp_path)
    with pytest.raises(UserError, match="none of theirs"):
        build_ensemble("one", ["one"], synthetic_dataset, tmp_path)
    assert not (tmp_path / "both").exists()
