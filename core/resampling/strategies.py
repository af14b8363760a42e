"""Strategies against class imbalance: one entry each, run through imbalanced-learn.

To add one, write an entry; contract tests run over every entry.
"""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from core.errors import UserError, require_known
from core.resampling import samplers
from core.resampling.spec import ResamplingSpec

Kind = Literal["none", "copy", "synthetic", "drop", "clean", "both", "weight", "decide", "ensemble", "notebook"]


@dataclass(frozen=True)
class Strategy:
    """One strategy against class imbalance.

    Attributes:
        name: Key in `STRATEGIES`.
        label: Name for people, as imbalanced-learn spells it.
        kind: What it does to the training rows, the loss or the decision.
        description: One sentence about what it does.
        sampler: Builds its sampler; None if it doesn't use one.
        uses: The fields of a `ResamplingSpec` that it uses, besides the seed.
        seeded: Whether its result depends on the seed.
    """

    name: str
    label: str
    kind: Kind
    description: str
    sampler: samplers.Sampler | None = None
    uses: tuple[str, ...] = ()
    seeded: bool = True


STRENGTH, BOTH = ("sampling_strength",), ("sampling_strength", "neighbors")
_ENTRIES = (
    Strategy("none", "None", "none", "Uses each training image once.", seeded=False),
    Strategy(
        "class_weights", "Class weights", "weight",
        "Keeps all images, but a mistake on a rarer class costs more in the loss.",
        uses=STRENGTH, seeded=False,
    ),
    Strategy(
        "random_over", "Random over-sampling", "copy",
        "Repeats images of the smaller classes at random until all classes are equally large. "
        "This adds no new images: the classifier sees the same few more often.", samplers.random_over, STRENGTH,
    ),
    Strategy(
        "random_under", "Random under-sampling", "drop",
        "Drops images of the larger classes at random until all classes are equally large. "
        "Nothing is repeated, but most of the data is lost.", samplers.random_under, STRENGTH,
    ),
    Strategy(
        "smote", "SMOTE", "synthetic",
        "Creates synthetic rows on the line between a row of a small class and one of its nearest neighbours. "
        "That works for numbers such as embeddings; with pixels it would blend two photos.", samplers.smote, BOTH,
    ),
    Strategy(
        "borderline_smote", "Borderline-SMOTE", "synthetic",
        "SMOTE that starts only from rows at a border: of their ten nearest neighbours at least half, but not all, "
        "belong to other classes.",
        samplers.borderline, BOTH,
    ),
    Strategy(
        "svm_smote", "SVM-SMOTE", "synthetic",
        "SMOTE that starts only from the support vectors of a support vector machine.", samplers.svm_smote, BOTH,
    ),
    Strategy(
        "adasyn", "ADASYN", "synthetic",
        "SMOTE that creates more rows where more of the neighbours belong to other classes.", samplers.adasyn, BOTH,
    ),
    Strategy(
        "smote_tomek", "SMOTE-Tomek", "both",
        "SMOTE, then drops both rows of each pair of nearest neighbours that belong to different classes.",
        samplers.smote_tomek, BOTH,
    ),
    Strategy(
        "smote_enn", "SMOTE-ENN", "both",
        "SMOTE, then drops each row if one of its three nearest neighbours belongs to another class.",
        samplers.smote_enn, BOTH,
    ),
    Strategy(
        "near_miss", "NearMiss", "drop",
        "Keeps only those rows of the larger classes that lie closest to the smallest class.", samplers.near_miss, BOTH,
        seeded=False,
    ),
    Strategy(
        "tomek_links", "Tomek links", "clean",
        "Finds pairs of nearest neighbours from different classes and drops both rows; those of the smallest class "
        "stay.",
        samplers.tomek, seeded=False,
    ),
    Strategy(
        "enn", "Edited nearest neighbours", "clean",
        "Drops rows if another class is the most frequent among their neighbours; the smallest class is left alone.",
        samplers.enn, ("neighbors",), seeded=False,
    ),
    Strategy(
        "cluster_centroids", "Cluster centroids", "drop",
        "Clusters each larger class and keeps only the cluster centres, one for each row that is wanted.",
        samplers.centroids, STRENGTH,
    ),
    Strategy(
        "balanced_bagging", "Balanced bagging", "ensemble",
        "Trains ten classifiers, each on a different random under-sample, and averages their probabilities.",
    ),
    Strategy(
        "balanced_forest", "Balanced random forest", "ensemble",
        "A random forest in which each tree learns from a different balanced sample; it replaces the classifier.",
    ),
    Strategy(
        "threshold", "Threshold moving", "decide",
        "Resamples nothing. After training, the probability of each class is multiplied by a factor, tuned on the "
        "validation split for balanced accuracy; the class with the largest product is predicted.", seeded=False,
    ),
    Strategy(
        "logit_adjustment", "Logit adjustment", "decide",
        "Resamples nothing. After training, the probability of each class is divided by its share of the training "
        "images; the class with the largest ratio is predicted (Menon et al. 2021, arXiv:2007.07314).",
        uses=STRENGTH, seeded=False,
    ),
    Strategy(
        "notebook", "The notebook's SMOTE", "notebook",
        "Adds rows with the labels that SMOTE makes from the metadata, each paired with a random training image of "
        "any class, so most of the new labels are wrong for their image.", uses=STRENGTH,
    ),
)  # fmt: skip
STRATEGIES = {strategy.name: strategy for strategy in _ENTRIES}


def get_strategy(name: str) -> Strategy:
    """Look up a strategy by name.

    Raises:
        UserError: There is no such strategy.

    Example:
        >>> get_strategy("adasyn").label
        'ADASYN'
    """
    require_known("resampling strategy", name, STRATEGIES)
    return STRATEGIES[name]


def target_counts(counts: pd.Series, spec: ResamplingSpec) -> dict[str, int]:
    """Return the number of rows that each class should have: imbalanced-learn's `sampling_strategy`.

    Args:
        counts: Training rows by class, each at least 1.
        spec: How to resample; a strategy that doesn't set class sizes leaves the counts as they are.

    Raises:
        UserError: The strategy is unknown, the sampling strength is outside 0-1, or a class has no rows.

    Example:
        >>> target_counts(pd.Series({"mel": 40, "nv": 100}), ResamplingSpec("smote", sampling_strength=0.5))
        {'mel': 70, 'nv': 100}
    """
    kind = get_strategy(spec.strategy).kind
    check_strength(spec.sampling_strength)
    empty = counts.index[counts < 1].astype(str).tolist()
    if empty:
        raise UserError(f"There are no training rows of {', '.join(empty)}, so there is nothing to resample.")
    largest = dict.fromkeys(("copy", "synthetic", "both", "weight", "notebook"), counts.max())
    goal = largest.get(kind, counts.min() if kind == "drop" else counts)
    return {str(dx): int(n) for dx, n in (counts + spec.sampling_strength * (goal - counts)).round().items()}


def check_strength(sampling_strength: float) -> None:
    """Check that a sampling strength is a share.

    Raises:
        UserError: It isn't between 0 and 1.
    """
    if not 0 <= sampling_strength <= 1:
        raise UserError(f"The sampling strength must be between 0 and 1, not {sampling_strength}.")
