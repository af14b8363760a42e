"""Whether a model's heatmaps pass the checks that depend on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.explain.study.check_rows import RANDOMISATION
from core.explain.study.randomized import OTHER

RIVAL = "heatmap minus other"
"""Series of the paired difference from another image's heatmap, the fairest of the other orders."""
ALIKE = 0.95
"""From this correlation on, heatmaps of two images are the same: they show nothing of the image."""


@dataclass(frozen=True)
class CheckResult:
    """One check of a model's heatmaps.

    Attributes:
        check: "insertion", "deletion" or "randomisation".
        value: Area under the curve minus that in the order of another image's heatmap; or the rank correlation with
            the heatmap of the network with all weights shuffled. NaN if undefined.
        low: Of the 95% interval over lesions (and seeds).
        high: Of the interval.
        level: Only of the last: correlation of two images' heatmaps, which it should not exceed; else 0.
        images: That the value is of.
        passed: Whether the difference is clear; or the correlation no higher than the level, if that is below ALIKE.
    """

    check: str
    value: float
    low: float
    high: float
    level: float
    images: int
    passed: bool


def check_results(table: pd.DataFrame) -> list[CheckResult]:
    """Read the result of each check that depends on heatmaps.

    Args:
        table: As `core.explain.study.checks.read_checks` returns it.

    Returns:
        Insertion, deletion and, of models with weights, randomisation.

    Example:
        >>> from core.config import TRAINED_MODELS
        >>> from core.explain.study.checks import read_checks
        >>> table = read_checks(TRAINED_MODELS / "efficientnet_lite0", "LayerCAM")
        >>> [result.check for result in check_results(table)]
        ['insertion', 'deletion', 'randomisation']
    """
    results = []
    for check in ("insertion", "deletion"):
        rows = table[(table["check"] == check) & (table["series"] == RIVAL)]
        for row in rows.to_dict("records"):
            clear = row["low"] > 0 if check == "insertion" else row["high"] < 0
            results.append(_result(row, 0.0, bool(clear)))
    rows = table[(table["check"] == RANDOMISATION) & (table["measure"] == "rank correlation")]
    if len(rows) > 1:
        level = rows[rows["series"] == OTHER].iloc[0]
        last = rows[rows["series"] != OTHER].sort_values("step").iloc[-1]
        below = last["high"] < level["low"] or last["value"] <= level["value"]
        results.append(_result(last.to_dict(), float(level["value"]), bool(below and level["value"] < ALIKE)))
    return results


def _result(row: Mapping[Any, Any], level: float, passed: bool) -> CheckResult:
    value, low, high = (float(row[key]) for key in ("value", "low", "high"))
    return CheckResult(str(row["check"]), value, low, high, level, int(row["images"]), passed)
