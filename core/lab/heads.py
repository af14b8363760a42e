"""Train a new head on a network's frozen features with resampled rows, to see what resampling does for a small CNN."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import EXPERIMENTS, SEED
from core.data.images import load_images
from core.data.metadata import Dataset
from core.data.split_rows import split_for
from core.errors import UserError
from core.lab.classifiers import fit, probabilities
from core.lab.measures import correct_prior
from core.labels import DX
from core.models.registry import get_model
from core.models.weights import load_weights
from core.resampling.resample import resample
from core.resampling.spec import ResamplingSpec
from core.store.card import read_card
from core.store.results import write_results
from core.training.card_facts import card_facts
from core.training.features import predict

if TYPE_CHECKING:
    import keras

HEADS = ("none", "smote")
"""Strategies of the pair: the same head without SMOTE and with it, on the features."""
CLASSIFIER = "logistic"
NEIGHBORS = 5


def head_name(model: str, strategy: str) -> str:
    """Folder of a head in trained_models/experiments/.

    Example:
        >>> head_name("baseline_cnn", "smote")
        'baseline_cnn_head_smote'
    """
    return f"{model}_head_{strategy}"


def train_heads(
    folder: Path, dataset: Dataset, out: Path = EXPERIMENTS, log: Callable[[str], object] = print
) -> list[Path]:
    """Train a logistic head on a network's frozen features for each of HEADS, and write its folder.

    Args:
        folder: trained_models/NAME, with weights.
        dataset: HAM10000 or a part of it.
        out: Folder for the results.
        log: Called with one line per head.

    Raises:
        UserError: The folder has no weights, or a class is too small for SMOTE.
    """
    card = read_card(folder)
    if "weights" not in card:
        raise UserError(f"{folder.name} has no weights of its own; name a single network.")
    split, network = split_for(dataset), _network(folder)
    features = {str(name): _features(network, dataset, rows) for name, rows in split.groupby("split", observed=True)}
    labels = {str(name): _labels(rows) for name, rows in split.groupby("split", observed=True)}
    return [_write(folder, strategy, features, labels, split, dataset, out, log) for strategy in HEADS]


def _network(folder: Path) -> keras.Model:
    """Load a trained network without its last layer."""
    import keras

    card = read_card(folder)
    model = get_model(card["model"]).build(tuple(card["input_size"]), len(DX))
    load_weights(model, folder / "weights.npz", card["weights"]["sha256"])
    return keras.Model(model.input, model.layers[-1].input)


def _features(network: keras.Model, dataset: Dataset, rows: pd.DataFrame) -> NDArray[np.float32]:
    height, width = (int(each) for each in network.input.shape[1:3])
    images = load_images([dataset.images[image_id] for image_id in rows.index], (height, width))
    return predict(network, images).astype(np.float32)


def _labels(rows: pd.DataFrame) -> NDArray[np.int64]:
    return rows["dx"].map(DX.index).to_numpy(np.int64)


def _write(
    folder: Path,
    strategy: str,
    features: dict[str, NDArray[np.float32]],
    labels: dict[str, NDArray[np.int64]],
    split: pd.DataFrame,
    dataset: Dataset,
    out: Path,
    log: Callable[[str], object],
) -> Path:
    from sklearn.preprocessing import StandardScaler

    start = time.monotonic()
    scaler = StandardScaler().fit(features["train"])
    scaled = {name: scaler.transform(part).astype(np.float32) for name, part in features.items()}
    spec = ResamplingSpec(strategy, neighbors=NEIGHBORS, seed=SEED)
    rows = resample(scaled["train"], labels["train"], spec)
    model = fit(rows, strategy, CLASSIFIER, SEED)
    nature = np.bincount(labels["train"], minlength=len(DX)) / len(labels["train"])
    held_out = {
        name: correct_prior(probabilities(model, scaled[name]), rows.prior, nature) for name in ("validation", "test")
    }
    of, size = read_card(folder), (features["train"].shape[1] + 1) * len(DX)
    name = head_name(folder.name, strategy)
    card = {
        "name": name,
        "model": of["model"],
        "kind": "experiment",
        "text": f"{folder.name} without its last layer, frozen, and a logistic head; resampling: {strategy}.",
        "source": "This project",
        "parameters": of["parameters"],
        "trainable_parameters": size,
        "recipe": {"strategy": strategy, "classifier": CLASSIFIER, "neighbors": NEIGHBORS, "rows": len(rows.labels)},
        "features_of": {"name": folder.name, "weights_sha256": of["weights"]["sha256"]},
        "seed": SEED,
    } | card_facts(split, "lesion", dataset, ("keras", "scikit-learn", "imbalanced-learn", "numpy"))
    card["training_seconds"] = round(time.monotonic() - start)
    log(f"{name}: {len(rows.labels):,} rows, {card['training_seconds']} s")
    return write_results(out / name, card, held_out, split)
