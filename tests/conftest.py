"""Shared fixtures: a small HAM10000-like folder, and the real one where it is installed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pandas as pd
import pytest

from core import config
from core.data.metadata import LOCALIZATIONS, Dataset, load_dataset
from core.data.splits import load_splits
from core.labels import DX

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ.setdefault(
        name, "1"
    )  # in the processes of -n too: their threads would wait for one another in busy loops

if TYPE_CHECKING:
    from core.lab.embeddings import Embeddings

PER_DX = 10


@pytest.fixture(scope="session")
def mini_metadata() -> pd.DataFrame:
    """70 rows in Kaggle's schema, ten per class; every fifth image shows its predecessor's lesion."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(PER_DX * len(DX)):
        lesion = i - 1 if i % 5 == 4 else i
        rows.append(
            {
                "lesion_id": f"HAM_{lesion:07d}",
                "image_id": f"ISIC_{i:07d}",
                "dx": DX[i // PER_DX],
                "dx_type": "histo" if i % 3 else "follow_up",
                "age": float("nan") if i == 7 else float(rng.integers(1, 18) * 5),
                "sex": ("female", "male", "unknown")[min(i % 7, 2)] if i % 7 < 3 else "male",
                "localization": LOCALIZATIONS[i % len(LOCALIZATIONS)],
            }
        )
    return pd.DataFrame(rows)


@pytest.fixture
def mini_ham(tmp_path: Path, mini_metadata: pd.DataFrame) -> Path:
    """A folder in Kaggle's layout: two image folders of noise at 200x150 and the CSV."""
    folder = tmp_path / "ham10000"
    rng = np.random.default_rng(0)
    parts = [folder / "HAM10000_images_part_1", folder / "HAM10000_images_part_2"]
    for part in parts:
        part.mkdir(parents=True)
    for i, image_id in enumerate(mini_metadata["image_id"]):
        image = rng.integers(0, 256, (150, 200, 3), np.uint8)
        cv2.imwrite(str(parts[i % 2] / f"{image_id}.jpg"), image)
    mini_metadata.to_csv(folder / "HAM10000_metadata.csv", index=False)
    return folder


@pytest.fixture
def mini_dataset(mini_ham: Path) -> Dataset:
    """The same, read."""
    return load_dataset(mini_ham)


@pytest.fixture(scope="session")
def real_ham() -> Dataset:
    """The installed HAM10000; skips where HAM10000_DIR names none."""
    if not os.environ.get("HAM10000_DIR"):
        pytest.skip("HAM10000_DIR is not set")
    return load_dataset()


@pytest.fixture(scope="session")
def made_up_figures() -> dict[float, dict[str, Any]]:
    """What `evaluate` added to a card, by skill: the same for every test."""
    return {}


@pytest.fixture
def write_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made_up_figures: dict[float, dict[str, Any]]
) -> Callable[..., Path]:
    """Writes trained_models/NAME with made-up predictions into a temporary folder, which the code then reads from."""
    root = tmp_path / "trained_models"
    root.mkdir()
    monkeypatch.setattr(config, "TRAINED_MODELS", root)

    def write(name: str, skill: float = 2.0, evaluated: bool = True) -> Path:
        from core.evaluation.leaderboard import evaluate
        from core.store.card import write_card
        from core.store.provenance import stored_file
        from tests.cards import small_card

        folder = root / name
        folder.mkdir()
        made_up_predictions(skill).to_csv(folder / "predictions.csv", index=False)
        (folder / "weights.npz").write_bytes(name.encode())
        history = {"phase": [0.0, 0.0, 1.0], "loss": [1.5, 1.0, 0.8], "val_loss": [1.4, 1.1, 1.0]}
        history |= {"val_accuracy": [0.6, 0.7, 0.72], "val_balanced_accuracy": [0.3, 0.5, 0.6]}
        pd.DataFrame(history).rename_axis("epoch").to_csv(folder / "history.csv")
        card = small_card(name, weights=stored_file(folder / "weights.npz"))
        write_card(folder, card)
        if evaluated and skill not in made_up_figures:
            whole = evaluate(folder)
            made_up_figures[skill] = {"predictions": whole.predictions, "evaluation": whole.evaluation}
        if evaluated:
            write_card(folder, replace(card, **made_up_figures[skill]))
        return folder

    return write


def made_up_predictions(skill: float, images: int = 300) -> pd.DataFrame:
    """Predictions for images of the committed split; `skill` is how far the true class stands out."""
    held_out = (
        load_splits()
        .query("lesion != 'train'")
        .sort_values("group", kind="stable")
        .groupby("lesion", observed=True)
        .head(images)
    )
    rng = np.random.default_rng(1)
    truth = held_out["group"].to_numpy() % 29 % len(DX)
    logits = rng.normal(size=(len(truth), len(DX)))
    logits[np.arange(len(truth)), truth] += skill
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    table = pd.DataFrame(probabilities.round(5), columns=list(DX))
    table.insert(0, "image_id", held_out.index.to_numpy())
    table.insert(1, "group", held_out["group"].to_numpy())
    table.insert(2, "split", held_out["lesion"].astype(str).to_numpy())
    table.insert(3, "dx", [DX[i] for i in truth])
    return table


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like trained_models/embeddings/: about 1,500 images in 8 dimensions, images of a lesion alike."""
    from core.store.embeddings_card import write_embeddings_card
    from core.store.names import EMBEDDINGS
    from tests.cards import embeddings_card

    folder = tmp_path_factory.mktemp("embeddings")
    splits = load_splits()
    splits = splits[splits["group"] % 6 == 0]
    rng = np.random.default_rng(0)
    groups, code = np.unique(splits["group"], return_inverse=True)
    dx = rng.choice(len(DX), len(groups), p=(0.07, 0.08, 0.12, 0.05, 0.13, 0.5, 0.05))[code].astype(np.int8)
    own, lesion = rng.normal(size=(len(code), 8)), rng.normal(size=(len(groups), 8))[code]
    features = 1.6 * rng.normal(size=(len(DX), 8))[dx] + 0.9 * lesion + 0.2 * own
    odd = rng.random(len(code)) < 0.12  # images that look like another class
    features[odd] = features[rng.permutation(len(code))[: odd.sum()]]
    np.savez(
        folder / EMBEDDINGS, image_id=splits.index.to_numpy(str), group=splits["group"].to_numpy(), dx=dx,
        features=features.astype(np.float16),
    )  # fmt: skip
    write_embeddings_card(folder, embeddings_card(folder))
    return folder


@pytest.fixture(scope="session")
def small(small_folder: Path) -> Embeddings:
    """The same, read."""
    from core.lab.embeddings import load_embeddings

    return load_embeddings(small_folder)
