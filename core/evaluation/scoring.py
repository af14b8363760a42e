"""Score predictions that others made, with the metrics, intervals and paired comparisons of the leaderboard."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.config import SEED
from core.data.splits import load_splits
from core.errors import UserError, name_offenders
from core.evaluation.bootstrap import Bootstrap, report_of
from core.evaluation.curves import areas
from core.evaluation.leaderboard import DECIMALS, load_scores
from core.evaluation.metrics import METRICS, POINTS, Metric, Point, confusion
from core.evaluation.prediction_table import PredictionTable
from core.evaluation.reliability import reliability
from core.evaluation.truth import Truth
from core.labels import DX
from core.stats import DRAWS, Estimate
from core.store.folders import model_folder
from core.store.predictions import SPLITS, Scores

SWAPPED = 0.15
"""If exchanging columns raises the mean recall by more than this, they are probably swapped."""


@dataclass(frozen=True)
class ScoringResult:
    """The scores of somebody's predictions.

    Attributes:
        name: Of the file.
        truth: Display name of what they were scored against.
        scores: Predictions next to the truth.
        labels_only: True if the file has no probabilities; then `areas` and `reliability` are None and `metrics` lacks
            those that need them. A label counts at both operating points.
        notes: What had to be interpreted or assumed, one sentence each.
        metrics: Estimates by name in METRICS.
        per_diagnosis: Recall, precision and F1 at each operating point: see `core.evaluation.bootstrap.report`.
        areas: Area under the ROC and the precision-recall curve: see `core.evaluation.curves.areas`.
        reliability: Confidence against accuracy: see `core.evaluation.reliability.reliability`.
        against: The committed model that they were compared with; None without one.
        differences: By how much each metric exceeds that model's, on the same lesions.
    """

    name: str
    truth: str
    scores: Scores
    labels_only: bool
    notes: tuple[str, ...]
    metrics: Mapping[str, Estimate]
    per_diagnosis: Mapping[Point, pd.DataFrame]
    areas: pd.DataFrame | None
    reliability: pd.DataFrame | None
    against: str | None
    differences: Mapping[str, Estimate]


def align(table: PredictionTable, truth: Truth) -> tuple[Scores, tuple[str, ...]]:
    """Put predictions next to the truth, in the truth's order.

    Args:
        table: As read from a file.
        truth: What to score against.

    Returns:
        Predictions, and a sentence for each thing that had to be interpreted.

    Raises:
        UserError: An image has no prediction, or a prediction belongs to no image; names the rows.
    """
    place = {each.casefold(): i for i, each in enumerate(table.image_id.tolist())}
    at = np.array([place.get(each.casefold(), -1) for each in truth.image_id.tolist()], np.int64)
    _refuse_foreign(table, truth, at)
    if (at < 0).any():
        raise UserError(
            f"{table.name} has no prediction for {(at < 0).sum():,} of {len(at):,} images: "
            f"{name_offenders(truth.image_id[at < 0].tolist())}."
        )
    left = len(table.image_id) - len(at)
    notes: tuple[str, ...] = (f"{left:,} rows of other images of HAM10000 were left out.",) if left else ()
    scores = Scores(truth.image_id, truth.group, truth.truth, table.probabilities[at], truth.prior)
    swapped = swapped_columns(scores)
    if swapped:
        what, check = ("labels", "them") if table.labels_only else ("columns", "their names")
        notes += (f"The {what} {' and '.join(swapped)} look swapped; check {check}.",)
    return scores, notes


def _refuse_foreign(table: PredictionTable, truth: Truth, at: NDArray[np.int64]) -> None:
    """Check that every row belongs to an image of the truth, or of another split of HAM10000."""
    extra = np.ones(len(table.image_id), bool)
    extra[at[at >= 0]] = False
    # rows of other splits are fine beside all of the test split, as in this project's own tables
    known = load_splits().index
    names = pd.Index([str(each).casefold() for each in table.image_id])
    ours = bool(pd.Index(truth.image_id).isin(known).all())
    foreign = extra & ~(ours & names.isin(known.str.casefold()))
    if foreign.any():
        raise UserError(f"{table.name} has images that aren't in {truth.name}: {table.rows(foreign)}.")


def swapped_columns(scores: Scores) -> tuple[str, ...]:
    """Find the codes of columns that were probably swapped: with them exchanged, mean recall would be much higher."""
    from scipy.optimize import linear_sum_assignment

    counts = confusion(scores.truth, scores.probabilities.argmax(axis=1)).astype(float)
    total = counts.sum(axis=1, keepdims=True)
    recall = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
    rows, columns = linear_sum_assignment(-recall)
    gain = (recall[rows, columns].sum() - np.trace(recall)) / max(1, int((total > 0).sum()))
    moved = [i for i, j in zip(rows, columns, strict=True) if i != j and total[i] and recall[i, j] > recall[i, i]]
    return tuple(DX[i] for i in moved) if gain > SWAPPED else ()


def score(
    table: PredictionTable,
    truth: Truth,
    against: str | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
    root: Path | None = None,
) -> ScoringResult:
    """Score predictions as the leaderboard scores models.

    Args:
        table: Predictions, from `read_prediction_table`.
        truth: What to score against, from `split_truth` or `read_truth`.
        against: A committed model to compare with.
        draws: Number of resamples of lesions.
        seed: Seed of the resampling.
        root: Folder of the committed models; default: `core.config.TRAINED_MODELS`.

    Raises:
        UserError: Predictions and truth don't belong together, or the model to compare with isn't known or lacks an
            image.

    Example:
        >>> from core.config import TRAINED_MODELS
        >>> from core.evaluation.prediction_table import read_prediction_table
        >>> from core.evaluation.truth import split_truth
        >>> from core.store.card import read_card
        >>> table = read_prediction_table(TRAINED_MODELS / "efficientnet_lite0" / "predictions.csv")
        >>> result = score(table, split_truth(), draws=100)
        >>> card = read_card(TRAINED_MODELS / "efficientnet_lite0")
        >>> result.metrics["accuracy"].value == card.figure("accuracy").value
        True
    """
    scores, notes = align(table, truth)
    bootstrap = Bootstrap(scores, draws, seed)
    wanted = [metric for metric in METRICS.values() if has_metric(metric, table.labels_only)]
    found = {metric.name: bootstrap.estimate(metric).rounded(DECIMALS) for metric in wanted}
    differences: dict[str, Estimate] = {}
    if against is not None:
        other = Bootstrap(_scores_of(against, truth, root), draws, seed)
        differences = {each.name: bootstrap.difference(other, each).rounded(DECIMALS) for each in wanted}
    return ScoringResult(
        table.name, truth.name, scores, table.labels_only, truth.notes + table.notes + notes, found,
        {point: report_of(bootstrap, point) for point in POINTS},
        None if table.labels_only else areas(bootstrap), None if table.labels_only else reliability(bootstrap),
        against, differences,
    )  # fmt: skip


def board_row(result: ScoringResult, name: str) -> dict[str, Any]:
    """Return the scores as a row of the leaderboard; what it lacks is left out.

    Args:
        result: Of `score`.
        name: Display name of the model.
    """
    sizes = {"name": name, "images": len(result.scores.truth), "lesions": result.scores.lesions}
    return sizes | {key: x for metric, each in result.metrics.items() for key, x in each.columns(metric).items()}


def has_metric(metric: Metric, labels_only: bool) -> bool:
    """Return whether a metric is defined for predictions: without probabilities only those of decisions are."""
    return metric.point is not None or not labels_only


def _scores_of(name: str, truth: Truth, root: Path | None) -> Scores:
    """Load a committed model's predictions for the truth's images, in the same order."""
    folder = model_folder(name, root)
    parts = [load_scores(folder, split) for split in SPLITS]
    names = np.concatenate([part.image_id for part in parts])
    probabilities = np.concatenate([part.probabilities for part in parts])
    place = pd.Series(range(len(names)), index=names).reindex(truth.image_id)
    if place.notna().all():
        rows = probabilities[place.to_numpy().astype(np.int64)]
        return Scores(truth.image_id, truth.group, truth.truth, rows, parts[0].prior)
    raise UserError(
        f"{name} has no predictions for all images of {truth.name}, so there is nothing to compare with; "
        "leave out --against."
    )
