"""One class against the rest: ROC and precision-recall curves, and the areas under them with intervals."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.evaluation.bootstrap import Bootstrap
from core.labels import DX
from core.stats import auc_draws, interval
from core.store.predictions import Scores

Array = NDArray[np.float64]
POINTS_PER_CURVE = 250
"""More points than a screen can show."""


def curve(scores: Scores, dx: str) -> pd.DataFrame:
    """Compute the ROC and precision-recall curves of one class at every threshold, strictest first.

    Args:
        dx: One of core.labels.DX.

    Returns:
        Columns threshold, false_positive_rate, recall (true positive rate), precision; in the first row
        no image counts as positive (threshold infinite, precision 1 by convention). Empty if the class or the rest has
        no image.
    """
    positive, score = scores.truth == DX.index(dx), scores.probabilities[:, DX.index(dx)]
    if positive.all() or not positive.any():
        return pd.DataFrame({name: [] for name in ("threshold", "false_positive_rate", "recall", "precision")})
    order = np.argsort(-score, kind="stable")
    ends = _ends_of_ties(score[order])
    found, flagged = positive[order].cumsum()[ends], ends + 1
    rows = {
        "threshold": np.r_[np.inf, score[order][ends]],
        "false_positive_rate": np.r_[0, (flagged - found) / (~positive).sum()],
        "recall": np.r_[0, found / positive.sum()],
        "precision": np.r_[1, found / flagged],
    }
    return pd.DataFrame(rows)


def thinned(table: pd.DataFrame, points: int = POINTS_PER_CURVE) -> pd.DataFrame:
    """Thin a curve to about `points` thresholds, spread evenly along recall plus false positive rate.

    Args:
        table: As `curve` returns it: thresholds in descending order.
    """
    along = (table["recall"] + table["false_positive_rate"]).to_numpy()
    wanted = np.searchsorted(along, np.linspace(0, 2, points))
    return table.iloc[np.unique(np.r_[0, np.minimum(wanted, len(table) - 1), len(table) - 1])] if len(table) else table


def areas(bootstrap: Bootstrap) -> pd.DataFrame:
    """Compute the area under both curves for each class, with intervals.

    Returns:
        One row per class in the order of core.labels.DX: dx, images, lesions, base_rate (share of images: the
        average precision of guessing), auc and ap (average precision), each with _low and _high; NaN where undefined.
    """
    scores, once = bootstrap.scores, np.ones((len(bootstrap.scores.truth), 1), np.float32)
    rows = []
    for i, dx in enumerate(DX):
        here = scores.truth == i
        row = {"dx": dx, "images": int(here.sum()), "lesions": len(np.unique(scores.group[here]))}
        row["base_rate"] = float(here.mean())
        for name, draws_of in (("auc", auc_draws), ("ap", ap_draws)):
            value = float(draws_of(here, scores.probabilities[:, i], once)[0])
            low, high = interval(draws_of(here, scores.probabilities[:, i], bootstrap.weights))
            row |= {name: value, f"{name}_low": low, f"{name}_high": high}
        rows.append(row)
    return pd.DataFrame(rows)


def ap_draws(positive: NDArray[np.bool_], score: Array, weights: NDArray[np.float32]) -> Array:
    """Compute the average precision in each draw: mean precision at the thresholds of the positives.

    Args:
        positive: (n,) whether each image belongs to the class.
        score: (n,) probability of the class.
        weights: (n, draws) from `core.evaluation.bootstrap.draw_weights`.

    Returns:
        (draws,); NaN if a draw has no positive image.
    """
    order = np.argsort(-score, kind="stable")
    score, positive, weights = score[order], positive[order], weights[order]
    at = np.flatnonzero(positive)
    ends = _ends_of_ties(score)
    ends = ends[np.searchsorted(ends, at)]  # where the tie of each positive ends
    flagged = np.cumsum(weights, axis=0)[ends]
    found = np.zeros((len(score) + 1, weights.shape[1]), np.float32)
    found[1:] = np.cumsum(weights * positive[:, None], axis=0)
    precision = np.divide(found[ends + 1], flagged, out=np.zeros_like(flagged), where=flagged > 0)
    wins = np.einsum("ij,ij->j", weights[at], precision, dtype=np.float64)
    total = weights[at].sum(axis=0, dtype=np.float64)
    return np.asarray(np.divide(wins, total, out=np.full(len(total), np.nan), where=total > 0))


def _ends_of_ties(ordered: Array) -> NDArray[np.int64]:
    """Return the last index of each run of equal values."""
    return np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
