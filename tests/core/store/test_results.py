from pathlib import Path

import numpy as np
import pandas as pd

from core.data.splits import load_splits
from core.labels import DX
from core.store.card import read_card
from core.store.model_tables import read_history
from core.store.predictions import DECIMALS
from core.store.results import write_results
from tests.cards import small_card

ROWS = load_splits().query("lesion != 'train'").groupby("lesion", observed=True).head(3)
SPLIT = pd.DataFrame({"dx": "nv", "group": ROWS["group"], "split": ROWS["lesion"].astype(str)}, ROWS.index)


def probabilities(seed: int) -> np.ndarray:
    found = np.random.default_rng(seed).random((3, len(DX)))
    return found / found.sum(axis=1, keepdims=True)


def test_a_folder_gets_its_tables_and_its_card(tmp_path: Path) -> None:
    held_out = {"validation": probabilities(0), "test": probabilities(1)}
    history = [{"phase": 0, "loss": 1.5, "val_loss": 2.0}, {"phase": 0, "loss": 1.0, "val_loss": 2.5}]
    folder = write_results(tmp_path / "runs" / "m", small_card("m"), held_out, SPLIT, history)
    table = pd.read_csv(folder / "predictions.csv")
    for part, expected in held_out.items():
        rows = table[table["split"] == part]
        assert rows["image_id"].tolist() == SPLIT.index[SPLIT["split"] == part].tolist()
        np.testing.assert_allclose(rows[list(DX)], expected, atol=0.6 * 10**-DECIMALS)
    assert read_history(folder)["epoch"].tolist() == [0, 1]
    assert read_history(folder)["val_loss"].tolist() == [2.0, 2.5]
    assert read_card(folder) == small_card("m")


def test_without_epochs_there_is_no_history(tmp_path: Path) -> None:
    folder = write_results(tmp_path / "m", small_card("m"), {"test": probabilities(0)}, SPLIT)
    assert sorted(path.name for path in folder.iterdir()) == ["card.json", "predictions.csv"]
