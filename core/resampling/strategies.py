"""Answers to class imbalance by name: one entry each, run through imbalanced-learn.

To add one: write an entry. Contract tests run over every entry.
"""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from core.errors import UserError, require_known
from core.resampling import samplers

Kind = Literal["none", "copy", "synthetic", "drop", "clean", "both", "weight", "decide", "ensemble", "notebook"]


@dataclass(frozen=True)
class Strategy:
    """One answer to class imbalance.

    Attributes:
        name: Key in `STRATEGIES`.
        label: Name for people, as imbalanced-learn spells it.
        kind: What it does to the training rows, the loss or the decision.
        text: One sentence that says what it does.
        sampler: Builds its sampler; None where no rows are resampled by one.
        takes: Which controls it obeys: "amount" (how far towards level classes) and "neighbors".
        draws: Whether its seed decides anything.
    """

    name: str
    label: str
    kind: Kind
    text: str
    sampler: samplers.Sampler | None = None
    takes: tuple[str, ...] = ()
    draws: bool = True


AMOUNT, BOTH = ("amount",), ("amount", "neighbors")
_ENTRIES = (
    Strategy("none", "None", "none", "Every training picture is used once, as often as it occurs.", draws=False),
    Strategy(
        "class_weights", "Class weights", "weight",
        "No picture is added or dropped; an error on a picture of a smaller diagnosis costs more in the loss.",
        takes=AMOUNT, draws=False,
    ),
    Strategy(
        "random_over", "Random over-sampling", "copy",
        "Pictures of the smaller diagnoses are drawn again, with replacement, until the classes are level: "
        "nothing new is seen, the same few pictures are seen more often.", samplers.random_over, AMOUNT,
    ),
    Strategy(
        "random_under", "Random under-sampling", "drop",
        "Pictures of the larger diagnoses are thrown away at random until the classes are level: "
        "nothing is repeated, and most of what was collected is lost.", samplers.random_under, AMOUNT,
    ),
    Strategy(
        "smote", "SMOTE", "synthetic",
        "New rows are placed on the line between a row of a small diagnosis and one of its nearest neighbours: "
        "sound for numbers such as embeddings, while in pixels it is two photographs blended.", samplers.smote, BOTH,
    ),
    Strategy(
        "borderline_smote", "Borderline-SMOTE", "synthetic",
        "SMOTE that starts only from rows most of whose neighbours are of another diagnosis.",
        samplers.borderline, BOTH,
    ),
    Strategy(
        "svm_smote", "SVM-SMOTE", "synthetic",
        "SMOTE that starts only from the support vectors of a support vector machine.", samplers.svm_smote, BOTH,
    ),
    Strategy(
        "adasyn", "ADASYN", "synthetic",
        "SMOTE that makes more new rows where more neighbours are of another diagnosis.", samplers.adasyn, BOTH,
    ),
    Strategy(
        "smote_tomek", "SMOTE-Tomek", "both",
        "SMOTE, and then both rows of every pair of nearest neighbours with different diagnoses are dropped.",
        samplers.smote_tomek, BOTH,
    ),
    Strategy(
        "smote_enn", "SMOTE-ENN", "both",
        "SMOTE, and then every row is dropped of whose three nearest neighbours one is of another diagnosis.",
        samplers.smote_enn, BOTH,
    ),
    Strategy(
        "near_miss", "NearMiss", "drop",
        "Of the larger diagnoses, only the rows closest to the smallest one are kept.", samplers.near_miss, BOTH,
        draws=False,
    ),
    Strategy(
        "tomek_links", "Tomek links", "clean",
        "Pairs of nearest neighbours with different diagnoses are found, and the row of the larger class is dropped.",
        samplers.tomek, draws=False,
    ),
    Strategy(
        "enn", "Edited nearest neighbours", "clean",
        "Rows are dropped most of whose neighbours are of another diagnosis; the smallest diagnosis is spared.",
        samplers.enn, ("neighbors",), draws=False,
    ),
    Strategy(
        "cluster_centroids", "Cluster centroids", "drop",
        "The larger diagnoses are replaced by the centres of as many clusters as rows are wanted.",
        samplers.centroids, AMOUNT,
    ),
    Strategy(
        "balanced_bagging", "Balanced bagging", "ensemble",
        "Ten classifiers, each trained on another random under-sample, give the mean of their probabilities.",
    ),
    Strategy(
        "balanced_forest", "Balanced random forest", "ensemble",
        "A forest each of whose trees is grown on another balanced draw; it brings its own trees as classifier.",
    ),
    Strategy(
        "threshold", "Threshold moving", "decide",
        "Nothing is resampled: after training, each diagnosis gets a factor, tuned on validation for balanced "
        "accuracy, and the largest product of probability and factor is said.", draws=False,
    ),
    Strategy(
        "logit_adjustment", "Logit adjustment", "decide",
        "Nothing is resampled: after training, each probability is divided by the diagnosis's share in training "
        "before the largest is said (Menon et al. 2021, arXiv:2007.07314).", takes=AMOUNT, draws=False,
    ),
    Strategy(
        "notebook", "The notebook's SMOTE", "notebook",
        "New rows get the label that SMOTE on the metadata gives them, and a training picture drawn at random over "
        "all diagnoses: most of the new labels do not fit their picture.", takes=AMOUNT,
    ),
)  # fmt: skip
STRATEGIES = {strategy.name: strategy for strategy in _ENTRIES}


def get_strategy(name: str) -> Strategy:
    """Look a strategy up.

    Raises:
        UserError: No such name.
    """
    require_known("resampling strategy", name, STRATEGIES)
    return STRATEGIES[name]


def target_counts(counts: pd.Series, strategy: str, amount: float = 1.0) -> dict[str, int]:
    """Rows of each class that a sampler is asked for: imbalanced-learn's `sampling_strategy`.

    Args:
        counts: Training rows by class, each at least 1.
        strategy: A key of `STRATEGIES`; those that set no counts of their own leave them as they are.
        amount: How far to go, from 0 (as it is) to 1 (all classes level).

    Raises:
        UserError: Unknown strategy, an amount outside 0-1, or a class without rows.
    """
    kind = get_strategy(strategy).kind
    if not 0 <= amount <= 1:
        raise UserError(f"The share of the way to balance must lie between 0 and 1, not {amount}.")
    empty = counts.index[counts < 1].astype(str).tolist()
    if empty:
        raise UserError(f"No training rows of {', '.join(empty)}: there is nothing to resample from.")
    largest = dict.fromkeys(("copy", "synthetic", "both", "weight", "notebook"), counts.max())
    goal = largest.get(kind, counts.min() if kind == "drop" else counts)
    return {str(dx): int(n) for dx, n in (counts + amount * (goal - counts)).round().items()}
