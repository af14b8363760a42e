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
from core.data.images import Image, load_images
from core.data.metadata import Dataset
from core.data.split_rows import split_for
from core.evaluation.calibration import correct_prior
from core.lab.classifiers import fit, probabilities
from core.labels import DX
from core.models.trained import load_trained
from core.resampling.resample import resample
from core.resampling.spec import ResamplingSpec
from core.store.card import Card, read_card
from core.store.datasets import learned_from, licence
from core.store.results import write_results
from core.store.stored import MadeFrom, Member
from core.store.training_facts import DataFacts, HeadFit, TrainingFacts
from core.training.card_facts import data_facts, hardware, versions
from core.training.features import frozen

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
    split, network = split_for(dataset), _network(folder)
    run, parts = frozen(network), {str(name): rows for name, rows in split.groupby("split", observed=True)}
    features = {
        name: run(_images(dataset, rows, network.input_shape[1:3])).astype(np.float32) for name, rows in parts.items()
    }
    labels = {name: _labels(rows) for name, rows in parts.items()}
    return [_write(folder, strategy, features, labels, split, dataset, out, log) for strategy in HEADS]


def _network(folder: Path) -> keras.Model:
    """Load a trained network without its last layer."""
    import keras

    model = load_trained(folder)
    return keras.Model(model.input, model.layers[-1].input)


def _images(dataset: Dataset, rows: pd.DataFrame, size: tuple[int, int]) -> Image:
    return load_images([dataset.images[image_id] for image_id in rows.index], size)


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
    fitted = HeadFit(strategy, CLASSIFIER, NEIGHBORS, len(rows.labels), _member(folder))
    parameters, seconds = (features["train"].shape[1] + 1) * len(DX), round(time.monotonic() - start)
    card = _card(read_card(folder), fitted, data_facts(split, "lesion", dataset), parameters, seconds)
    log(f"{card.name}: {len(rows.labels):,} rows, {seconds} s")
    return write_results(out / card.name, card, held_out, split)


def _member(folder: Path) -> Member:
    return Member(folder.name, MadeFrom(weights=read_card(folder).files.weights))


def _card(of: Card, fitted: HeadFit, data: DataFacts, parameters: int, seconds: int) -> Card:
    packages = versions("keras", "scikit-learn", "imbalanced-learn", "numpy")
    return Card(
        name=head_name(of.name, fitted.strategy),
        kind="experiment",
        architecture=of.architecture,
        parameters=of.parameters,
        data=data,
        training=TrainingFacts(seconds, SEED, hardware(), packages),
        text=f"{of.name} without its last layer, frozen, and a logistic head; resampling: {fitted.strategy}.",
        source="This project",
        trainable_parameters=parameters,
        licence=licence(learned_from(of)),
        head=fitted,
    )
