"""Validation metrics of an epoch, and the score that selects the best epoch."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

PREFIXES = ("val_", "val_milk10k_")
"""Prefixes of the metrics in a run's history, by dataset."""


def validation_figures(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    dataset: NDArray[np.int64],
    shift: NDArray[np.float64],
    prior: NDArray[np.float64],
) -> dict[str, float]:
    """Compute log-loss, accuracy and balanced accuracy for each dataset, each at its own class shares.

    Args:
        probabilities: (n, 7) as the network outputs them in training.
        labels: (n,) true classes.
        dataset: (n,) 0 for HAM10000, 1 for MILK10k.
        shift: (datasets, 7) shift of the logits to each dataset's class shares.
        prior: (datasets, 7) class shares of each dataset.

    Returns:
        loss, accuracy (argmax of p) and balanced_accuracy (argmax of p / prior), each with the dataset's prefix.
    """
    from sklearn.metrics import accuracy_score, balanced_accuracy_score

    figures: dict[str, float] = {}
    for index, prefix in enumerate(PREFIXES[: len(prior)]):
        rows = dataset == index
        truth = labels[rows]
        natural = probabilities[rows] * np.exp(shift[index])
        natural /= natural.sum(axis=1, keepdims=True)
        likelihood = np.maximum(natural[np.arange(len(truth)), truth], 1e-30)
        balanced = (natural / prior[index]).argmax(axis=1)
        figures[f"{prefix}loss"] = float(-np.log(likelihood).mean())
        figures[f"{prefix}accuracy"] = float(accuracy_score(truth, natural.argmax(axis=1)))
        figures[f"{prefix}balanced_accuracy"] = float(balanced_accuracy_score(truth, balanced))
    return figures


def selection_score(figures: Mapping[str, float], select: str) -> float:
    """Compute the score by which the best epoch is selected: the mean over the datasets, higher is better.

    Args:
        figures: As `validation_figures` returns them.
        select: "balanced_accuracy", or "log_loss" (negated).

    Example:
        >>> selection_score({"val_loss": 0.5, "val_milk10k_loss": 1.0}, "log_loss")
        -0.75
    """
    suffix, sign = ("loss", -1) if select == "log_loss" else ("balanced_accuracy", 1)
    names = [f"{prefix}{suffix}" for prefix in PREFIXES]
    return sign * float(np.mean([figures[name] for name in names if name in figures]))
