"""Predictions and heatmaps of the gallery's synthetic lesions, kept so that no visitor waits: synthetic.npz."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import UserError
from core.explain.study.gallery import FITS, assemble, predict_all, table_of
from core.explain.study.scores import TARGETS
from core.files import sha256
from core.inference.heatmaps import METHODS, HeatmapMethod
from core.inference.pipeline import Pipeline, Prediction
from core.labels import DX
from core.store import arrays
from core.store.card import Card, read_card, write_card
from core.store.heatmap_facts import Center, SyntheticGallery
from core.store.names import SYNTHETIC_GALLERY
from core.store.provenance import check_file, check_members, current, predictor, stored_file
from core.synthetic import model
from core.synthetic.lesions import SyntheticLesion, sample_lesion

PER_DX = 4
"""Synthetic lesions of each diagnosis in the gallery."""
WANTED = tuple((dx, seed) for seed in range(PER_DX) for dx in DX)
"""Diagnosis and seed of each, in the gallery's order."""
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Stored:
    """What a model predicts for the gallery's synthetic lesions.

    Attributes:
        methods: How the model can explain a prediction, the one that is shown first at the front.
        tables: By method and target ("predicted" or "true"): see `core.explain.study.gallery.synthetic_table`.
        heatmaps: By method, image_id and class: (rows, columns) in [0, 1], of the predicted and the true class.
    """

    methods: tuple[HeatmapMethod, ...]
    tables: Mapping[tuple[str, str], pd.DataFrame]
    heatmaps: Mapping[tuple[str, str, str], Array]


def write_synthetic_gallery(folder: Path) -> Path:
    """Predict and explain the gallery's synthetic lesions; write them to the model's folder and a summary to its card.

    Args:
        folder: trained_models/NAME, exported, or an ensemble of such.

    Raises:
        UserError: The model's files are missing or altered.
    """
    pipeline, lesions = Pipeline(folder), [sample_lesion(*each) for each in WANTED]
    predictions = predict_all(lesions, lambda image: pipeline.predict(image, flips=False, explain=True))
    found = {
        "image_id": np.array([each.name for each in lesions]), "dx": np.array([each.dx for each in lesions]),
        "methods": np.array(pipeline.methods), "area": np.array([each.mask.mean() for each in lesions]),
        "probabilities": np.stack([each.raw_probabilities for each in predictions]),
    }  # fmt: skip
    card = read_card(folder)
    for method, target in product(pipeline.methods, TARGETS):
        table = table_of(lesions, predictions, _center(card), target, method)
        found[_key("fits", method, target)] = table[list(FITS)].to_numpy(np.float64)
        found[_key("heatmaps", method, target)] = _heatmaps(lesions, predictions, target, method)
    path = folder / SYNTHETIC_GALLERY
    arrays.write_arrays(path, found)
    facts = SyntheticGallery(stored_file(path), predictor(card), sha256(model.PARAMETERS_FILE), _center(card))
    write_card(folder, replace(card, synthetic_gallery=facts))
    return path


def read_synthetic_gallery(folder: Path) -> Stored | None:
    """Read what a model predicts for the gallery's synthetic lesions.

    Returns:
        None if that was never stored, or was computed from a former model or former synthetic lesions, or the file is
        missing or altered: predict them anew.

    Raises:
        UserError: The card is missing or damaged, or an ensemble's member was retrained.
    """
    card = read_card(folder)
    check_members(folder, card)
    facts = current(card, card.synthetic_gallery)
    if facts is None or facts.parameters != sha256(model.PARAMETERS_FILE) or facts.center != _center(card):
        return None
    try:
        return _read(check_file(folder, facts.file))
    except UserError:
        return None


def _read(path: Path) -> Stored:
    again = f"run `python -m core explain synthetic {path.parent.name}`"
    found = arrays.read_arrays(path, again)
    if "probabilities" not in found:
        raise UserError(f"{path.parent.name}/{path.name} is damaged; {again}.")
    names, truth, probabilities = found["image_id"].tolist(), found["dx"].tolist(), found["probabilities"]
    predicted = [DX[i] for i in probabilities.argmax(axis=1)]
    methods = tuple(each for each in METHODS if each in found["methods"])
    tables: dict[tuple[str, str], pd.DataFrame] = {}
    heatmaps: dict[tuple[str, str, str], Array] = {}
    for method, target in product(methods, TARGETS):
        fits = found[_key("fits", method, target)]
        tables[method, target] = assemble(names, truth, probabilities, fits, found["area"])
        maps = found[_key("heatmaps", method, target)].astype(np.float32)
        shown = predicted if target == TARGETS[0] else truth
        heatmaps |= {(method, name, dx): each for name, dx, each in zip(names, shown, maps, strict=True)}
    return Stored(methods, tables, heatmaps)


def _key(what: str, method: str, target: str) -> str:
    return f"{what} {method} {target}"


def _heatmaps(
    lesions: list[SyntheticLesion], predictions: list[Prediction], target: str, method: HeatmapMethod
) -> NDArray[np.float16]:
    """(lesions, rows, columns): the heatmap of the predicted or the true class of each."""
    shown = [
        DX[int(prediction.raw_probabilities.argmax())] if target == TARGETS[0] else lesion.dx
        for lesion, prediction in zip(lesions, predictions, strict=True)
    ]
    maps = [prediction.heatmap(dx, method) for prediction, dx in zip(predictions, shown, strict=True)]
    return np.stack(maps).astype(np.float16)


def _center(card: Card) -> Center | None:
    """Return the center prior that the scores are compared with, if the model's heatmaps have been scored."""
    return card.cam_scores.center if card.cam_scores else None
