"""The lab's charts and sentences match their tables."""

import numpy as np
import pandas as pd

from core.lab.measures import MEASURES
from core.lab.protocols import PROTOCOLS
from core.labels import DX
from core.resampling.strategies import STRATEGIES
from core.store.predictions import Scores
from dashboard.charts.lab import by_class, confusion_chart, gap_chart, strategy_forest, strategy_label
from dashboard.text.format import MINUS
from dashboard.text.lab import calibration_sentence, gap_table, protocols_title, works_table

NAMES = ("none", "smote", "near_miss", "enn")


def grid(**gaps: tuple[float, float, float, float]) -> pd.DataFrame:
    """A row a strategy; by measure, its gap to none: all intervals are the gap +- 0.01."""
    table = pd.DataFrame({"split_scheme": "lesion", "strategy": NAMES, "classifier": "knn", "seeds": 5})
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


def test_a_difference_is_clear_by_the_paired_interval() -> None:
    chart = strategy_forest(grid(balanced_accuracy=(0, 0.2, -0.1, 0.005)), "balanced_accuracy")
    assert (
        "**1 of 3 strategies clearly beats doing nothing** on balanced accuracy; best: SMOTE (0.600)" in chart.sentence
    )
    assert "worse: NearMiss." in chart.sentence
    marks = chart.figure.data[0]
    assert list(marks.y) == ["NearMiss", "None", "Edited neighbours", "SMOTE"]
    assert len(set(marks.marker.color)) == 3
    assert chart.figure.layout.shapes[0].x0 == 0.4


def test_a_lower_error_is_better() -> None:
    sentence = strategy_forest(grid(brier=(0, 0.2, -0.1, 0)), "brier").sentence
    assert "best: NearMiss (0.300)" in sentence and "worse: SMOTE." in sentence


def test_harm_to_calibration_is_counted() -> None:
    table = grid(calibration_error_raw=(0, 0.2, 0.3, 0), calibration_error=(0, 0.05, 0.35, 0))
    sentence = calibration_sentence(table)
    parts = ("**2 strategies", "SMOTE and NearMiss", "0.600 to 0.700", "0.400 without", "1 of them", "median of 0.600")
    assert all(part in sentence for part in parts)
    assert calibration_sentence(grid()).startswith("No strategy")


def test_what_works_is_counted_for_each_measure() -> None:
    table = works_table(grid(balanced_accuracy=(0, 0.2, -0.1, 0.005), calibration_error_raw=(0, 0.2, 0.3, 0)))
    counts = table.set_index("Metric")[["Clearly better than none", "Clearly worse"]].to_numpy().tolist()
    assert counts == [["1 of 3", "1 of 3"], ["0 of 3", "0 of 3"], ["0 of 3", "0 of 3"], ["0 of 3", "2 of 3"]]
    assert table["Best"].iloc[0] == "SMOTE, 0.600" and table["None"].iloc[0] == "0.400"


def test_a_gap_has_its_interval() -> None:
    rows = pd.DataFrame({
        "protocol": ["image_split", "dx_type"], "measure": "macro_f1", "inflated": [0.5, 0.4], "honest": [0.4, 0.41],
        "gap": [0.1, -0.01], "low": [0.05, -0.03], "high": [0.15, 0.01],
    })  # fmt: skip
    chart = gap_chart(rows, "macro_f1")
    assert "“Split by image” **+0.100 [+0.050, +0.150]**" in chart.sentence
    assert "1 of 2 wrong protocols clearly changes macro F1" in chart.sentence
    table = gap_table(rows)
    assert table["Wrong protocol"].tolist() == ["Split by image", PROTOCOLS["dx_type"].label]
    assert table["Change on the same images"].iloc[0] == "+0.100 [+0.050, +0.150]"
    assert table["Clear"].tolist() == ["yes", "no"] and "From more training images" not in table
    assert len(chart.figure.data) == 3
    assert protocols_title(rows, "macro_f1") == "1 of 2 wrong protocols clearly raise macro F1"


def test_what_a_larger_training_set_adds_stands_apart_from_the_leak() -> None:
    rows = pd.DataFrame({
        "protocol": ["image_split", "dx_type"], "measure": "macro_f1", "inflated": [0.5, 0.4], "honest": [0.4, 0.41],
        "gap": [0.1, -0.01], "low": [0.05, -0.03], "high": [0.15, 0.01], "full": [0.53, np.nan],
        "size": [0.03, np.nan], "size_low": [0.01, np.nan], "size_high": [0.05, np.nan],
    })  # fmt: skip
    chart = gap_chart(rows, "macro_f1")
    assert chart.sentence.endswith("isn't part of the leak.")
    assert gap_table(rows)["From more training images"].tolist() == ["+0.030 [+0.010, +0.050]", ""]
    alone = gap_chart(rows.head(1), "macro_f1").sentence
    assert alone.endswith("part of the leak: “Split by image” +0.030 [+0.010, +0.050].")
    assert chart.figure.data[-1].name == "wrong protocol, more images"
    assert np.nanmax(chart.figure.data[-1].x) == 0.53


def test_recall_against_none_names_gain_and_loss() -> None:
    none = pd.DataFrame({"dx": DX, "images": range(7), "lesions": range(7), "recall": 0.5})
    none = none.assign(recall_low=0.4, recall_high=0.6)
    own = none.assign(recall=[0.5, 0.9, 0.5, 0.5, 0.5, 0.2, 0.5])
    sentence = by_class(own, none, "recall", "SMOTE").sentence
    assert "basal cell carcinomas (+0.40)" in sentence and f"melanocytic nevi ({MINUS}0.30)" in sentence
    assert "the same" in by_class(none, none, "recall", "None").sentence


def test_the_confusion_is_counted_from_the_predictions() -> None:
    truth = np.array([4, 4, 5, 5, 5])
    chances = np.eye(7)[[4, 5, 5, 5, 4]]
    scores = Scores(np.arange(5).astype(str), np.arange(5), truth, chances, np.full(7, 1 / 7))
    chart = confusion_chart(scores)
    assert "3 of 5" in chart.sentence and "1 of 2 melanomas" in chart.sentence
    assert chart.table.set_index("true").loc["nv", "mel"] == 1


def test_every_strategy_fits_an_axis() -> None:
    assert max(len(strategy_label(name)) for name in STRATEGIES) <= 21
