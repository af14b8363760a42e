"""Prediction sets that hold the true diagnosis with a promised share, for each diagnosis by itself.

Class-conditional ("Mondrian") split conformal prediction: the threshold of a diagnosis comes from the validation
pictures that show it (Vovk, Gammerman, Shafer, "Algorithmic learning in a random world", 2005, 4.5). Pictures of one
lesion are not exchangeable with others, lesions are: each lesion weighs the same however many pictures it has
(Lee, Barber, Willett, "Distribution-free inference with hierarchical data", arXiv:2306.06342).
"""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.labels import DX
from core.stats import wilson
from core.store.predictions import Scores

Array = NDArray[np.float64]
ALPHA = 0.1
"""A set may miss the true diagnosis in this share of lesions."""
FEW = 30
"""Below so many lesions, the promise is kept on average over calibrations, but this one may be far off."""


def lesion_weights(group: NDArray[np.int64]) -> Array:
    """(n,) one over the number of pictures of the same lesion."""
    _, code, counts = np.unique(group, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[code])


def fit_thresholds(said: Scores, alpha: float = ALPHA) -> Array:
    """The smallest probability with which each diagnosis still belongs to the set.

    Args:
        said: Of the validation split, calibrated.
        alpha: Share of lesions that a set may miss.

    Returns:
        (7,); 0 where too few lesions were seen to leave the diagnosis out of any set.
    """
    out = np.zeros(len(DX))
    for label in range(len(DX)):
        rows = said.truth == label
        lesions = len(np.unique(said.group[rows]))
        values = said.probabilities[rows, label]
        order = np.argsort(-values, kind="stable")
        reached = np.cumsum(lesion_weights(said.group[rows])[order]) / (lesions + 1)
        enough = np.flatnonzero(reached >= 1 - alpha - 1e-12)
        out[label] = values[order][enough[0]] if len(enough) else 0.0
    return out


def fit(validation: Scores, test: Scores) -> dict[str, Any]:
    """Fit thresholds on validation and measure their coverage on test, as the card holds it.

    Args:
        validation: Calibrated.
        test: Calibrated.

    Returns:
        "alpha"; "fitted", by class: threshold, pictures, lesions, possible coverage; "test": see `coverage`, by class.
    """
    thresholds = fit_thresholds(validation)
    fitted = {}
    for i, dx in enumerate(DX):
        rows = validation.truth == i
        lesions = len(np.unique(validation.group[rows]))
        fitted[dx] = {
            "threshold": round(float(thresholds[i]), 6), "pictures": int(rows.sum()), "lesions": lesions,
            "possible": [round(end, 4) for end in possible_coverage(lesions)],
        }  # fmt: skip
    table = coverage(test, np.array([each["threshold"] for each in fitted.values()])).set_index("dx")
    return {"alpha": ALPHA, "fitted": fitted, "test": table.round(4).to_dict("index")}


def prediction_sets(probabilities: NDArray[np.floating], thresholds: Array) -> NDArray[np.bool_]:
    """Which diagnoses belong to the set of each picture; the most probable always does, so that none is empty.

    Args:
        probabilities: (..., 7), calibrated.
        thresholds: (7,) from `fit_thresholds`.
    """
    values = np.asarray(probabilities, np.float64)
    return np.asarray((values >= thresholds) | (values == values.max(axis=-1, keepdims=True)))


def possible_coverage(lesions: int, alpha: float = ALPHA) -> tuple[float, float]:
    """Where the coverage of one calibration may truly lie, 95 %: Beta distributed (Vovk 2012, arXiv:1209.2673).

    Args:
        lesions: That the threshold was fitted on.
    """
    rank = math.ceil((lesions + 1) * (1 - alpha) - 1e-12)
    if rank > lesions:
        return 1.0, 1.0
    from scipy.stats import beta

    low, high = beta.ppf([0.025, 0.975], rank, lesions + 1 - rank)
    return float(low), float(high)


def coverage(said: Scores, thresholds: Array) -> pd.DataFrame:
    """How often the sets hold the true diagnosis, each lesion counting once.

    Args:
        said: Of the test split, calibrated.
        thresholds: (7,).

    Returns:
        One row a diagnosis and a last one "all": dx, pictures, lesions, coverage, low, high (95 %, over lesions), size
        (mean number of diagnoses in a set).
    """
    sets = prediction_sets(said.probabilities, thresholds)
    held = sets[np.arange(len(sets)), said.truth]
    rows = [_covered(dx, held, sets, said.group, said.truth == i) for i, dx in enumerate(DX)]
    return pd.DataFrame([*rows, _covered("all", held, sets, said.group, np.ones(len(sets), bool))])


def _covered(
    name: str, held: NDArray[np.bool_], sets: NDArray[np.bool_], group: NDArray[np.int64], rows: NDArray[np.bool_]
) -> dict[str, Any]:
    lesions = len(np.unique(group[rows]))
    weights = lesion_weights(group[rows])
    share = float(np.average(held[rows], weights=weights)) if lesions else math.nan
    low, high = wilson(share, lesions)
    size = float(np.average(sets[rows].sum(axis=1), weights=weights)) if lesions else math.nan
    return {
        "dx": name, "pictures": int(rows.sum()), "lesions": lesions, "coverage": share, "low": low, "high": high,
        "size": size,
    }  # fmt: skip
