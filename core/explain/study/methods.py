"""Compare ways to explain one network's predictions: trained_models/NAME/cam_methods.csv.

Methods are scored on validation images and chosen there; the chosen one and Grad-CAM are then scored on test images.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED, SOURCE_SIZE
from core.data.images import Image
from core.data.masks import masks_folder
from core.data.metadata import Dataset
from core.explain.faithfulness import area_under, hottest_first, mixed
from core.explain.localization import SCORES, center_heatmap, fit
from core.explain.methods import GRADCAM, METHODS, Heatmapper, Method
from core.explain.randomization import rank_correlation, shuffle
from core.explain.study.checks import CURVES, SHARES
from core.explain.study.method_times import Variants, relative_times
from core.explain.study.others import OTHERS, mean_fit
from core.explain.study.pairs import training_center
from core.explain.study.randomized import RANDOM_SEEDS
from core.explain.study.samples import Sample, draw_sample, resized
from core.explain.study.scores import sources
from core.models.trained import load_trained
from core.stats import DRAWS, interval
from core.store.card import read_card, write_card
from core.store.heatmap_facts import CamMethods
from core.store.model_tables import CAM_METHODS, read_table, write_table
from core.store.provenance import require_current, stored_file

if TYPE_CHECKING:
    pass

COLUMNS = tuple(CAM_METHODS.columns)
IMAGES = 150
"""Images of a split that are scored, one per lesion, drawn at random."""
CURVE_IMAGES, RANDOM_IMAGES = 12, 8
RANDOMIZED, ACCURACY, TIME = "randomized", "accuracy", "relative time"
DECIMALS = 4
Array = NDArray[np.float64]


def write_methods(
    folder: Path,
    dataset: Dataset,
    log: Callable[[str], object] = print,
    images: int = IMAGES,
    methods: Sequence[Method] | None = None,
) -> pd.DataFrame:
    """Score methods on validation images, and the best of them and Grad-CAM on test images; write the table.

    Args:
        folder: trained_models/NAME of one network with global average pooling before its output, exported.
        dataset: HAM10000 with masks.
        log: Receives a line for each method.
        images: Number of images of each split, one per lesion.
        methods: Some of METHODS, Grad-CAM first; default all.

    Returns:
        Columns COLUMNS. One row per method, split and measure: SCORES with other (other images' heatmaps on the same
        lesions), gain (minus other, paired) and center (the center prior); "insertion" and "deletion" (area under the
        curve, Grad-CAM's as other); "randomized" (rank correlation with the heatmaps of the network with all weights
        shuffled, that with the next image's as other); "accuracy" of the variant; "relative time" of its passes in
        the exported graph (Grad-CAM's is 1; undefined where the app can't compute it). Intervals are over lesions.

    Raises:
        UserError: The model's files are damaged, it has another head, or there are no masks or images.
    """
    variants = Variants(load_trained(folder))
    center = center_heatmap(training_center(masks_folder(dataset)))
    validation = draw_sample(folder, dataset, "validation", images)
    methods = methods or METHODS
    seconds = relative_times(variants, methods)
    rows: list[dict[str, Any]] = []
    curves: dict[str, Array] = {}
    for method in methods:
        rows += _score(method, variants, validation, center, "validation")
        rows += _curve_rows(method, variants, validation, curves)
        rows += [_randomized(method, variants, validation)]
        rows += [_row(method, "validation", TIME, value=seconds.get(method.name, float("nan")))]
        log(_line(method, rows))
    best = best_method(pd.DataFrame(rows))
    test = draw_sample(folder, dataset, "test", images)
    for method in methods:
        if method.name in (GRADCAM.name, best):
            rows += _score(method, variants, test, center, "test")
            log(_line(method, rows))
    table = pd.DataFrame(rows, columns=list(COLUMNS)).round(DECIMALS)
    path, card = write_table(folder, CAM_METHODS, table), read_card(folder)
    write_card(folder, replace(card, cam_methods=CamMethods(stored_file(path), sources(card), best, DRAWS, SEED)))
    return table


def read_methods(folder: Path) -> pd.DataFrame | None:
    """Read a network's comparison of methods; None if it was not made.

    Raises:
        UserError: The file is missing or altered, or was computed for a former model.
    """
    card = read_card(folder)
    if card.cam_methods is None:
        return None
    require_current(folder, card, card.cam_methods, "explain methods")
    return read_table(folder, CAM_METHODS)


def best_method(table: pd.DataFrame) -> str:
    """Name the method with the highest mean of the three SCORES on validation images."""
    rows = table[(table["split"] == "validation") & table["measure"].isin(SCORES)]
    return str(rows.groupby("method", sort=False)["value"].mean().idxmax())


def _score(method: Method, variants: Variants, sample: Sample, center: Any, split: str) -> Iterator[dict[str, Any]]:
    """Score a method's heatmaps against the lesions, and its variant's accuracy."""
    mapper = variants.of(method)
    probabilities, cams = mapper.predict_and_explain(resized(sample.images, mapper.size), sample.classes, method)
    n = len(cams)
    own = np.array([fit(cam, mask) for cam, mask in zip(cams, sample.masks, strict=True)])
    other = np.array([mean_fit([cams[(i + k) % n] for k in range(1, OTHERS + 1)], sample.masks[i]) for i in range(n)])
    spot = np.array([fit(center, mask) for mask in sample.masks])
    grid = {"rows": cams.shape[1], "columns": cams.shape[2]}
    for i, score in enumerate(SCORES):
        there = ~np.isnan(own[:, i]) & ~np.isnan(other[:, i])
        weights = sample.weights[there]
        facts = _estimate("", own[there, i], weights) | _estimate("gain", (own - other)[there, i], weights)
        more = {"other": float(other[there, i].mean()), "center": float(spot[there, i].mean())}
        yield _row(method, split, score, images=int(there.sum())) | facts | more | grid
    right = (probabilities.argmax(axis=1) == sample.truth).astype(np.float64)
    yield _row(method, split, ACCURACY, images=n) | _estimate("", right, sample.weights) | grid


def _curve_rows(
    method: Method, variants: Variants, sample: Sample, known: dict[str, Array]
) -> Iterator[dict[str, Any]]:
    """Insertion and deletion in the order of a method's heatmaps; the plain network predicts."""
    n = min(CURVE_IMAGES, len(sample.images))
    mapper, plain = variants.of(method), variants.of(GRADCAM)
    _, cams = mapper.predict_and_explain(resized(sample.images[:n], mapper.size), sample.classes[:n], method)
    areas = np.array([_areas(plain, sample.images[i], cams[i], int(sample.classes[i])) for i in range(n)])
    known[method.name] = areas
    for i, check in enumerate(CURVES):
        values, other = areas[:, i], known[GRADCAM.name][:, i]
        facts = _estimate("", values, sample.weights[:n]) | _estimate("gain", values - other, sample.weights[:n])
        yield _row(method, "validation", check, images=n) | facts | {"other": float(other.mean())}


def _areas(plain: Heatmapper, image: Image, cam: NDArray[np.float32], dx: int) -> list[float]:
    ranks = hottest_first(cam, SOURCE_SIZE, np.random.default_rng(SEED))
    shown = [mixed(image, ranks, share, check == "insertion") for check in CURVES for share in SHARES]
    probabilities, _ = plain.predict_and_explain(resized(np.stack(shown), plain.size), np.full(len(shown), dx), GRADCAM)
    return [area_under(each, SHARES) for each in probabilities[:, dx].reshape(len(CURVES), -1)]


def _randomized(method: Method, variants: Variants, sample: Sample) -> dict[str, Any]:
    """Compare a method's signed heatmaps with those of the network with all weights shuffled, and another image's."""
    n = min(RANDOM_IMAGES, len(sample.images))
    mapper = variants.of(method)
    images, classes = resized(sample.images[:n], mapper.size), sample.classes[:n]
    _, cams = mapper.predict_and_explain(images, classes, method, signed=True)
    trained, found = mapper.model.get_weights(), []
    for seed in RANDOM_SEEDS:
        shuffle(mapper.model, np.random.default_rng(seed))
        _, shuffled = Heatmapper(mapper.model).predict_and_explain(images, classes, method, signed=True)
        found.append(rank_correlation(cams, shuffled))
        mapper.model.set_weights(trained)
    values = np.array(found, np.float64)
    there = ~np.isnan(values)
    means = np.divide(np.where(there, values, 0).sum(0), there.sum(0), out=np.full(n, np.nan), where=there.any(0))
    defined = ~np.isnan(means)
    other = rank_correlation(cams, np.roll(cams, 1, axis=0))
    facts = _estimate("", means[defined], sample.weights[:n][defined])
    row = _row(method, "validation", RANDOMIZED, images=int(defined.sum()))
    return row | facts | {"other": float(np.nanmean(other))}


def _estimate(name: str, values: Array, weights: Array) -> dict[str, float]:
    """Mean of values, (n,), with its interval over the draws of `weights`, (n, draws)."""
    prefix = f"{name}_" if name else ""
    if not len(values):
        return {}
    total = weights.sum(axis=0)
    drawn = np.divide(values @ weights, total, out=np.full(len(total), np.nan), where=total > 0)
    low, high = interval(drawn)
    return {name or "value": float(values.mean()), f"{prefix}low": low, f"{prefix}high": high}


def _row(method: Method, split: str, measure: str, **values: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(COLUMNS, float("nan"))
    head = {"method": method.name, "split": split, "measure": measure, "images": 0, "rows": 0, "columns": 0}
    return row | head | values


def _line(method: Method, rows: list[dict[str, Any]]) -> str:
    split = rows[-1]["split"]
    here = [row for row in rows if row["method"] == method.name and row["split"] == split]
    return f"{method.name} ({split}): " + ", ".join(f"{row['measure']} {row['value']:.3f}" for row in here)
