import pandas as pd
import pytest

from core.explain.faithfulness import COVERS
from core.explain.study.checks import CURVES, ORDERS, OTHER, WHOLE
from dashboard.charts.cam_checks import covers, curves, randomized


def made(box: float = 0.15, bottom: float = 0.1, gap: float = 0.2) -> pd.DataFrame:
    rows = []
    for check in CURVES:
        for i, order in enumerate(ORDERS):
            rows += [(check, order, step, "probability", 0.2 + 0.1 * i + 0.5 * step) for step in (0.0, 0.5, 1.0)]
            rows.append((check, order, None, "auc", 0.5))
        rows += [(check, f"heatmap minus {order}", None, "auc", gap) for order in ("center", "random")]
    rows += [("randomisation", OTHER, 0.0, "rank correlation", 0.4)]
    rows += [
        ("randomisation", name, i, "rank correlation", v)
        for i, (name, v) in enumerate([("top", 0.9), ("conv", bottom)])
    ]
    for series, value in zip((WHOLE, *COVERS), (0.7, 0.4, box, 0.5), strict=True):
        rows += [("covered", series, None, metric, value) for metric in ("accuracy", "balanced_accuracy")]
    table = pd.DataFrame(rows, columns=["check", "series", "step", "measure", "value"])
    return table.assign(low=table["value"] - 0.02, high=table["value"] + 0.02, images=64)


@pytest.mark.parametrize("check", CURVES)
def test_three_orders_from_no_pixel_to_all(check):
    chart = curves(made(), check)
    assert [list(trace.x) for trace in chart.figure.data] == [[0, 0.5, 1]] * 3
    assert ("better than random order (+0.200" in chart.sentence) == (check == "insertion")
    assert ("worse than random order (+0.200" in chart.sentence) == (check == "deletion")
    assert "not clearly different from random" in curves(made(gap=0.01), check).sentence


@pytest.mark.parametrize(
    ("bottom", "result"), [(0.1, "comes from"), (0.7, "does not come"), (0.41, "no clear difference")]
)
def test_randomized_weights_against_another_image(bottom, result):
    chart = randomized(made(bottom=bottom))
    assert list(chart.figure.data[0].x) == ["top", "conv"]
    assert chart.figure.layout.shapes[0].y0 == 0.4
    assert result in chart.sentence


@pytest.mark.parametrize(("box", "result"), [(0.15, "not clearly above guessing"), (0.3, "still above guessing")])
def test_covered_lesions_and_what_is_left(box, result):
    chart = covers(made(box=box))
    assert len(chart.figure.data) == 2
    assert chart.figure.data[0].y[-1] == "Whole image"
    assert result in chart.sentence
