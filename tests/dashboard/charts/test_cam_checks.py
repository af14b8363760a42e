import pandas as pd
import pytest

from core.explain.faithfulness import COVERS
from core.explain.study.checks import CURVES, ORDERS, WHOLE
from core.explain.study.randomized import OTHER
from dashboard.charts.cam_checks import covers, curves, randomized
from dashboard.text.cam_checks import checks_table


def made(box: float = 0.15, bottom: float = 0.1, gap: float = 0.2) -> pd.DataFrame:
    rows = []
    for check in CURVES:
        for i, order in enumerate(ORDERS):
            rows += [(check, order, step, "probability", 0.2 + 0.1 * i + 0.5 * step) for step in (0.0, 0.5, 1.0)]
            rows.append((check, order, None, "auc", 0.5))
        rows += [(check, f"heatmap minus {order}", None, "auc", gap) for order in ORDERS[1:]]
    rows += [("randomisation", OTHER, 0.0, "rank correlation", 0.4)]
    rows += [
        ("randomisation", name, i, "rank correlation", v)
        for i, (name, v) in enumerate([("top", 0.9), ("conv", bottom)])
    ]
    rows += [("randomisation", name, i, "empty", v) for i, (name, v) in enumerate([("top", 0.0), ("conv", 0.25)])]
    for series, value in zip((WHOLE, *COVERS), (0.7, 0.4, box, 0.5), strict=True):
        rows += [("covered", series, None, metric, value) for metric in ("accuracy", "balanced_accuracy")]
    table = pd.DataFrame(rows, columns=["check", "series", "step", "measure", "value"])
    return table.assign(low=table["value"] - 0.02, high=table["value"] + 0.02, images=64, seeds=3, undefined=0)


@pytest.mark.parametrize("check", CURVES)
def test_every_order_from_no_pixel_to_all(check):
    chart = curves(made(), check)
    assert [list(trace.x) for trace in chart.figure.data] == [[0, 0.5, 1]] * 4
    assert "another image's heatmap order" in chart.sentence
    assert ("better than random order (+0.200" in chart.sentence) == (check == "insertion")
    assert ("worse than random order (+0.200" in chart.sentence) == (check == "deletion")
    assert "not clearly different from random" in curves(made(gap=0.01), check).sentence


@pytest.mark.parametrize(
    ("bottom", "result"), [(0.1, "depend on"), (0.7, "does not come"), (0.41, "no clear difference")]
)
def test_randomized_weights_against_another_image(bottom, result):
    chart = randomized(made(bottom=bottom))
    assert list(chart.figure.data[0].x) == [0, 1]
    assert list(chart.figure.data[0].customdata[:, 0]) == ["top", "conv"]
    assert chart.figure.layout.shapes[0].y0 == 0.4
    assert result in chart.sentence
    assert "empty for 25% of the images" in chart.sentence and "undefined" not in chart.sentence


def test_an_empty_layer_cam_is_not_said_to_be_signed():
    sentence = randomized(made(), "LayerCAM").sentence
    assert "LayerCAM is empty for 25% of the images" in sentence and "signed" not in sentence
    assert "Correlations are of signed heatmaps: Grad-CAM itself" in randomized(made()).sentence


def test_where_no_correlation_is_defined_nothing_is_compared():
    table = made()
    table.loc[(table["series"] == "conv") & (table["measure"] == "rank correlation"), ["value", "low", "high"]] = None
    sentence = randomized(table).sentence
    assert "undefined with all layers randomized" in sentence and "nothing to compare" in sentence
    assert "no clear difference" not in sentence
    row = checks_table({"net": table, "other": made()}, "Model").set_index("Model")
    assert row["Passed"].to_dict() == {"net": "1 of 2", "other": "2 of 3"}
    assert row.loc["net", "Weights shuffled"] == "undefined"


def test_heatmaps_that_are_the_same_for_every_image_prove_nothing():
    table = made()
    table.loc[table["series"] == OTHER, ["value", "low", "high"]] = 1.0
    sentence = randomized(table).sentence
    assert "the same for every image" in sentence and "depend on what the model learned" not in sentence


def test_undefined_correlations_are_counted():
    table = made()
    table.loc[(table["series"] == "conv") & (table["measure"] == "rank correlation"), "undefined"] = 7
    assert "7 correlations with a constant heatmap are undefined" in randomized(table).sentence


@pytest.mark.parametrize(("box", "result"), [(0.15, "not clearly above guessing"), (0.3, "still above guessing")])
def test_covered_lesions_and_what_is_left(box, result):
    chart = covers(made(box=box))
    assert len(chart.figure.data) == 2
    assert chart.figure.data[0].y[-1] == "Whole image"
    assert result in chart.sentence


def test_without_an_interval_guessing_is_not_mentioned():
    table = made(box=0.3)
    table.loc[table["series"] == COVERS[1], ["low", "high"]] = None
    assert "too few images to tell it from guessing" in covers(table).sentence
    table.loc[table["series"] == COVERS[1], "value"] = 0.132
    assert "too few images to tell it from guessing" in covers(table).sentence
    table.loc[table["series"] == COVERS[1], "value"] = 0.1429  # one prediction for all: every draw is the same
    assert "not clearly above guessing" in covers(table).sentence
