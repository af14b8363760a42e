"""The resampling charts stack up to the counts they are given, and their sentences say them."""

import numpy as np
import pandas as pd
import pytest

from core.data.leakage import class_counts, load_overlap
from core.labels import COLORS
from core.resampling.notebook import load_smote
from core.resampling.strategies import STRATEGIES, resampled_counts
from dashboard.charts.resampling import notebook_smote, strategy_counts

TRAIN = class_counts(load_overlap(), "lesion", "train")


def bars(figure: object) -> list[np.ndarray]:
    """Lengths of the parts that are drawn, legend entries left out."""
    return [np.array(t.x, float) for t in figure.data if t.type == "bar" and t.x[0] is not None]  # type: ignore[attr-defined]


def test_the_notebooks_rows_stack_up_to_what_smote_made() -> None:
    chart = notebook_smote(load_smote())
    real, fits, wrong = bars(chart.figure)
    assert real + fits + wrong == pytest.approx([5364] * 7)
    assert real.sum() == 8012
    assert wrong.sum() == pytest.approx(27_990.8, abs=0.1)
    assert chart.figure.data[2].marker.pattern.shape == "/"
    assert list(chart.figure.data[0].marker.color)[-1] == COLORS["nv"]


def test_the_notebooks_sentence_is_counted() -> None:
    sentence = notebook_smote(load_smote()).sentence
    assert sentence.startswith("**8,012 rows become 37,548, and about 27,991 of them (75 %) carry a label")
    assert "29,536 rows out of metadata" in sentence
    assert "27,917 to 28,065 wrong labels; the one drawn here gave 27,942" in sentence
    less = load_smote().assign(before=100, after=200, mismatched=50)
    assert notebook_smote(less).sentence.startswith("**700 rows become 1,400, and about 600 of them (43 %)")


def test_the_notebooks_table_can_be_downloaded_whole() -> None:
    table = notebook_smote(load_smote()).table
    assert list(table.columns) == ["dx", "before", "after", "mismatched_in_one_draw", "expected_mismatched"]
    assert table["dx"].iloc[0] == "nv"


@pytest.mark.parametrize("amount", [0.0, 0.35, 1.0])
@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategys_parts_stack_up(name: str, amount: float) -> None:
    chart = strategy_counts(TRAIN, name, amount)
    parts = bars(chart.figure)
    counts = resampled_counts(TRAIN, name, amount).loc[TRAIN.sort_values().index]
    assert sum(parts) == pytest.approx(counts[["before", "effective"]].max(axis=1).to_numpy())
    assert chart.table.set_index("dx")["after"].to_dict() == counts["after"].to_dict()
    legend = [trace for trace in chart.figure.data if trace.type == "bar" and trace.x[0] is None]
    assert len(legend) == len(parts)
    assert all(trace.name for trace in legend)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none", "All 7,009 pictures stay as they are: 67 % are melanocytic nevi, 1.2 % dermatofibromas."),
        ("random_over", "**7,009 pictures become 32,851 rows**; each of the 81 dermatofibromas is used 57.9 times"),
        ("random_under", "**567 of 7,009 pictures remain**: 92 % of the training side is thrown away, and 81 of 4,693"),
        (
            "smote",
            "**7,009 rows become 32,851**: 79 % of them are synthetic, and the 4,612 new dermatofibromas are all",
        ),
        (
            "class_weights",
            "one of the dermatofibromas weighs as much as **57.9** of the melanocytic nevi (weights 0.21",
        ),
    ],
)
def test_a_strategys_sentence_is_counted(name: str, words: str) -> None:
    assert words in strategy_counts(TRAIN, name).sentence


def test_figures_say_before_and_after_and_one_number_where_nothing_changes() -> None:
    figures = strategy_counts(TRAIN, "random_over").figure.data[-1]
    assert [text.strip() for text in figures.text][:2] == ["81 → 4,693", "99 → 4,693"]
    assert figures.text[-1].strip() == "4,693"


def test_copies_and_synthetic_rows_look_different() -> None:
    shapes = [
        {str(trace.marker.pattern.shape) for trace in strategy_counts(TRAIN, name).figure.data if trace.type == "bar"}
        for name in ("random_over", "smote")
    ]
    assert shapes[0] != shapes[1]


def test_a_level_training_set_stays() -> None:
    level = pd.Series({"mel": 10, "nv": 10})
    for name in ("random_over", "random_under", "smote"):
        assert strategy_counts(level, name).sentence.startswith("All 20 pictures stay as they are")
