"""What a heatmap should reach to be worth looking at, and whether a model's heatmaps do."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from core.explain.study.summary import ALL


@dataclass(frozen=True)
class Aim:
    """A mean over the test images that should be reached.

    Attributes:
        text: What should hold, inside a sentence.
        score: One of `core.explain.localization.SCORES`.
        value: Column of `core.explain.study.summary.summarize`.
        least: What the mean should be at least, from 0 to 1.
        difference: Whether the mean is a difference.
    """

    text: str
    score: str
    value: str
    least: float
    difference: bool = False


AIMS = (
    Aim("the hottest point inside the lesion for at least 95% of images", "pointing", "heatmap", 0.95),
    Aim("an overlap with the lesion of at least 65%", "iou", "heatmap", 0.65),
    Aim("at least 10 points more heat inside than in another image's heatmap", "energy", "gain", 0.10, difference=True),
    Aim("no less heat inside than in a fixed central spot", "energy", "excess", 0.0, difference=True),
)


@dataclass(frozen=True)
class AimResult:
    """Whether an aim is reached.

    Attributes:
        aim: Which.
        value: The mean; NaN if no heatmap was scored.
        reached: Whether it is at least as high as it should be.
    """

    aim: Aim
    value: float
    reached: bool


def check_aims(table: pd.DataFrame, model: str, target: str, aims: Sequence[Aim] = AIMS) -> list[AimResult]:
    """Compare a model's mean scores with the aims.

    Args:
        table: As `core.explain.study.summary.summarize` returns it, for one way to compute heatmaps.
        model: Its name.
        target: "predicted" or "true".
        aims: What to check.

    Returns:
        One result for each aim; none if the model isn't scored.
    """
    rows = table[(table["model"] == model) & (table["target"] == target)] if len(table) else table
    if rows.empty:
        return []
    whole = rows[(rows["dx"] == ALL) & (rows["outcome"] == ALL)].set_index("score").to_dict("index")
    values = [float(whole.get(aim.score, {}).get(aim.value, math.nan)) for aim in aims]
    return [AimResult(aim, value, value >= aim.least) for aim, value in zip(aims, values, strict=True)]
