"""From a name to a trained model on disk: data in, run, and the folder in trained_models/ out."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.config import EXPERIMENTS, RUNS, TRAINED_MODELS
from core.data.images import load_images
from core.data.metadata import Dataset
from core.data.splits import image_split, lesion_groups, lesion_split, load_splits
from core.errors import UserError
from core.files import replacing
from core.labels import DX
from core.models.registry import get_model
from core.models.weights import load_weights, save_weights

if TYPE_CHECKING:
    from core.training.recipes import Recipe
    from core.training.run import Pictures, Run

LICENCE = (
    "Weights and figures are derived from HAM10000 (Tschandl, Rosendahl, Kittler 2018, doi:10.7910/DVN/DBW86T) "
    "and carry its licence, CC BY-NC 4.0: for teaching and research, not for commercial use, no medical device."
)
PACKAGES = ("keras", "tensorflow", "numpy", "opencv-python-headless")


def is_experiment(recipe: Recipe) -> bool:
    """Whether a run is one half of a comparison, not a model to serve: it learns from a leak or from wrong labels."""
    return recipe.split != "lesion" or recipe.rows != "pictures"


def split_for(dataset: Dataset) -> pd.DataFrame:
    """The lesion split of a dataset: the committed one where it knows every picture, else computed alike.

    Returns:
        Indexed by image_id: dx, group, split; rows with a picture on disk only, sorted by image_id.

    Raises:
        UserError: No picture, or a side of the split without one.
    """
    return _check_sides(_both_splits(dataset).drop(columns="image"), dataset)


def image_split_for(dataset: Dataset, seed: int) -> pd.DataFrame:
    """The notebook's image-level split, with as many pictures to learn from as the lesion split has.

    An eighth of its training side is drawn for validation, blind to lesions as the split itself is. The test side
    keeps the pictures that are on the lesion split's test side too: both models of a pair can be scored on them.

    Returns:
        As `split_for`.
    """
    from sklearn.model_selection import train_test_split

    table = _both_splits(dataset)
    pool = table.index[table["image"] == "train"].to_numpy(str)
    _, held = train_test_split(pool, test_size=1 / 8, stratify=table.loc[pool, "dx"], random_state=seed)
    both = (table["image"] == "test") & (table["split"] == "test")
    side = pd.Series("unused", index=table.index).mask(table["image"] == "train", "train").mask(both, "test")
    side[held] = "validation"
    return _check_sides(table.assign(split=side)[side != "unused"].drop(columns="image"), dataset)


def _both_splits(dataset: Dataset) -> pd.DataFrame:
    rows = dataset.with_pictures.set_index("image_id")
    if rows.empty:
        raise UserError(f"{dataset.folder} holds metadata but no picture; training needs pictures.")
    known = load_splits()
    if rows.index.isin(known.index).all():
        table = rows[["dx"]].join(known[["group", "lesion", "image"]].astype({"lesion": str, "image": str}))
        return table.rename(columns={"lesion": "split"}).sort_index()
    no_pairs = pd.DataFrame({"image_id_a": [], "image_id_b": []})
    group = lesion_groups(dataset.with_pictures, no_pairs)
    split = lesion_split(rows["dx"], group).rename("split")
    return pd.concat([rows["dx"], group, split, image_split(rows["dx"])], axis=1).sort_index()


def _check_sides(table: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    absent = {"train", "validation", "test"} - set(table["split"])
    if absent:
        raise UserError(f"No picture of {dataset.folder} is on the {', '.join(sorted(absent))} side of the split.")
    return table


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
    log: Callable[[str], None] = print,
) -> Path:
    """Train a model and write its folder: weights, card, history, predictions for validation and test.

    One half of a comparison (see `is_experiment`) leaves no weights, and on the image-level split no predictions for
    validation, whose lesions it has seen.

    Args:
        recipe: What to do.
        dataset: HAM10000 or a part of it.
        name: Folder name; default the model's.
        out: Where the folder goes; default trained_models/, for experiments trained_models/experiments/.
        runs: Where checkpoints lie while it runs; an interrupted run resumes from there.
        fresh: Forget an interrupted run instead.
        finish: Train no more; write the model of the best epoch of an interrupted run.
        imagenet_weights: Folder with Keras' weight files, for recipes that start from ImageNet.
        devices: How many devices share each batch (see core.training.distribute).
        log: Told one line an epoch.

    Returns:
        The folder written.

    Raises:
        UserError: No pictures, no ImageNet weights, or a checkpoint that does not fit.
    """
    from core.training.run import Run

    name = name or recipe.model
    folder = runs / name
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    split = split_for(dataset) if recipe.split == "lesion" else image_split_for(dataset, recipe.seed)
    sides = {str(side): _pictures(dataset, rows, recipe) for side, rows in split.groupby("split", observed=True)}
    run = Run(recipe, sides["train"], sides["validation"], len(DX), folder, log, imagenet_weights, devices)
    run.execute(finish)
    return _write(run, sides, split, dataset, name, out or (EXPERIMENTS if is_experiment(recipe) else TRAINED_MODELS))


def _pictures(dataset: Dataset, rows: pd.DataFrame, recipe: Recipe) -> Pictures:
    from core.training.run import Pictures

    images = load_images([dataset.images[i] for i in rows.index], get_model(recipe.model).input_size)
    return Pictures(images, rows["dx"].map(DX.index).to_numpy(np.int64))


def _write(run: Run, sides: dict[str, Pictures], split: pd.DataFrame, dataset: Dataset, name: str, out: Path) -> Path:
    from core.training.features import predict

    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    card = _card(run, split, dataset, name)
    # Predict with the rounded weights in float32: they are what others will have.
    with TemporaryDirectory() as passing:
        weights = (Path(passing) if is_experiment(run.recipe) else folder) / "weights.npz"
        digest = save_weights(run.model, weights)
        model = run.spec.build(run.train.images.shape[1:3], len(DX))
        load_weights(model, weights, digest)
        if weights.parent == folder:
            card["weights"] = {"file": weights.name, "sha256": digest, "bytes": weights.stat().st_size}
    scored = ("validation", "test") if run.recipe.split == "lesion" else ("test",)
    held_out = {side: predict(model, sides[side].images) for side in scored}
    with replacing(folder / "predictions.csv") as beside:
        _predictions(held_out, split).to_csv(beside, index=False)
    with replacing(folder / "history.csv") as beside:
        history = pd.DataFrame(run.progress.history).rename_axis("epoch")
        history.to_csv(beside, float_format="%.5f")
    with replacing(folder / "card.json") as beside:
        beside.write_text(json.dumps(card, indent=2) + "\n")
    return folder


def _predictions(held_out: dict[str, np.ndarray], split: pd.DataFrame) -> pd.DataFrame:
    tables = []
    for side, probabilities in held_out.items():
        rows = split[split["split"] == side].reset_index()[["image_id", "group", "split", "dx"]]
        tables.append(pd.concat([rows, pd.DataFrame(probabilities.round(5), columns=list(DX))], axis=1))
    return pd.concat(tables, ignore_index=True)


def _card(run: Run, split: pd.DataFrame, dataset: Dataset, name: str) -> dict[str, Any]:
    counts = split.loc[split["split"] == "train", "dx"].value_counts()
    trainable = sum(int(np.prod(w.shape)) for w in run.model.trainable_weights)
    return {
        "name": name,
        "model": run.spec.name,
        "text": run.spec.text,
        "source": run.spec.source,
        "parameters": int(run.model.count_params()),
        "trainable_parameters": trainable,
        "input_size": list(run.train.images.shape[1:3]),
        "recipe": run.recipe.as_dict(),
        "split": {"name": run.recipe.split, "sha256": _digest(split.reset_index().to_csv(index=False).encode())},
        "data_sha256": data_hash(dataset),
        "seed": run.recipe.seed,
        "versions": {"python": platform.python_version()} | {package: version(package) for package in PACKAGES},
        "hardware": hardware(),
        "training_seconds": round(run.progress.seconds),
        "epochs_run": len(run.progress.history),
        "best_epoch": run.progress.best_epoch,
        "ended": "by hand" if run.ended_by_hand else "by its recipe",
        "train_counts": {dx: int(counts.get(dx, 0)) for dx in DX},
        "rows_told": {dx: int((run.rows.label == i).sum()) for i, dx in enumerate(DX)},
        "rows_wrong": int((run.train.labels[run.rows.picture] != run.rows.label).sum()),
        "licence": LICENCE,
    }


def hardware() -> str:
    """The machine that trained, in words."""
    import keras

    cores = f"{os.cpu_count()} CPU cores, {platform.machine()}"
    gpus = keras.distribution.list_devices("gpu")
    return f"{cores}, {len(gpus)} GPU" if gpus else f"{cores}, no GPU"


def data_hash(dataset: Dataset) -> str:
    """SHA-256 over the pictures' bytes and diagnoses, in order of image_id."""
    whole = hashlib.sha256()
    for image_id, dx in sorted(zip(dataset.with_pictures["image_id"], dataset.with_pictures["dx"], strict=True)):
        whole.update(f"{image_id},{dx},{_digest(dataset.images[image_id].read_bytes())}\n".encode())
    return whole.hexdigest()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
