"""Train a model by name and write its folder in trained_models/."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import EXPERIMENTS, RUNS, TRAINED_MODELS
from core.data.images import load_images
from core.data.metadata import Dataset
from core.data.milk10k import find_milk10k, load_split
from core.data.split_rows import image_split_for, split_for
from core.errors import UserError
from core.labels import DX
from core.models.registry import get_model
from core.models.weights import finalize_normalization, load_weights, save_weights
from core.store.card import Card
from core.store.datasets import HAM10000, MILK10K, licence
from core.store.names import WEIGHTS
from core.store.provenance import stored_file
from core.store.results import write_results
from core.store.stored import MadeFrom, Member, StoredFile
from core.store.training_facts import DataFacts, Rounding, TrainingFacts
from core.training.card_facts import data_facts, hardware, training_versions
from core.training.covers import coverable, load_covered

if TYPE_CHECKING:
    import keras

    from core.training.labeled_images import LabeledImages
    from core.training.recipes import Recipe
    from core.training.run import Run


def is_experiment(recipe: Recipe) -> bool:
    """Return whether a run is one half of a comparison, not a model to use.

    It learns from a leak, from wrong labels or from images without their lesions.
    """
    return recipe.split_scheme != "lesion" or recipe.rows != "images" or bool(recipe.cover)


def train(
    recipe: Recipe,
    dataset: Dataset,
    *,
    name: str | None = None,
    out: Path | None = None,
    runs: Path = RUNS,
    fresh: bool = False,
    finish: bool = False,
    imagenet_weights: Path | None = None,
    devices: int = 1,
    experiment: bool = False,
    log: Callable[[str], None] = print,
) -> Path:
    """Train a model and write its folder: weights, card, history, predictions for validation and test.

    One half of a comparison (see `is_experiment`) leaves no weights, and on the image-level split no predictions for
    validation, whose lesions it has seen.

    Args:
        recipe: How to train it.
        dataset: HAM10000 or a part of it.
        name: Folder name; default: the model's.
        out: Where the folder goes; default: trained_models/, for experiments trained_models/experiments/.
        runs: Folder for checkpoints; an interrupted run resumes from there.
        fresh: Discard an interrupted run instead.
        finish: Stop training and write the model of the best epoch of an interrupted run.
        imagenet_weights: Folder with Keras' weight files, for recipes that start from ImageNet.
        devices: Number of devices that share each batch (see core.training.distribute).
        experiment: Treat it as one half of a comparison, whatever its recipe.
        log: Called with one line per epoch.

    Returns:
        The folder written.

    Raises:
        UserError: Images, masks (to cover lesions) or ImageNet weights are missing, the checkpoint doesn't fit, or
            lesions of MILK10k, which has no masks, are to be covered.
    """
    from core.training.run import Run

    if recipe.cover and recipe.milk10k:
        raise UserError("MILK10k has no lesion masks, so its lesions can't be covered; choose another recipe.")
    name = name or recipe.model
    folder = runs / name
    split = split_for(dataset) if recipe.split_scheme == "lesion" else image_split_for(dataset)
    if recipe.cover:
        split = coverable(split, dataset)
    size = recipe.train_size or get_model(recipe.model).input_size
    parts = {
        part: _labeled_images(dataset, split[split["split"] == part], size, recipe.cover)
        for part in ("train", "validation")
    }
    if recipe.milk10k:
        parts = _with_milk10k(parts, size)
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    run = Run(recipe, parts["train"], parts["validation"], len(DX), folder, log, imagenet_weights, devices)
    run.execute(finish)
    serves = not (experiment or is_experiment(recipe))
    return _write(run, split, dataset, (out or (TRAINED_MODELS if serves else EXPERIMENTS)) / name, serves)


def _labeled_images(dataset: Dataset, rows: pd.DataFrame, size: tuple[int, int], cover: str) -> LabeledImages:
    from core.training.labeled_images import LabeledImages

    images = (
        load_covered(dataset, rows.index, size, cover)
        if cover
        else load_images([dataset.images[i] for i in rows.index], size)
    )
    return LabeledImages(images, rows["dx"].map(DX.index).to_numpy(np.int64), np.zeros(len(rows), np.int64))


def _with_milk10k(parts: dict[str, LabeledImages], size: tuple[int, int]) -> dict[str, LabeledImages]:
    """Append MILK10k's training and validation images of the seven shared diagnoses to HAM10000's."""
    from core.training.labeled_images import LabeledImages

    milk = find_milk10k()
    if milk is None:
        raise UserError("This recipe also learns from MILK10k; set MILK10K_DIR to the folder that holds it.")
    rows = milk.metadata.set_index("image_id").join(load_split()["split"], how="inner").dropna(subset="dx")
    joined = {}
    for part, ham in parts.items():
        more = rows[rows["split"] == part]
        images = load_images([milk.images[i] for i in more.index], size)
        labels = more["dx"].map(DX.index).to_numpy(np.int64)
        joined[part] = LabeledImages(
            np.concatenate([ham.images, images]),
            np.concatenate([ham.labels, labels]),
            np.concatenate([ham.dataset, np.ones(len(more), np.int64)]),
        )
    return joined


def _write(run: Run, split: pd.DataFrame, dataset: Dataset, folder: Path, serves: bool) -> Path:
    from core.training.features import predict

    folder.mkdir(parents=True, exist_ok=True)
    scored = ("validation", "test") if run.recipe.split_scheme == "lesion" else ("test",)
    size = run.spec.input_size
    parts = {part: _labeled_images(dataset, split[split["split"] == part], size, run.recipe.cover) for part in scored}
    exact = predict(_resized(run), parts["test"].images)
    # Scores are those of the rounded weights, in float32, because these are the weights that are stored.
    with TemporaryDirectory() as passing:
        path = (folder if serves else Path(passing)) / WEIGHTS
        model = _rounded(run, path)
        weights = stored_file(path) if serves else None
    held_out = {part: predict(model, parts[part].images) for part in scored}
    rounding = rounding_cost(exact, held_out["test"], parts["test"].labels)
    card = _card(run, folder.name, data_facts(split, run.recipe.split_scheme, dataset), weights, rounding)
    return write_results(folder, card, held_out, split, run.progress.history)


def _resized(run: Run) -> keras.Model:
    """Return the trained network at the model's own input size."""
    if run.model.input_shape[1:3] == run.spec.input_size:
        return run.model
    model = run.spec.build(run.spec.input_size, len(DX))
    model.set_weights(run.model.get_weights())
    finalize_normalization(model)
    return model


