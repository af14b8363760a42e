"""Compare an export's outputs with those of the Keras model it was made from."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.evaluation.bootstrap import paired_difference
from core.evaluation.metrics import METRICS
from core.inference.pool import Pool
from core.store.card import read_card, write_card
from core.store.export_facts import Parity, Precision, PrecisionFacts, Precisions
from core.store.predictions import Scores
from core.store.stored import MadeFrom

if TYPE_CHECKING:
    import keras

BATCH = 32
LATENCY_IMAGES = 25
Outputs = dict[str, NDArray[np.float32]]


def parity_text(parity: Parity, split: str) -> str:
    """Describe a parity in one line."""
    return (
        f"same prediction for {parity.agreement:.2%} of {parity.images:,} {split} images, "
        f"probabilities differ by at most {parity.max_difference:.5f}, heatmaps by {parity.max_cam_difference:.5f}"
    )


def run_keras(model: keras.Model, images: NDArray[np.uint8]) -> Outputs:
    """Return the outputs of a model of `with_cams` by name; images: (n, height, width, 3)."""
    import tensorflow as tf

    run = tf.function(lambda batch: model(batch, training=False))
    parts = [run(images[start : start + BATCH].astype(np.float32)) for start in range(0, len(images), BATCH)]
    return {name: np.concatenate([np.asarray(part[name]) for part in parts]) for name in parts[0]}


def run_graph(graph: bytes, images: NDArray[np.uint8]) -> Outputs:
    """Return the outputs of an export, the bytes of a .tflite file; images: (n, height, width, 3) at its input size."""
    pool = Pool(graph, interpreters=1)
    parts = [pool.run(image[None].astype(np.float32)) for image in images]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def compare(expected: Outputs, graph: bytes, images: NDArray[np.uint8]) -> Parity:
    """Run an export and compare its outputs with those of Keras.

    Args:
        expected: What `run_keras` returned for the images.
        graph: A .tflite file's bytes.
        images: (n, height, width, 3).
    """
    return _parity(expected, run_graph(graph, images))


def _parity(expected: Outputs, got: Outputs) -> Parity:
    want, have = expected["probabilities"], got["probabilities"]
    labels = want.argmax(axis=1)
    same = (labels == have.argmax(axis=1)) & np.isfinite(have).all(axis=1)
    cams, got_cams = (np.take_along_axis(each["cams"], labels[:, None, None, None], axis=3) for each in (expected, got))
    highest = cams.max(axis=(1, 2, 3))
    apart = np.abs(cams - got_cams).max(axis=(1, 2, 3)) / np.where(highest > 0, highest, 1)
    return Parity(len(want), float(same.mean()), float(np.abs(want - have).max()), float(apart.max()))


def measure(
    folder: Path,
    predicted: Scores,
    expected: Outputs,
    graphs: dict[Precision, bytes],
    images: NDArray[np.uint8],
    on_done: Callable[[str], object] = str,
) -> Precisions:
    """Measure what each precision costs on the test split and write it onto the card.

    Args:
        folder: trained_models/NAME.
        predicted: The model's predictions on the test split, in the order of `images`.
        expected: What `run_keras` returned for the images.
        graphs: The .tflite file's bytes by precision.
        images: (n, height, width, 3).
        on_done: Called with each precision when it is measured.

    Returns:
        The card's `precisions`.

    Raises:
        UserError: Keras doesn't reproduce the stored predictions: other weights, or other images.
    """
    if np.abs(expected["probabilities"] - predicted.probabilities).max() > 0.01:
        raise UserError(f"{folder.name} does not reproduce its stored predictions; evaluate or train it again.")
    keras_scores = replace(predicted, probabilities=expected["probabilities"].astype(float))
    found: dict[Precision, PrecisionFacts] = {}
    accuracy = METRICS["accuracy"]
    for precision, graph in graphs.items():
        got = run_graph(graph, images)
        scores = replace(predicted, probabilities=got["probabilities"].astype(float))
        gap = paired_difference(scores, keras_scores, accuracy)
        found[precision] = PrecisionFacts(
            bytes=len(graph),
            parity=_parity(expected, got),
            accuracy=round(accuracy(scores), 5),
            accuracy_gap=gap.rounded(5),
            milliseconds=round(_latency(graph, images), 2),
        )
        on_done(precision)
    card = read_card(folder)
    measured = Precisions(MadeFrom(weights=card.files.weights), len(images), found)
    write_card(folder, replace(card, precisions=measured))
    return measured


def _latency(graph: bytes, images: NDArray[np.uint8]) -> float:
    pool = Pool(graph, interpreters=1)
    seconds = []
    for image in images[: LATENCY_IMAGES + 1]:
        start = time.perf_counter()
        pool.run(image[None].astype(np.float32))
        seconds.append(time.perf_counter() - start)
    return 1000 * float(np.median(seconds[1:] or seconds))


def as_lines(name: str, found: Precisions) -> list[str]:
    """Format the card's entry for a terminal."""
    lines = [f"{name}, {found.images:,} test images, against Keras:"]
    for precision, row in found.by_precision.items():
        gap, parity = row.accuracy_gap, row.parity
        ends = "no interval" if math.isnan(gap.low) else f"{gap.low:+.4f}, {gap.high:+.4f}"
        lines.append(
            f"  {precision:8} {row.bytes / 1e6:6.1f} MB  {row.milliseconds:6.1f} ms  "
            f"same prediction {parity.agreement:.2%}  probabilities within {parity.max_difference:.5f}  "
            f"accuracy {row.accuracy:.4f} ({gap.value:+.4f} [{ends}])"
        )
    return lines
