"""ROC, PR and reliability: every curve and bin drawn, sentences that say what their tables say."""

import numpy as np
import pandas as pd
import pytest

from core.labels import COLORS, DX, NAMES
from core.stats import Estimate
from dashboard.charts.curves import precision_recall, reliability_diagram, roc


@pytest.fixture
def areas() -> pd.DataFrame:
    rows = [(dx, 40, 30, 0.1, 0.9 + i / 100, 0.85, 0.99, 0.5, 0.4, 0.6) for i, dx in enumerate(DX)]
    columns = ["dx", "images", "lesions", "base_rate", "auc", "auc_low", "auc_high", "ap", "ap_low", "ap_high"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def points() -> pd.DataFrame:
    curve = {"threshold": [np.inf, 0.6, 0.1], "false_positive_rate": [0, 0.1, 1.0], "recall": [0, 0.8, 1.0]}
    curve["precision"] = [1.0, 0.7, 0.1]
    return pd.concat([pd.DataFrame(curve).assign(dx=dx) for dx in DX], ignore_index=True)


@pytest.mark.parametrize("draw", [roc, precision_recall])
def test_the_diagnosis_in_question_is_drawn_last_and_full(draw, points, areas) -> None:  # type: ignore[no-untyped-def]
    lines = draw(points, areas, "bcc").figure.data
    assert [line.name for line in lines][-1] == NAMES["bcc"]
    assert {line.name for line in lines} == set(NAMES.values())
    assert lines[-1].opacity == 1 and all(line.opacity < 1 for line in lines[:-1])
    assert lines[-1].line.color == COLORS["bcc"]
    assert np.isfinite(np.asarray(lines[-1].customdata, float)).all()


def test_sentences_give_areas_with_intervals_and_what_guessing_gives(points: pd.DataFrame, areas: pd.DataFrame) -> None:
    text = roc(points, areas, "mel").sentence
    assert "AUC 0.940 [0.850, 0.990] for melanomas" in text
    assert all(part in text for part in ("0.900 (actinic keratoses)", "0.960 (vascular lesions)"))
    chart = precision_recall(points, areas, "mel")
    assert "Average precision 0.500 [0.400, 0.600] for melanomas" in chart.sentence
    assert all(part in chart.sentence for part in ("5 times", "0.100"))
    assert chart.figure.layout.shapes[0].y0 == chart.figure.layout.shapes[0].y1 == 0.1


def test_a_diagnosis_without_images_has_no_curve(points: pd.DataFrame, areas: pd.DataFrame) -> None:
    areas.loc[areas["dx"] == "df", ["auc", "ap"]] = np.nan
    without = points[points["dx"] != "df"]
    assert "no dermatofibromas" in roc(without, areas, "df").sentence
    assert "no dermatofibromas" in precision_recall(without, areas, "df").sentence
    assert len(roc(without, areas, "mel").figure.data) == 6


def bins(*rows: tuple[float, float, int, float, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["confidence", "right", "images", "right_low", "right_high"])
    return table.assign(start=table["confidence"] - 0.02, end=table["confidence"] + 0.02, lesions=table["images"])


def test_reliability_names_the_bins_beyond_chance() -> None:
    table = bins((0.5, 0.5, 100, 0.4, 0.6), (0.9, 0.7, 100, 0.6, 0.8))
    chart = reliability_diagram(table, Estimate(0.1, 0.08, 0.12))
    assert "0.100 [0.080, 0.120]" in chart.sentence
    assert "overconfident by 10.0" in chart.sentence
    assert "1 bin: 0.88 to 0.92" in chart.sentence
    (marks,) = chart.figure.data
    assert list(marks.y) == [0.5, 0.7] and marks.customdata[:, 0].tolist() == [100, 100]


def test_one_of_ten_bins_may_be_off_by_chance() -> None:
    just = (0.5, 0.4, 100, 0.3, 0.495)  # off on its own, with p = 0.04
    table = bins(just, *[(0.5 + i / 20, 0.5 + i / 20, 100, 0.4 + i / 20, 0.6 + i / 20) for i in range(1, 10)])
    assert "in 1 bin: 0.48 to 0.52" in reliability_diagram(table[:1], Estimate(0.1, 0.08, 0.12)).sentence
    assert "No bin is off" in reliability_diagram(table, Estimate(0.01, 0, 0.03)).sentence


def test_reliability_of_modest_models_and_empty_bins() -> None:
    table = bins((0.5, 0.6, 100, 0.45, 0.7), (0.9, np.nan, 0, np.nan, np.nan))
    chart = reliability_diagram(table, Estimate(0.1, 0.0, 0.2))
    assert "underconfident" in chart.sentence and "No bin" in chart.sentence
    assert len(chart.figure.data[0].x) == 1