def _rounded(run: Run, path: Path) -> keras.Model:
    """Store the weights, rounded, and return the network with the weights read back."""
    digest = save_weights(run.model, path)
    model = run.spec.build(run.spec.input_size, len(DX))
    load_weights(model, path, digest)
    return model


def rounding_cost(exact: NDArray[np.float64], rounded: NDArray[np.float64], truth: NDArray[np.int64]) -> Rounding:
    """Measure what rounding the weights for storage changes: share of predictions that differ, and change of accuracy.

    Args:
        exact: (n, 7) probabilities of the network as trained.
        rounded: (n, 7) of the network as stored.
        truth: (n,) class indices.
    """
    before, after = exact.argmax(axis=1), rounded.argmax(axis=1)
    gained = float((after == truth).mean() - (before == truth).mean())
    return Rounding(float((before != after).mean()), gained)


def _card(run: Run, name: str, data: DataFacts, weights: StoredFile | None, rounding: Rounding) -> Card:
    training = TrainingFacts(
        seconds=round(run.progress.seconds),
        seed=run.recipe.seed,
        hardware=hardware(),
        versions=training_versions(),
        recipe=run.recipe,
        teachers=run.teacher.members if run.teacher else (),
        start=Member(run.recipe.start, MadeFrom(weights=run.progress.start)) if run.recipe.start else None,
        epochs_run=len(run.progress.history),
        best_epoch=run.progress.best_epoch,
        ended="by hand" if run.ended_by_hand else "by its recipe",
        rows={dx: int((run.rows.label == i).sum()) for i, dx in enumerate(DX)},
        mislabeled_rows=int((run.train.labels[run.rows.image] != run.rows.label).sum()),
        rounding=rounding,
    )
    return Card(
        name=name,
        kind="network" if weights else "experiment",
        architecture=run.spec.name,
        parameters=int(run.model.count_params()),
        data=data,
        training=training,
        text=run.spec.text,
        source=run.spec.source,
        trainable_parameters=sum(int(np.prod(w.shape)) for w in run.model.trainable_weights),
        input_size=run.spec.input_size,
        licence=licence((HAM10000, MILK10K) if run.recipe.milk10k else (HAM10000,)),
        weights=weights,
    )
