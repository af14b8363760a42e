"""Charts of paired runs: both runs drawn with their intervals, the sentence computed from the gap."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.comparisons import CLEAN, EXCESS, LEAKING, ONE_SIZE, ONLY_SKIN
from dashboard.charts.comparisons import paired_runs
from dashboard.text.format import MINUS


def row(kind: str, images_of: str, wrong: float, right: float, half: float, model: str = "net") -> dict[str, object]:
    values = {"wrong": wrong, "right": right, "gap": wrong - right}
    ends = {f"{n}{end}": x for n, v in values.items() for end, x in (("", v), ("_low", v - half), ("_high", v + half))}
    return {"kind": kind, "model": model, "images_of": images_of, "images": 100, "lesions": 80,
            "measure": "accuracy"} | ends  # fmt: skip


def cover(box: float) -> pd.DataFrame:
    """Two runs with covered lesions: only the skin, and a box of one size that leaves this balanced accuracy."""
    rows = [
        row("cover", "all", each, 0.7, 0.05) | {"label": label} for label, each in ((ONLY_SKIN, 0.5), (ONE_SIZE, box))
    ]
    return pd.DataFrame(rows).assign(measure="balanced_accuracy")


@pytest.mark.parametrize(("box", "result"), [(0.3, "**28%** of the way from guessing"), (0.15, "not clearly above")])
def test_covered_lesions_against_guessing_and_whole_images(box: float, result: str) -> None:
    fig, table, sentence = paired_runs(cover(box), "cover", "balanced_accuracy")
    assert list(fig.data[0].x) == [0.5, box] and list(fig.data[1].x) == [0.7, 0.7]
    assert result in sentence and "0.700 [0.650, 0.750]" in sentence
    assert len(table) == 2


def test_wrong_labels_show_what_they_cost() -> None:
    rows = [row("labels", "all", 0.5, 0.7, 0.05, "one"), row("labels", "all", 0.6, 0.61, 0.05, "two")]
    fig, table, sentence = paired_runs(pd.DataFrame(rows), "labels", "accuracy")
    assert [list(trace.x) for trace in fig.data] == [[0.5, 0.6], [0.7, 0.61]]
    np.testing.assert_allclose(fig.data[0].error_x.array, 0.05)
    assert "**one** loses 0.200 [0.150, 0.250]" in sentence
    assert f"no clear difference ({MINUS}0.010 [{MINUS}0.060, +0.040])" in sentence
    assert len(table) == 2


def test_a_leak_is_the_difference_of_its_gains() -> None:
    rows = [
        row("leak", "all", 0.8, 0.75, 0.02),
        row("leak", LEAKING, 0.9, 0.7, 0.02),
        row("leak", CLEAN, 0.71, 0.7, 0.02),
        row("leak", EXCESS, np.nan, np.nan, np.nan) | {"gap": 0.19, "gap_low": 0.15, "gap_high": 0.23},
    ]
    fig, _, sentence = paired_runs(pd.DataFrame(rows), "leak", "accuracy")
    assert list(fig.data[0].x) == [0.8, 0.9, 0.71]
    assert "+0.200 [+0.180, +0.220] on the 100 test images" in sentence
    assert "+0.190 [+0.150, +0.230]" in sentence


def test_another_seed_is_a_gap_and_its_size() -> None:
    fig, table, sentence = paired_runs(pd.DataFrame([row("seed", "all", 0.66, 0.67, 0.03)]), "seed", "accuracy")
    assert [list(trace.x) for trace in fig.data] == [[0.66], [0.67]]
    assert f"{MINUS}0.010 [{MINUS}0.040, +0.020] in accuracy" in sentence and "may come from the seed alone" in sentence
    assert len(table) == 1


def test_without_the_difference_the_sentence_ends_before_it() -> None:
    rows = [row("leak", "all", 0.8, 0.75, 0.02), row("leak", LEAKING, 0.9, 0.7, 0.02)]
    assert "the leak adds" not in paired_runs(pd.DataFrame(rows), "leak", "accuracy").sentence


def test_resampling_is_better_worse_or_not_clearly_different() -> None:
    pairs = [("Weights, all layers", 0.6, 0.5), ("Over, all layers", 0.4, 0.5), ("SMOTE, head alone", 0.51, 0.5)]
    rows = [row("resampling", "all", a, b, 0.05) | {"label": label} for label, a, b in pairs]
    chart = paired_runs(pd.DataFrame(rows), "resampling", "accuracy")
    assert list(chart.figure.data[0].y) == ["Weights,<br>all layers", "Over,<br>all layers", "SMOTE,<br>head alone"]
    assert "**Clearly better**: Weights, all layers (+0.100)." in chart.sentence
    assert f"**Clearly worse**: Over, all layers ({MINUS}0.100)." in chart.sentence
    assert "**No clear difference**: SMOTE, head alone (+0.010)." in chart.sentence
    errors = pd.DataFrame(rows).assign(measure="calibration_error")
    lower = paired_runs(errors, "resampling", "calibration_error").sentence
    assert "alibration error" in lower and "**Clearly worse**: Weights, all layers" in lower


def test_markers_stand_at_their_values() -> None:
    fig = paired_runs(cover(0.3), "cover", "balanced_accuracy").figure
    assert fig.layout.scattermode == "group"
    assert {trace.orientation for trace in fig.data} == {"h"}  # else plotly shifts them along x to stand side by side
