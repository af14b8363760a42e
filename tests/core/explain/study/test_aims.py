"""Aims are compared with the means over all test images."""

import math

import pandas as pd
import pytest

from core.explain.localization import SCORES
from core.explain.study.aims import AIMS, check_aims


def summary(energy: float, other: float, center: float, pointing: float, iou: float) -> pd.DataFrame:
    """One model's means, and rows of a part of the images that must not count."""
    values = dict(zip(SCORES, (energy, pointing, iou), strict=True))
    head = {"model": "net", "target": "predicted", "without": 3, "images": 100}
    rows = []
    for score, value in values.items():
        row = head | {"score": score, "heatmap": value, "gain": value - other, "excess": value - center}
        row |= {f"{name}_{end}": row[name] for name in ("heatmap", "gain", "excess") for end in ("low", "high")}
        rows += [row | {"dx": "all", "outcome": "all"}, row | {"dx": "all", "outcome": "wrong", "heatmap": 0.0}]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("means", "reached"),
    [
        ((0.50, 0.43, 0.64, 0.976, 0.667), [True, True, False, False]),
        ((0.80, 0.69, 0.64, 0.90, 0.60), [False, False, True, True]),
        ((math.nan,) * 5, [False] * 4),
    ],
)
def test_each_aim_has_its_own_figure(means: tuple[float, ...], reached: list[bool]) -> None:
    results = check_aims(summary(*means), "net", "predicted")
    assert [each.reached for each in results] == reached
    assert [each.aim for each in results] == list(AIMS)


def test_a_model_without_scores_has_no_results() -> None:
    assert check_aims(summary(0.5, 0.4, 0.6, 0.9, 0.6), "other", "predicted") == []
    assert check_aims(pd.DataFrame(), "net", "predicted") == []
