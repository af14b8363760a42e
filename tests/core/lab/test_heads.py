"""Heads on frozen features: a pair that differs in SMOTE alone, scored like any run, and refusals in one sentence."""

from pathlib import Path

import keras
import numpy as np
import pytest

from core.data.metadata import Dataset, load_dataset
from core.errors import UserError
from core.lab import heads
from core.lab.heads import HEADS, head_name, train_heads
from core.models.registry import get_model
from core.models.weights import save_weights
from core.store.card import read_card
from core.store.predictions import read_predictions
from core.store.provenance import stored_file
from core.synthetic.lesions import write_synthetic_dataset
from tests.cards import change


@pytest.fixture(scope="module")
def synthetic_dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("data") / "synthetic_dataset"
    write_synthetic_dataset(folder, 12)
    return load_dataset(folder)


@pytest.fixture
def network(write_model) -> Path:
    folder = write_model("small")
    keras.utils.set_random_seed(0)
    save_weights(get_model("baseline_cnn").build((16, 16), 7), folder / "weights.npz")
    change(folder, input_size=(16, 16), weights=stored_file(folder / "weights.npz"))
    return folder


def test_both_heads_are_scored_and_differ_in_their_rows_alone(network, synthetic_dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(heads, "NEIGHBORS", 1)
    lines: list[str] = []
    folders = train_heads(network, synthetic_dataset, tmp_path / "out", lines.append)
    assert [each.name for each in folders] == [head_name("small", strategy) for strategy in HEADS]
    cards, tables = (
        [read_card(each) for each in folders],
        [read_predictions(each / "predictions.csv") for each in folders],
    )
    rows = [card.head.rows for card in cards]
    assert rows[0] == sum(cards[0].data.train_counts.values())
    assert rows[1] == 7 * max(cards[0].data.train_counts.values())
    assert {card.kind for card in cards} == {"experiment"}
    assert cards[0].head.features_of.made_from.weights == read_card(network).weights.sha256
    assert tables[0]["image_id"].tolist() == tables[1]["image_id"].tolist()
    assert set(tables[0]["split"]) == {"validation", "test"}
    answers = [table.iloc[:, 4:].to_numpy(float) for table in tables]
    assert all(np.abs(each.sum(axis=1) - 1).max() < 1e-3 for each in answers)
    assert len(lines) == 2


def test_a_class_too_small_for_smote_and_a_folder_without_weights(network, synthetic_dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(heads, "NEIGHBORS", 50)
    with pytest.raises(UserError, match="neighbo"):
        train_heads(network, synthetic_dataset, tmp_path / "out", str)
    change(network, weights=None, kind="experiment")
    with pytest.raises(UserError, match="No weights of small are kept"):
        train_heads(network, synthetic_dataset, tmp_path / "out", str)
