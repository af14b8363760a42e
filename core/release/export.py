"""A trained model as one LiteRT graph: what the app serves, and what a phone could load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from core.data.images import load_images
from core.data.metadata import Dataset
from core.errors import UserError, require_known
from core.evaluation.leaderboard import load_scores
from core.files import replacing
from core.models.litert import convert
from core.models.trained import load_trained
from core.models.weights import INT8_FROM
from core.release.parity import compare, measure, parity_text, run_keras
from core.release.tflite_metadata import with_metadata
from core.store.card import Card, read_card, write_card
from core.store.export_facts import Export, Precision, Precisions
from core.store.names import EXPORT, PREDICTIONS
from core.store.predictions import Split, read_predictions
from core.store.provenance import stored_file

MIN_AGREEMENT = 0.995
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
"""What an export may hold its weights as; int8 only those of large kernels."""


def export(
    folder: Path,
    dataset: Dataset,
    log: Callable[[str], object] = print,
    precision: str | None = None,
    out: Path | None = None,
) -> Path:
    """Write a model's LiteRT graph: into its folder, with the comparison on its card, or to another file.

    Args:
        folder: trained_models/NAME.
        dataset: HAM10000 or a part of it; its validation images decide whether the export is fit to serve.
        log: Receives the parity as text.
        precision: One of PRECISIONS; default `served_precision`.
        out: File to write instead of the one that the app serves; the card then stays unchanged.

    Returns:
        The file written.

    Raises:
        UserError: No weights, a head without closed form, no validation image, too little agreement, or an unknown
            precision.
    """
    from core.models.cam_heads import with_cams

    card = read_card(folder)
    kind = as_precision(precision) if precision else served_precision(card)
    images = split_images(folder, dataset, "validation")
    model = with_cams(load_trained(folder))
    graph = with_metadata(convert(model, kind), card, kind)
    parity = compare(run_keras(model, images), graph, images)
    log(f"{folder.name} as {kind}: {parity_text(parity, 'validation')}; {len(graph):,} bytes.")
    if not parity.agreement >= MIN_AGREEMENT:
        raise UserError(
            f"The export of {folder.name} agrees with the trained model on only {parity.agreement:.2%} of images "
            f"({MIN_AGREEMENT:.1%} are needed); it was not written."
        )
    path = out or folder / EXPORT
    with replacing(path) as beside:
        beside.write_bytes(graph)
    if out is None:
        write_card(folder, replace(read_card(folder), export=Export(stored_file(path), kind, parity)))
    return path


def measure_precisions(folder: Path, dataset: Dataset, log: Callable[[str], object] = print) -> Precisions:
    """Convert a model at every precision and compare each with Keras: see `core.release.parity.measure`.

    Args:
        folder: trained_models/NAME.
        dataset: All of HAM10000.
        log: Receives a line of progress.

    Raises:
        UserError: A test image is missing, or the model doesn't belong to its stored predictions.
    """
    from core.models.cam_heads import with_cams

    predicted = load_scores(folder, "test")
    images = split_images(folder, dataset, "test")
    if len(images) < len(predicted.truth):
        raise UserError(
            f"{dataset.folder} lacks {len(predicted.truth) - len(images):,} of the test images; fetch it again."
        )
    card, model = read_card(folder), with_cams(load_trained(folder))
    graphs = {each: with_metadata(convert(model, each), card, each) for each in PRECISIONS}
    return measure(folder, predicted, run_keras(model, images), graphs, images, lambda each: log(f"{each} measured"))


def served_precision(card: Card) -> Precision:
    """Return how the app's own export of a model stores its weights."""
    return "int8" if card.parameters > INT8_FROM else "float16"


def as_precision(name: str) -> Precision:
    """Return the name if it is one of PRECISIONS.

    Raises:
        UserError: It is not one.
    """
    require_known("precision", name, PRECISIONS)
    return next(each for each in PRECISIONS if each == name)


def split_images(folder: Path, dataset: Dataset, split: Split) -> NDArray[np.uint8]:
    """Read the images of a split that are on disk, in the order of the model's predictions.

    Returns:
        (n, *input size, 3).

    Raises:
        UserError: None of them is.
    """
    table = read_predictions(folder / PREDICTIONS)
    wanted = table.loc[table["split"] == split, "image_id"]
    paths = [dataset.images[image_id] for image_id in wanted if image_id in dataset.images]
    if not paths:
        raise UserError(f"{dataset.folder} holds no {split} image of {folder.name}; an export must be compared.")
    return load_images(paths, read_card(folder).require_input_size())
