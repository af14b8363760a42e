"""Two fixed halves of the test split, a public and a private one, on which homework is scored."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.config import SEED
from core.data.splits import shared_groups
from core.evaluation.bootstrap import Bootstrap
from core.evaluation.metrics import METRICS
from core.evaluation.prediction_table import PredictionTable
from core.evaluation.scoring import align
from core.evaluation.truth import Truth
from core.stats import DRAWS, Estimate
from core.store.predictions import Scores

METRIC = METRICS["balanced_accuracy"]
KEPT = 500
"""Draws that are kept, to compare two files on the same draws of lesions."""


@dataclass(frozen=True)
class HalfScore:
    """The score of a file of predictions on one half.

    Attributes:
        estimate: Balanced accuracy with its interval over lesions.
        draws: (`KEPT`,) the same in resamples of lesions, which are the same for every file.
    """

    estimate: Estimate
    draws: NDArray[np.float32]


@dataclass(frozen=True)
class Halves:
    """The scores of a file on both halves, with a sentence for each thing that had to be interpreted."""

    public: HalfScore
    private: HalfScore
    notes: tuple[str, ...]


def split_rows(truth: Truth, seed: int = SEED) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Divide images into a public and a private half: whole lesions, and as many of each diagnosis as possible.

    Args:
        truth: The images with their lesions.
        seed: Of the division; homework always uses the default, so that every file is scored on the same halves.

    Returns:
        Rows of both halves, sorted; together they are all rows.
    """
    lesion = shared_groups(truth.image_id, truth.group)
    names, first = np.unique(lesion, return_index=True)
    rng, public = np.random.default_rng(seed), []
    for diagnosis in np.unique(truth.truth):
        own = rng.permutation(names[truth.truth[first] == diagnosis])
        public.append(own[: len(own) // 2])
    inside = np.isin(lesion, np.concatenate(public))
    return np.flatnonzero(inside), np.flatnonzero(~inside)


def score_halves(table: PredictionTable, truth: Truth, draws: int = DRAWS) -> Halves:
    """Score predictions of the whole test split on both halves, as `core.evaluation.scoring.score` does on the whole.

    Args:
        table: Predictions, from `core.evaluation.prediction_table`.
        truth: The whole test split.
        draws: Number of resamples of lesions.

    Raises:
        UserError: Predictions and truth don't belong together; names the rows.

    Example:
        >>> from core.config import TRAINED_MODELS
        >>> from core.evaluation.prediction_table import read_prediction_table
        >>> from core.evaluation.truth import split_truth
        >>> table = read_prediction_table(TRAINED_MODELS / "efficientnet_lite0" / "predictions.csv")
        >>> found = score_halves(table, split_truth(), draws=100)
        >>> bool(found.public.estimate.low < found.public.estimate.value < found.public.estimate.high)
        True
    """
    scores, notes = align(table, truth)
    public, private = (_score_half(scores.take(rows), draws) for rows in split_rows(truth))
    return Halves(public, private, table.notes + notes)


def _score_half(scores: Scores, draws: int) -> HalfScore:
    bootstrap = Bootstrap(scores, draws)
    return HalfScore(bootstrap.estimate(METRIC), bootstrap.values(METRIC)[:KEPT].astype(np.float32))
