"""Charts of paired runs: both runs drawn with their intervals, the sentence computed from the gap."""

import numpy as np
import pandas as pd

from core.evaluation.comparisons import CLEAN, EXCESS, LEAKING
from dashboard.charts.comparisons import paired_runs


def row(kind: str, pictures_of: str, wrong: float, right: float, half: float, model: str = "net") -> dict[str, object]:
    values = {"wrong": wrong, "right": right, "gap": wrong - right}
    ends = {f"{n}{end}": x for n, v in values.items() for end, x in (("", v), ("_low", v - half), ("_high", v + half))}
    return {"kind": kind, "model": model, "pictures_of": pictures_of, "pictures": 100, "lesions": 80,
            "measure": "accuracy"} | ends  # fmt: skip


def test_wrong_labels_are_told_with_what_they_cost() -> None:
    rows = [row("labels", "all", 0.5, 0.7, 0.05, "one"), row("labels", "all", 0.6, 0.61, 0.05, "two")]
    fig, table, sentence = paired_runs(pd.DataFrame(rows), "labels", "accuracy")
    assert [list(trace.x) for trace in fig.data] == [[0.5, 0.6], [0.7, 0.61]]
    np.testing.assert_allclose(fig.data[0].error_x.array, 0.05)
    assert "**one** loses 0.200 [0.150, 0.250]" in sentence
    assert "**two** changes by -0.010 [-0.060, +0.040], too little to tell" in sentence
    assert len(table) == 2


def test_a_leak_is_told_by_the_difference_of_its_gains() -> None:
    rows = [
        row("leak", "all", 0.8, 0.75, 0.02),
        row("leak", LEAKING, 0.9, 0.7, 0.02),
        row("leak", CLEAN, 0.71, 0.7, 0.02),
        row("leak", EXCESS, np.nan, np.nan, np.nan) | {"gap": 0.19, "gap_low": 0.15, "gap_high": 0.23},
    ]
    fig, _, sentence = paired_runs(pd.DataFrame(rows), "leak", "accuracy")
    assert list(fig.data[0].x) == [0.8, 0.9, 0.71]
    assert "+0.200 [+0.180, +0.220] on the 100 test pictures whose lesion it had seen" in sentence
    assert sentence.endswith("is +0.190 [+0.150, +0.230].")


def test_without_the_difference_the_sentence_ends_before_it() -> None:
    rows = [row("leak", "all", 0.8, 0.75, 0.02), row("leak", LEAKING, 0.9, 0.7, 0.02)]
    assert paired_runs(pd.DataFrame(rows), "leak", "accuracy").sentence.endswith("(accuracy).")


def test_an_answer_to_imbalance_is_told_better_worse_or_too_little_to_tell() -> None:
    pairs = [("Weights, all layers", 0.6, 0.5), ("Over, all layers", 0.4, 0.5), ("SMOTE, head alone", 0.51, 0.5)]
    rows = [row("resampling", "all", a, b, 0.05) | {"label": label} for label, a, b in pairs]
    chart = paired_runs(pd.DataFrame(rows), "resampling", "accuracy")
    assert list(chart.figure.data[0].y) == ["Weights,<br>all layers", "Over,<br>all layers", "SMOTE,<br>head alone"]
    assert "**Weights, all layers**: +0.100 [+0.050, +0.150], better" in chart.sentence
    assert "**Over, all layers**: -0.100 [-0.150, -0.050], worse" in chart.sentence
    assert "**SMOTE, head alone**: +0.010 [-0.040, +0.060], too little to tell" in chart.sentence
    assert "Change in accuracy against" in chart.sentence
    lower = pd.DataFrame(rows).assign(measure="ece")
    assert "Change in ECE against" in paired_runs(lower, "resampling", "ece").sentence
    f1 = paired_runs(lower.assign(measure="macro_f1"), "resampling", "macro_f1")
    assert "Change in macro F1 against" in f1.sentence
    assert "**Weights, all layers**: +0.100 [+0.050, +0.150], worse" in paired_runs(lower, "resampling", "ece").sentence
