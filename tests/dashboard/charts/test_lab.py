"""The lab's charts say in words what their tables hold."""

import numpy as np
import pandas as pd
import pytest

from core.lab.measures import MEASURES
from core.labels import DX
from core.resampling.strategies import STRATEGIES
from core.store.predictions import Scores
from dashboard.charts.embedding_map import Parents, embedding_map, place
from dashboard.charts.lab import by_class, calibration_sentence, confusion_chart, gap_chart, strategy_forest

NAMES = ("none", "smote", "near_miss", "enn")


def grid(**gaps: tuple[float, float, float, float]) -> pd.DataFrame:
    """A row a strategy; by measure, its gap to none: all intervals are the gap +- 0.01."""
    table = pd.DataFrame({"split": "lesion", "strategy": NAMES, "classifier": "knn", "seeds": 5})
    for measure in MEASURES:
        gap = np.array(gaps.get(measure, (0, 0, 0, 0)))
        edges = np.where(np.array(NAMES) == "none", np.nan, 0.01)
        table[measure], table[f"{measure}_low"], table[f"{measure}_high"] = 0.4 + gap, 0.38 + gap, 0.42 + gap
        table[f"{measure}_gap"], table[f"{measure}_gap_low"], table[f"{measure}_gap_high"] = (
            gap,
            gap - edges,
            gap + edges,
        )
    return table


def test_strategies_are_told_apart_by_the_paired_interval() -> None:
    chart = strategy_forest(grid(balanced_accuracy=(0, 0.2, -0.1, 0.005)), "balanced_accuracy")
    assert chart.sentence == (
        "**1 of 3 strategies are better than none** on balanced accuracy beyond the interval, first SMOTE (0.600); "
        "worse: NearMiss."
    )
    marks = chart.figure.data[0]
    assert list(marks.y) == ["NearMiss", "None", "Edited neighbours", "SMOTE"]
    assert len(set(marks.marker.color)) == 3
    assert chart.figure.layout.shapes[0].x0 == 0.4


def test_a_lower_error_is_better() -> None:
    sentence = strategy_forest(grid(brier=(0, 0.2, -0.1, 0)), "brier").sentence
    assert "first NearMiss (0.300); worse: SMOTE." in sentence


def test_harm_to_calibration_is_counted() -> None:
    table = grid(ece_raw=(0, 0.2, 0.3, 0), ece=(0, 0.05, 0.35, 0))
    assert calibration_sentence(table) == (
        "**2 harm calibration**: their ECE lies between 0.600 and 0.700, against 0.400 without (SMOTE and NearMiss). "
        "Correcting the probabilities for nature's class shares lowers it for 1 of them, to a median of 0.600."
    )
    assert calibration_sentence(grid()).startswith("No strategy's probabilities")


def test_a_gap_is_said_with_its_interval() -> None:
    rows = pd.DataFrame({
        "protocol": ["image_split", "dx_type"], "measure": "macro_f1", "flattered": [0.5, 0.4], "honest": [0.4, 0.41],
        "gap": [0.1, -0.01], "low": [0.05, -0.03], "high": [0.15, 0.01],
    })  # fmt: skip
    chart = gap_chart(rows, "macro_f1")
    assert chart.sentence == (
        "Macro F1 is changed by split by image **+0.100** [+0.050, +0.150] on the same test pictures; "
        "1 of 2 cannot be told from 0."
    )
    assert len(chart.figure.data) == 3


def test_recall_against_none_names_gain_and_loss() -> None:
    none = pd.DataFrame({"dx": DX, "pictures": range(7), "lesions": range(7), "recall": 0.5})
    none = none.assign(recall_low=0.4, recall_high=0.6)
    own = none.assign(recall=[0.5, 0.9, 0.5, 0.5, 0.5, 0.2, 0.5])
    sentence = by_class(own, none, "recall", "SMOTE").sentence
    assert "gains most for basal cell carcinomas (+0.40) and loses most for melanocytic nevi (-0.30)" in sentence
    assert "the same" in by_class(none, none, "recall", "None").sentence


def test_the_confusion_is_counted_from_what_is_said() -> None:
    truth = np.array([4, 4, 5, 5, 5])
    chances = np.eye(7)[[4, 5, 5, 5, 4]]
    scores = Scores(np.arange(5).astype(str), np.arange(5), truth, chances, np.full(7, 1 / 7))
    chart = confusion_chart(scores)
    assert chart.sentence == "3 of 5 right; 1 of 2 melanomas missed."
    assert chart.table.set_index("true").loc["nv", "mel"] == 1


def test_the_map_draws_the_chosen_row_between_its_parents() -> None:
    pictures = pd.DataFrame({"x": [0.0, 2], "y": [0.0, 0], "dx": "df", "image_id": ["a", "b"], "group": [1, 2]})
    synthetic = pd.DataFrame({"x": [1.0], "y": [0.0], "dx": ["df"]})
    chart = embedding_map(pictures, synthetic, 0, Parents((0, 0), (2, 0)))
    assert [trace.name for trace in chart.figure.data][-2:] == ["parents", "synthetic"]
    assert list(chart.figure.data[-2].x) == [0, 1, 2]
    assert "1 of the synthetic rows" in chart.sentence
    assert "makes no synthetic rows" in embedding_map(pictures, synthetic[:0]).sentence


def test_a_row_is_placed_between_its_two_nearest() -> None:
    known = np.array([[0, 0, 0], [2, 0, 0], [50, 0, 0]], np.float32)
    flat = np.array([[0, 0], [10, 0], [99, 99]], np.float32)
    assert place(np.array([[1, 0, 0]], np.float32), known, flat)[0] == pytest.approx([5, 0])


def test_every_strategy_fits_an_axis() -> None:
    from dashboard.charts.lab import strategy_label

    assert max(len(strategy_label(name)) for name in STRATEGIES) <= 21
