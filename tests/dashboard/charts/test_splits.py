"""The split charts show the counts they are given, and their sentences say what the counts say."""

import pandas as pd
import pytest

from core.data.leakage import SHOWS, count_overlap, load_overlap, overlap_of_datasets
from core.labels import COLORS, DX
from dashboard.charts.splits import class_shares, datasets_overlap, overlap_bars

OVERLAP = load_overlap()


@pytest.fixture
def few() -> pd.DataFrame:
    """Four images of two melanomas: one in train and test by image, one in test alone."""
    splits = pd.DataFrame(
        {
            "group": [1, 1, 2, 2],
            "image": ["train", "test", "test", "test"],
            "lesion": ["train", "train", "test", "test"],
        },
        index=list("abcd"),
    )
    return count_overlap(splits, pd.Series("mel", index=list("abcd")))


def test_the_notebooks_leak_is_drawn_and_counted() -> None:
    chart = overlap_bars(OVERLAP, "image")
    leaked, new, figures = chart.figure.data
    assert list(leaked.y)[-1] == "Dermatofibroma"
    assert leaked.x[-1] == pytest.approx(17 / 23)
    assert list(leaked.x + new.x) == pytest.approx([1.0] * len(DX))
    assert figures.text[-1].strip() == "17 of 23"
    assert chart.sentence.startswith("**798 of 2,003 test images (40%)")
    assert all(n in chart.sentence for n in ("74% of the derma", "69% of the melanomas", "30% of the melanocytic"))
    assert chart.table.iloc[-1].tolist()[:3] == ["all", 798, 2003]


def test_this_projects_split_has_nothing_to_draw() -> None:
    chart = overlap_bars(OVERLAP, "lesion")
    assert sum(chart.figure.data[0].x) == 0
    assert "None of 2,004 test images" in chart.sentence


def test_both_splits_list_the_diagnoses_in_one_order() -> None:
    assert list(overlap_bars(OVERLAP, "image").figure.data[0].y) == list(
        overlap_bars(OVERLAP, "lesion").figure.data[0].y
    )


def test_lesions_are_counted_as_lesions() -> None:
    chart = overlap_bars(OVERLAP, "image", "lesions")
    assert chart.sentence.startswith("**731 of 1,879 test lesions (39%)")
    assert "None of 1,491 test lesions" in overlap_bars(OVERLAP, "lesion", "lesions").sentence


@pytest.mark.parametrize("unit", ["images", "lesions"])
def test_a_few_images_and_empty_splits_are_drawn_too(few: pd.DataFrame, unit: str) -> None:
    chart = overlap_bars(few, "image", unit)
    n, of = (1, 3) if unit == "images" else (1, 2)
    assert chart.sentence.startswith(f"**{n} of {of} test {unit}")
    nobody = few.assign(images=0, lesions=0)
    assert overlap_bars(nobody, "lesion", unit).sentence.endswith("is empty.")


def test_every_side_is_a_bar_of_shares() -> None:
    chart = class_shares(OVERLAP)
    assert [trace.marker.color for trace in chart.figure.data] == [COLORS[dx] for dx in DX]
    assert sum(trace.x for trace in chart.figure.data) == pytest.approx([1.0] * 5)
    assert chart.figure.data[0].y[-1] == "by image<br><b>train</b>"
    assert chart.table[["split_scheme", "split", "all"]].to_numpy().tolist() == [
        ["image", "train", 8012], ["image", "test", 2003],
        ["lesion", "train", 7009], ["lesion", "validation", 1002], ["lesion", "test", 2004],
    ]  # fmt: skip
    assert (chart.table[list(DX)].sum(axis=1) == chart.table["all"]).all()


def test_the_sentence_names_the_largest_gap_of_each_split() -> None:
    sentence = class_shares(OVERLAP).sentence
    assert "0.025 (actinic keratoses) when split by image" in sentence
    assert "0.058 (benign keratoses) when split by lesion" in sentence
    assert "doesn't reveal" in sentence


def test_a_gap_that_can_be_seen_is_not_called_hidden() -> None:
    sentence = class_shares(OVERLAP, "lesions").sentence
    assert "3.3 (melanocytic nevi) when split by image" in sentence
    assert "doesn't reveal" not in sentence


def test_the_overlap_of_datasets_is_drawn_from_the_table() -> None:
    left_out = pd.DataFrame({
        "same_as": ["ISIC_1", "ISIC_2", "isic2018_task3_test", None],
        "reason": ["same photograph or lesion"] * 3 + ["doubtful"],
    })  # fmt: skip
    chart = datasets_overlap(overlap_of_datasets(left_out, kept=6))
    assert dict(zip(chart.table["shows"], chart.table["images"], strict=True)) == dict(
        zip(SHOWS, (2, 1, 1, 6), strict=True)
    )
    assert list(chart.figure.data[0].x) == [6, 1, 1, 2]
    assert chart.sentence.startswith("**3 of MILK10k's 10 dermatoscopic images (30%) show a lesion of HAM10000 (2)")
