"""Answers to class imbalance by name, and the class counts that each leaves behind.

The counts follow from imbalanced-learn's `sampling_strategy`; a test holds them to its samplers.
"""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from core.errors import UserError

Kind = Literal["none", "copy", "synthetic", "drop", "weight"]


@dataclass(frozen=True)
class Strategy:
    """One answer to class imbalance.

    Attributes:
        name: Key in `STRATEGIES`.
        label: Name for people, as imbalanced-learn spells it.
        kind: What it does to the rows of a class: nothing, copies, synthetic rows, drops, or weighs in the loss.
        text: One sentence that says what it does.
    """

    name: str
    label: str
    kind: Kind
    text: str


STRATEGIES = {
    strategy.name: strategy
    for strategy in (
        Strategy("none", "None", "none", "Every training picture is used once, as often as it occurs."),
        Strategy(
            "random_over", "Random over-sampling", "copy",
            "Pictures of the smaller diagnoses are drawn again, with replacement, until the classes are level: "
            "nothing new is seen, the same few pictures are seen more often.",
        ),
        Strategy(
            "random_under", "Random under-sampling", "drop",
            "Pictures of the larger diagnoses are thrown away at random until the classes are level: "
            "nothing is repeated, and most of what was collected is lost.",
        ),
        Strategy(
            "smote", "SMOTE", "synthetic",
            "New rows are placed on the line between a row of a small diagnosis and one of its nearest neighbours: "
            "sound for numbers such as embeddings, while in pixels it is two photographs blended.",
        ),
        Strategy(
            "class_weights", "Class weights", "weight",
            "No picture is added or dropped; an error on a picture of a smaller diagnosis costs more in the loss.",
        ),
    )
}  # fmt: skip


def get_strategy(name: str) -> Strategy:
    """Look a strategy up.

    Raises:
        UserError: No such name.
    """
    if name not in STRATEGIES:
        raise UserError(f"No resampling strategy is called {name!r}; there are {', '.join(STRATEGIES)}.")
    return STRATEGIES[name]


def target_counts(counts: pd.Series, strategy: str, amount: float = 1.0) -> dict[str, int]:
    """Rows of each class that a sampler is asked for: imbalanced-learn's `sampling_strategy`.

    Args:
        counts: Training rows by class, each at least 1.
        strategy: A key of `STRATEGIES`.
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
    level = {"copy": counts.max(), "synthetic": counts.max(), "weight": counts.max(), "drop": counts.min()}
    goal = level.get(kind, counts)
    return {str(dx): int(n) for dx, n in (counts + amount * (goal - counts)).round().items()}


def resampled_counts(counts: pd.Series, strategy: str, amount: float = 1.0) -> pd.DataFrame:
    """What a strategy makes of a training set.

    Args:
        counts: Training rows by class, each at least 1.
        strategy: A key of `STRATEGIES`.
        amount: How far to go, from 0 (as it is) to 1 (all classes level).

    Returns:
        Indexed by class: before, kept (originals that stay), dropped, added (copies or synthetic rows), after
        (kept + added), weight (of one row in the loss, mean 1 over the rows) and effective (after x weight).
        At amount 1 the weights of "class_weights" are scikit-learn's "balanced" ones.

    Raises:
        UserError: As `target_counts`.
    """
    target = pd.Series(target_counts(counts, strategy, amount)).reindex(counts.index)
    weighing = get_strategy(strategy).kind == "weight"
    after = counts if weighing else target
    raw = target / counts if weighing else counts * 0.0 + 1.0
    weight = raw * after.sum() / (raw * after).sum()
    kept = counts.clip(upper=after)
    return pd.DataFrame(
        {
            "before": counts,
            "kept": kept,
            "dropped": counts - kept,
            "added": after - kept,
            "after": after,
            "weight": weight,
            "effective": after * weight,
        }
    )
