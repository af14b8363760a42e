"""The lab's charts and sentences match their tables."""

import numpy as np
import pandas as pd
from pytest import approx

from core.lab.measures import MEASURES
from core.lab.protocols import PROTOCOLS
from core.labels import DX
from core.resampling.strategies import STRATEGIES
from core.store.predictions import Scores
from dashboard.charts.lab import (
    SIGNS,
    _two_lines,
    by_class,
    confusion_chart,
    gap_chart,
    strategy_forest,
    strategy_label,
)
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
    (line,) = chart.figure.layout.shapes
    assert (line.x0, line.x1, line.y0, line.y1, line.yref) == (0.4, 0.4, 0, 1, "paper")
    assert chart.figure.layout.height == 130 + 24 * 4
    assert [*marks.error_x.array, *marks.error_x.arrayminus] == approx([0.02] * 8)
    assert marks.error_x.symmetric is False
    assert marks.showlegend is False and [key.name for key in chart.figure.data[1:]] == [sign[0] for sign in SIGNS]
    assert [key.marker.color for key in chart.figure.data[1:]] == [sign[1] for sign in SIGNS]


def test_a_strategy_without_an_interval_has_no_bar() -> None:
    table = grid()
    table.loc[0, ["brier_low", "brier_high"]] = np.nan
    bars = strategy_forest(table, "brier").figure.data[0].error_x
    at = list(strategy_forest(table, "brier").figure.data[0].y).index("None")
    assert bars.array[at] == bars.arrayminus[at] == 0


def test_a_lower_error_is_better() -> None:
    sentence = strategy_forest(grid(brier=(0, 0.2, -0.1, 0)), "brier").sentence
    assert "best: NearMiss (0.300)" in sentence and "worse: SMOTE." in sentence


def test_harm_to_calibration_is_counted() -> None:
    table = grid(calibration_error_raw=(0, 0.2, 0.3, 0), calibration_error=(0, 0.05, 0.35, 0))
    sentence = calibration_sentence(table)
    parts = (
        "**2 strategies",
        "SMOTE and NearMiss",
        "0.600 to 0.700",
        "0.400 without",
        "1 of them",
        "the median of all is then 0.600",
    )
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
    assert len(chart.figure.data) == 3 and chart.figure.layout.height == 120 + 52 * 2
    joined, honest, wrong = chart.figure.data
    assert list(honest.x) == [0.41, 0.4] and list(wrong.x) == [0.4, 0.5]  # the larger gap on top
    assert list(joined.x) == [0.41, 0.4, None, 0.4, 0.5, None] and joined.showlegend is False
    assert protocols_title(rows, "macro_f1") == "1 of 2 wrong protocols clearly raise macro F1"


def test_a_long_label_is_broken_where_its_halves_are_most_alike() -> None:
    labels = {_two_lines(each.label) for each in PROTOCOLS.values()}
    for label in labels:
        first, _, second = label.partition("<br>")
        words = f"{first} {second}".split()
        splits = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
        if second:
            assert abs(len(first) - len(second)) == min(abs(len(a) - len(b)) for a, b in splits)
    assert any("<br>" in label for label in labels) and _two_lines("Split by image") == "Split by image"
    assert _two_lines("nine more ten letter") == "nine more<br>ten letter" and len("nine more ten lette") == 19
    assert _two_lines("nine more ten lette") == "nine more ten lette"


def test_what_a_larger_training_set_adds_stands_apart_from_the_leak() -> None:
    rows = pd.DataFrame({
        "protocol": ["image_split", "dx_type"], "measure": "macro_f1", "inflated": [0.5, 0.4], "honest": [0.4, 0.41],
        "gap": [0.1, -0.01], "low": [0.05, -0.03], "high": [0.15, 0.01], "full": [0.53, np.nan],
        "size": [0.03, np.nan], "size_low": [0.01, np.nan], "size_high": [0.05, np.nan],
    })  # fmt: skip
    chart = gap_chart(rows, "macro_f1")
    assert chart.sentence.endswith("the hollow marks show what these change, apart from the leak.")
    assert gap_table(rows)["From more training images"].tolist() == ["+0.030 [+0.010, +0.050]", ""]
    alone = gap_chart(rows.head(1), "macro_f1").sentence
    assert alone.endswith("these change, apart from the leak: “Split by image” +0.030 [+0.010, +0.050].")
    assert chart.figure.data[-1].name == "wrong protocol, more images"
    assert np.nanmax(chart.figure.data[-1].x) == 0.53


def test_recall_against_none_names_gain_and_loss() -> None:
    none = pd.DataFrame({"dx": DX, "images": range(7), "lesions": range(7), "recall": 0.5})
    none = none.assign(recall_low=0.4, recall_high=0.6)
    own = none.assign(recall=[0.5, 0.9, 0.5, 0.5, 0.5, 0.2, 0.5])
    chart = by_class(own, none, "recall", "SMOTE")
    assert chart.figure.layout.height == 110 + 44 * 7 and list(chart.figure.layout.xaxis.range) == [0, 1.02]
    assert [list(trace.x) for trace in chart.figure.data] == [[0.5] * 7, own["recall"].tolist()]
    sentence = chart.sentence
    assert "basal cell carcinomas (+0.40)" in sentence and f"melanocytic nevi ({MINUS}0.30)" in sentence
    assert "the same" in by_class(none, none, "recall", "None").sentence


def test_the_confusion_is_counted_from_the_predictions() -> None:
    truth = np.array([4, 4, 5, 5, 5, 6])
    chances = np.eye(7)[[4, 5, 5, 5, 4, 6]]
    scores = Scores(np.arange(6).astype(str), np.arange(6), truth, chances, np.full(7, 1 / 7))
    chart = confusion_chart(scores)
    assert "4 of 6" in chart.sentence and "1 of 2 melanomas" in chart.sentence
    shares = np.asarray(chart.figure.data[0].z, float)
    assert sorted(shares[shares > 0].tolist()) == approx([1 / 3, 1 / 2, 1 / 2, 2 / 3, 1])
    assert chart.table.set_index("true").loc["nv", "mel"] == 1
    single = Scores(np.array(["a"]), np.zeros(1, int), np.array([4]), np.eye(7)[[4]], np.full(7, 1 / 7))
    assert np.asarray(confusion_chart(single).figure.data[0].z, float).sum() == 1


def test_every_strategy_fits_an_axis() -> None:
    assert max(len(strategy_label(name)) for name in STRATEGIES) <= 21
