"""Whether probabilities mean what they say: confidence against the share of right predictions, bin by bin."""

import numpy as np
import pandas as pd

from core.evaluation.bootstrap import Bootstrap
from core.evaluation.calibration_error import CALIBRATION_BINS, confidence_bins, confidence_edges
from core.stats import interval

COLUMNS = ("start", "end", "images", "lesions", "confidence", "right", "right_low", "right_high")


def reliability(bootstrap: Bootstrap) -> pd.DataFrame:
    """Return the reliability diagram's bins, those of the calibration error, which hold equally many images.

    Returns:
        One row a bin of the largest probability, COLUMNS: start, end, images, lesions, confidence (mean largest
        probability), right (share for which that class is the true one) with its interval; NaN in empty bins.
    """
    scores = bootstrap.scores
    bins, top = confidence_bins(scores.probabilities), scores.probabilities.max(axis=1)
    right = scores.probabilities.argmax(axis=1) == scores.truth
    ends = [0.0, *confidence_edges(scores.probabilities).tolist(), 1.0]
    members = bins == np.arange(CALIBRATION_BINS)[:, None]
    counted, hits = (each.astype(np.float32) @ bootstrap.weights for each in (members, members & right))
    shares = np.divide(hits, counted, out=np.full_like(hits, np.nan), where=counted > 0).astype(float)
    rows = []
    for i, here in enumerate(members):
        mean = {"confidence": float(top[here].mean()), "right": float(right[here].mean())} if here.any() else {}
        low, high = interval(shares[i])
        sizes = {"images": int(here.sum()), "lesions": len(np.unique(scores.group[here]))}
        edges = {"start": ends[i], "end": ends[i + 1]}
        rows.append(edges | sizes | mean | {"right_low": low, "right_high": high})
    return pd.DataFrame(rows, columns=list(COLUMNS))
