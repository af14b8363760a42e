"""What heatmaps and predictions depend on: checks on test images, in trained_models/NAME/cam_checks.csv.

Those of LayerCAM are in layer_cam_checks.csv.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED, SOURCE_SIZE
from core.data.images import Image
from core.data.masks import masks_folder
from core.data.metadata import Dataset
from core.errors import UserError
from core.evaluation.bootstrap import Bootstrap
from core.evaluation.leaderboard import load_scores
from core.evaluation.metrics import METRICS
from core.explain.faithfulness import COVERS, area_under, covered, hottest_first, mixed
from core.explain.localization import Heat, center_heatmap
from core.explain.study.check_rows import COLUMNS, check_row, mean_row
from core.explain.study.explainers import BATCH, Explainer, in_parallel
from core.explain.study.pairs import Pair, one_a_lesion, training_center, usable_pairs
from core.explain.study.randomized import lesion_draws, randomization_rows
from core.explain.study.scores import Report, sources
from core.inference.heatmaps import HeatmapMethod
from core.stats import DRAWS
from core.store.card import read_card, write_card
from core.store.heatmap_facts import CamChecks
from core.store.model_tables import CAM_CHECKS, LAYER_CAM_CHECKS, read_table, write_table
from core.store.predictions import Scores
from core.store.provenance import require_current, stored_file

CURVES = ("insertion", "deletion")
ORDERS = ("heatmap", "other", "center", "random")
COVERED, WHOLE = "covered", "whole image"
COVER_METRICS = ("accuracy", "balanced_accuracy")
SHARES = np.linspace(0, 1, 9)
CURVE_IMAGES = 64
RANDOM_IMAGES = 24
DECIMALS = 4

Array = NDArray[np.float64]


def write_checks(
    folder: Path,
    dataset: Dataset,
    on_done: Report | None = None,
    curve_images: int = CURVE_IMAGES,
    random_images: int = RANDOM_IMAGES,
    seconds: float = inf,
    method: HeatmapMethod = "Grad-CAM",
) -> pd.DataFrame:
    """Run all checks of a model and write their table to its folder.

    Args:
        folder: trained_models/NAME, evaluated and exported, or an ensemble of such: its probabilities are means over
            members and flips, as in predictions.csv, its heatmaps the members' mean, as the app shows them.
        dataset: HAM10000 with masks; missing or damaged images and masks are left out.
        on_done: Called with (images done, total) during the covered images, or during the curves if none are covered.
        curve_images: Number of images for insertion and deletion, one per lesion.
        random_images: Number of images for the randomization.
        seconds: The covered images, drawn at random, stop after a third of this, the curves after the rest, each
            after at least one batch.
        method: Whose heatmaps. For LayerCAM no image is covered: what a model predicts doesn't depend on its heatmaps.

    Returns:
        Columns COLUMNS. check "insertion" and "deletion": series of ORDERS, step the share of pixels, measure
        "probability" (mean, of the predicted class), and measure "auc" without step, also of "heatmap minus other"
        (another image's heatmap), "heatmap minus center" and "heatmap minus random"; "randomisation": series the layer
        randomized last, step from 1, measures "rank correlation" and "empty" (share of heatmaps with no positive
        evidence), with OTHER at step 0 for comparison; "covered": series WHOLE and COVERS, COVER_METRICS. Intervals are
        over lesions, those of "randomisation" over seeds too. "undefined" counts what a mean leaves out: correlations
        with a constant heatmap.

    Raises:
        UserError: The model's files are damaged, it doesn't offer the method, there are no masks, or no test image is
            usable.
    """
    predicted, masks = load_scores(folder, "test"), masks_folder(dataset)
    explainer = Explainer(folder, method=method)
    some = list(usable_pairs(predicted, one_a_lesion(predicted), dataset, masks, max(curve_images, random_images)))
    if not some:
        raise UserError(f"No test image of {folder.name} is there with its mask; fetch all of them.")
    rows: list[dict[str, Any]] = []
    if method == "Grad-CAM":
        order = np.random.default_rng(SEED).permutation(len(predicted.truth)).tolist()
        rows += _covered(predicted, explainer, usable_pairs(predicted, order, dataset, masks), on_done, seconds / 3)
    center, report = center_heatmap(training_center(masks)), None if rows else on_done
    rows += _curves(predicted, explainer, some[:curve_images], center, 2 * seconds / 3, report)
    rows += randomization_rows(folder, predicted, some[:random_images], method)
    table = pd.DataFrame(rows, columns=list(COLUMNS)).round(DECIMALS)
    _write(folder, table, method)
    return table


def _write(folder: Path, table: pd.DataFrame, method: HeatmapMethod) -> None:
    """Write the checks of a method's heatmaps, and that they are there to the card."""
    fine = method == "LayerCAM"
    path, card = write_table(folder, LAYER_CAM_CHECKS if fine else CAM_CHECKS, table), read_card(folder)
    facts = CamChecks(stored_file(path), sources(card), DRAWS, SEED)
    write_card(folder, replace(card, layer_cam_checks=facts) if fine else replace(card, cam_checks=facts))


def read_checks(folder: Path, method: HeatmapMethod = "Grad-CAM") -> pd.DataFrame | None:
    """Read the checks of a model; None if none were run.

    Args:
        folder: trained_models/NAME.
        method: Whose heatmaps were checked.

    Raises:
        UserError: The file is missing or altered, or was computed for a former model.
    """
    card, fine = read_card(folder), method == "LayerCAM"
    facts, schema = (card.layer_cam_checks, LAYER_CAM_CHECKS) if fine else (card.cam_checks, CAM_CHECKS)
    if facts is None:
        return None
    require_current(folder, card, facts, f"explain checks{' --method LayerCAM' if fine else ''}")
    return read_table(folder, schema)


def _covered(
    predicted: Scores, explainer: Explainer, pairs: Iterator[Pair], on_done: Report | None, seconds: float
) -> Iterator[dict[str, Any]]:
    def predict(pair: Pair) -> tuple[int, list[Array]]:
        row, image, mask = pair
        return row, [explainer.predict(covered(image, mask, cover)) for cover in COVERS]

    kept, probabilities, start = [], [], time.perf_counter()
    for row, each in in_parallel(predict, pairs):
        kept.append(row)
        probabilities.append(each)
        if on_done:
            on_done(len(kept), len(predicted.truth))
        if len(kept) % BATCH == 0 and time.perf_counter() - start > seconds:
            break
    there = predicted.take(np.array(kept))
    whole = there.probabilities
    series_of = dict(
        zip((WHOLE, *COVERS), [whole, *np.moveaxis(np.array(probabilities, np.float64), 1, 0)], strict=True)
    )
    for series, probabilities in series_of.items():
        bootstrap = Bootstrap(replace(there, probabilities=probabilities))
        for name in COVER_METRICS:
            value = bootstrap.estimate(METRICS[name])
            yield check_row(COVERED, series, float("nan"), name, value.value, (value.low, value.high), len(kept))


def _curves(
    predicted: Scores,
    explainer: Explainer,
    some: list[Pair],
    center: NDArray[np.float32],
    seconds: float,
    on_done: Report | None,
) -> list[dict[str, Any]]:
    cams = list(in_parallel(lambda pair: _predicted(explainer, pair[1]), some))
    others = dict(zip((row for row, _, _ in some), cams[1:] + cams[:1], strict=True))

    def curves(pair: Pair) -> Array:
        return curves_of(explainer, pair[1], others[pair[0]], center, pair[0])

    found, start = [], time.perf_counter()
    for each in in_parallel(curves, some):
        found.append(each)
        if on_done:
            on_done(len(found), len(some))
        if len(found) % BATCH == 0 and time.perf_counter() - start > seconds:
            break
    values = np.array(found)  # (n, curves, orders, shares)
    weights = lesion_draws(predicted, some[: len(found)])
    rows = []
    for i, check in enumerate(CURVES):
        areas = {}
        for j, order in enumerate(ORDERS):
            areas[order] = np.array([area_under(curve, SHARES) for curve in values[:, i, j]])
            points = [(step, "probability", values[:, i, j, k]) for k, step in enumerate(SHARES)]
            for step, measure, each in [*points, (float("nan"), "auc", areas[order])]:
                rows.append(mean_row(check, order, step, measure, each, weights))
        for order in ORDERS[1:]:
            apart = areas["heatmap"] - areas[order]
            rows.append(mean_row(check, f"heatmap minus {order}", float("nan"), "auc", apart, weights))
    return rows


def _predicted(explainer: Explainer, image: Image) -> Heat:
    """The heatmap of the class that the model predicts."""
    return explainer.explain(image, [int(explainer.predict(image).argmax())])[..., 0]


def curves_of(explainer: Explainer, image: Image, other: Heat, center: NDArray[np.float32], seed: int) -> Array:
    """Compute the insertion and deletion curves of one image.

    Args:
        explainer: The model.
        image: uint8, (*SOURCE_SIZE, 3).
        other: Another image's heatmap.
        center: The center prior's heatmap.
        seed: For the random order: a random heatmap of the same resolution.

    Returns:
        (CURVES, ORDERS, SHARES): probability of the class that the model predicts for the whole image.
    """
    rng = np.random.default_rng((SEED, seed))
    probabilities, cam = explainer.predict(image), _predicted(explainer, image)
    predicted = int(probabilities.argmax())
    heats: dict[str, Heat] = {"heatmap": cam, "other": other, "center": center, "random": rng.random(cam.shape)}
    out = np.empty((len(CURVES), len(ORDERS), len(SHARES)))
    none = float(explainer.predict(mixed(image, np.zeros(SOURCE_SIZE, np.int64), 0, True))[predicted])
    for j, order in enumerate(ORDERS):
        ranks = hottest_first(heats[order], SOURCE_SIZE, rng)
        for i, check in enumerate(CURVES):
            ends = (none, probabilities[predicted]) if check == "insertion" else (probabilities[predicted], none)
            out[i, j, 0], out[i, j, -1] = ends
            for k, share in enumerate(SHARES[1:-1], start=1):
                out[i, j, k] = explainer.predict(mixed(image, ranks, share, check == "insertion"))[predicted]
    return out
