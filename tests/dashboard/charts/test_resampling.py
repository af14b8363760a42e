"""The resampling charts stack up to the counts they are given, and their sentences say them."""

import numpy as np
import pandas as pd
import pytest

from core.data.leakage import class_counts, load_overlap
from core.labels import COLORS, DX
from core.resampling.inspection import count_rows
from core.resampling.notebook import load_smote
from core.resampling.resample import resample
from core.resampling.spec import ResamplingSpec
from core.resampling.strategies import STRATEGIES
from dashboard.charts.resampling import notebook_smote, strategy_counts

TRAIN = class_counts(load_overlap(), "lesion", "train")
LABELS = np.repeat(np.arange(len(DX)), TRAIN.to_numpy())
SLOW = {"svm_smote", "smote_tomek", "smote_enn"}


def counted(name: str, strength: float = 1.0, labels: np.ndarray = LABELS) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    features = (labels[:, None] * [3.0, 1.0] + rng.normal(size=(len(labels), 2))).astype(np.float32)
    return count_rows(labels, resample(features, labels, ResamplingSpec(name, strength)))


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
    assert sentence.startswith("**8,012 rows become 37,548, and about 27,991 of them (75%) have a label that is wrong")
    assert "29,536 rows from metadata" in sentence
    assert "27,917 to 28,065 wrong labels; this one gave 27,942" in sentence
    less = load_smote().assign(before=100, after=200, mismatched=50)
    assert notebook_smote(less).sentence.startswith("**700 rows become 1,400, and about 600 of them (43%)")


def test_the_notebooks_table_can_be_downloaded_whole() -> None:
    table = notebook_smote(load_smote()).table
    assert list(table.columns) == ["dx", "before", "after", "mismatched_in_one_draw", "expected_mismatched"]
    assert table["dx"].iloc[0] == "nv"


@pytest.mark.parametrize("strength", [0.35, 1.0])
@pytest.mark.parametrize("name", sorted(set(STRATEGIES) - SLOW))
def test_a_strategys_parts_stack_up(name: str, strength: float) -> None:
    counts = counted(name, strength)
    chart = strategy_counts(counts, name)
    rows = counts.sort_values("before", kind="stable")
    total = rows[["before", "effective"]].max(axis=1) if name == "class_weights" else rows["after"] + rows["dropped"]
    assert sum(bars(chart.figure)) == pytest.approx(total.to_numpy())
    legend = [trace for trace in chart.figure.data if trace.type == "bar" and trace.x[0] is None]
    assert len(legend) == len(bars(chart.figure))
    assert all(trace.name for trace in legend)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("none", "All 7,009 images stay as they are: 67% are melanocytic nevi, 1.2% dermatofibromas."),
        ("random_over", "**7,009 rows become 32,851**: 25,842 (79%) are copies."),
        ("random_under", "**7,009 rows become 567**; 6,442 images (92%) are dropped."),
        ("smote", "**7,009 rows become 32,851**: 25,842 (79%) are synthetic."),
        ("notebook", "**7,009 rows become 32,851**: 1,436 (4.4%) are copies and 24,406 (74%)"),
        ("notebook", "are images with a wrong label."),
        (
            "class_weights",
            "a mistake on one dermatofibroma counts as much as mistakes on **57.9** melanocytic nevi (weights 0.21",
        ),
    ],
)
def test_a_strategys_sentence_is_counted(name: str, text: str) -> None:
    assert text in strategy_counts(counted(name), name).sentence


def test_figures_say_before_and_after_and_one_number_where_nothing_changes() -> None:
    figures = strategy_counts(counted("random_over"), "random_over").figure.data[-1]
    assert [text.strip() for text in figures.text][:2] == ["81 → 4,693", "99 → 4,693"]
    assert figures.text[-1].strip() == "4,693"


def test_copies_and_synthetic_rows_look_different() -> None:
    shapes = [
        {
            str(trace.marker.pattern.shape)
            for trace in strategy_counts(counted(name), name).figure.data
            if trace.type == "bar"
        }
        for name in ("random_over", "smote")
    ]
    assert shapes[0] != shapes[1]


def test_a_level_training_set_stays() -> None:
    level = np.repeat(np.arange(len(DX)), 10)
    for name in ("random_over", "random_under", "smote"):
        sentence = strategy_counts(counted(name, labels=level), name).sentence
        assert sentence.startswith("All 70 images stay as they are")


def test_the_longest_bar_reaches_the_end_of_the_axis_and_its_figure_stands_in_the_margin() -> None:
    layout = strategy_counts(counted("random_over"), "random_over").figure.layout
    longest = int(TRAIN.max())
    assert longest <= layout.xaxis.range[1] <= 1.05 * longest
    assert layout.margin.r >= 7 * len(f"{longest:,} → {longest:,}".split(" →")[0])
