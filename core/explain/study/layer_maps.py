"""Heatmaps of a few images at each layer and by several methods, on disk: trained_models/NAME/layer_maps.npz."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED
from core.data.images import Image, preprocess, read_image
from core.data.metadata import Dataset
from core.errors import UserError
from core.evaluation.leaderboard import load_scores
from core.inference.heatmaps import normalize
from core.labels import DX
from core.models.trained import load_trained
from core.store import arrays
from core.store.card import read_card, write_card
from core.store.heatmap_facts import LayerMaps
from core.store.names import LAYER_MAPS
from core.store.provenance import require_current, stored_file
from core.store.stored import MadeFrom
from core.synthetic.lesions import sample_lesion

BATCH = 7
MOST_ROWS = 32
"""Larger heatmaps are reduced to this many rows; they are only displayed."""
Array = NDArray[np.float32]
Report = Callable[[int, int], object]


@dataclass(frozen=True)
class LayerHeatmaps:
    """Heatmaps of the predicted class for a few images.

    Attributes:
        images: Columns image_id, dx (true, or what a synthetic lesion was drawn for) and `predicted` (predicted).
        layers: By layer name, shallow ones first: (n, rows, columns) in [0, 1].
        methods: By method: (n, rows, columns) in [0, 1].
    """

    images: pd.DataFrame
    layers: dict[str, Array]
    methods: dict[str, Array]


def write_layer_maps(folder: Path, dataset: Dataset | None, on_done: Report | None = None) -> Path:
    """Compute and write a model's layer maps: a synthetic lesion and, if there is one, a test image of each class.

    Args:
        folder: trained_models/NAME, evaluated, with weights.
        dataset: HAM10000; without it, or where images are missing or damaged, only synthetic lesions.
        on_done: Called with (images done, total).

    Raises:
        UserError: It is an ensemble, or its files aren't those on its card.
    """
    from core.explain.layer_maps import layer_cams, method_maps

    card = read_card(folder)
    if card.members or card.weights is None:
        raise UserError(f"{folder.name} has no layers of its own; compute its members' instead.")
    model, size = load_trained(folder), card.require_input_size()
    names, truth, images = _subjects(folder, dataset, size)
    predicted, found = [], []
    for start in range(0, len(images), BATCH):
        some = images[start : start + BATCH]
        classes = np.asarray(model(some.astype(np.float32), training=False)).argmax(axis=1)
        predicted += classes.tolist()
        layers = {f"layer:{name}": cams for name, cams in layer_cams(model, some, classes).items()}
        methods = {f"method:{name}": maps for name, maps in method_maps(model, some, classes, SEED).items()}
        found.append(layers | methods)
        if on_done:
            on_done(start + len(some), len(images))
    maps = {key: reduced(np.concatenate([each[key] for each in found])) for key in found[0]}
    path, labels = folder / LAYER_MAPS, np.array([DX[dx] for dx in predicted])
    arrays.write_arrays(path, {"image_id": np.array(names), "dx": np.array(truth), "predicted": labels} | maps)
    facts = LayerMaps(stored_file(path), MadeFrom(weights=card.weights.sha256), len(names), SEED)
    write_card(folder, replace(read_card(folder), layer_maps=facts))
    return path


def _subjects(folder: Path, dataset: Dataset | None, size: tuple[int, int]) -> tuple[list[str], list[str], Image]:
    lesions = [sample_lesion(dx, 0) for dx in DX]
    names, truth = [each.name for each in lesions], list(DX)
    images = [preprocess(each.image, size) for each in lesions]
    for dx, name in _drawn(folder, dataset):
        try:
            images.append(preprocess(read_image(dataset.images[name]), size) if dataset else images[0])
        except UserError:
            continue
        names.append(name)
        truth.append(dx)
    return names, truth, np.stack(images)


def _drawn(folder: Path, dataset: Dataset | None) -> list[tuple[str, str]]:
    """Draw one installed test image of each class at random; the same for every model."""
    if dataset is None:
        return []
    predicted = load_scores(folder, "test")
    table = pd.DataFrame({"image_id": predicted.image_id, "dx": np.array(DX)[predicted.truth]})
    table = table[table["image_id"].isin(list(dataset.images))].sort_values("image_id")
    first = table.sample(frac=1, random_state=SEED).drop_duplicates("dx").sort_values("dx")
    return list(zip(first["dx"], first["image_id"], strict=True))


def reduced(maps: Array) -> NDArray[np.float16]:
    """Divide each map by its maximum and reduce it to MOST_ROWS rows (area means), in half precision."""
    rows, columns = maps.shape[1:]
    if rows > MOST_ROWS:
        size = (max(1, round(columns * MOST_ROWS / rows)), MOST_ROWS)
        maps = np.stack([cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in maps])
    return normalize(maps, axes=(1, 2)).astype(np.float16)


def read_layer_maps(folder: Path) -> LayerHeatmaps | None:
    """Read a model's layer maps; None if there are none.

    Raises:
        UserError: The file is missing, altered, damaged or was computed from former weights.
    """
    card = read_card(folder)
    if card.layer_maps is None:
        return None
    path = require_current(folder, card, card.layer_maps, "explain layers")
    again = f"run `python -m core explain layers {folder.name}`"
    found = arrays.read_arrays(path, again)
    columns = ("image_id", "dx", "predicted")
    if not set(columns) <= set(found):
        raise UserError(f"{folder.name}/{path.name} is damaged; {again}.")
    images = pd.DataFrame({key: found[key] for key in columns})
    return LayerHeatmaps(images, *(_stacks(found, kind) for kind in ("layer:", "method:")))


def _stacks(found: dict[str, NDArray[Any]], kind: str) -> dict[str, Array]:
    return {name.removeprefix(kind): found[name].astype(np.float32) for name in found if name.startswith(kind)}
