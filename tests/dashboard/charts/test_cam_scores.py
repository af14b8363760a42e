import numpy as np
import pandas as pd
import pytest

from core.explain.localization import SCORES
from core.explain.study.scores import complete
from core.explain.study.summary import GAP, summarize
from core.labels import DX
from dashboard.charts.cam_scores import AXES, by_diagnosis, fits


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)

    def made(level: float) -> pd.DataFrame:
        rows = []
        for i in range(140):
            dx, good = DX[i % 7], (i // 7) % 2 == 0
            head = {
                "image_id": f"i{i}",
                "group": i,
                "dx": dx,
                "predicted": dx if good else DX[(i + 1) % 7],
                "area": 0.2,
            }
            scores = {score: level + 0.1 * good + rng.normal(0, 0.02) for score in SCORES}
            centers = {f"center_{score}": 0.5 + rng.normal(0, 0.02) for score in SCORES}
            centers |= {f"other_{score}": 0.45 + rng.normal(0, 0.02) for score in SCORES} | {"narrow_energy": 0.8}
            rows += [
                head | {"target": t} | scores | centers for t in (["predicted"] if good else ["predicted", "true"])
            ]
        return complete(pd.DataFrame(rows))

    return summarize({"low": made(0.3), "high": made(0.6)}, draws=100)


@pytest.mark.parametrize("score", AXES)
def test_models_stand_beside_every_baseline_best_on_top(table, score):
    chart = fits(table, score)
    heat, other, center, even = chart.figure.data
    assert other.x[0] == pytest.approx(0.45, abs=0.02)
    assert list(heat.y) == ["low", "high"]
    assert heat.x[1] > heat.x[0]
    assert center.x[0] == pytest.approx(0.5, abs=0.02)
    assert even.x[0] == pytest.approx(0.2 if score != "iou" else 0.2 / 1.8)
    assert list(chart.table["model"]) == ["high", "low"]
    assert chart.sentence.count("1 of 2 models** (high)") == 2


@pytest.mark.parametrize("against", [True, False])
def test_right_is_filled_and_wrong_is_hollow_for_every_diagnosis(table, against):
    chart = by_diagnosis(table, "high", "energy", "predicted", against)
    right, wrong = chart.figure.data
    assert (right.marker.symbol, wrong.marker.symbol) == ("circle", "circle-open")
    assert len(right.x) == len(wrong.x) == len(DX)
    assert np.all(np.array(right.x) > np.array(wrong.x))
    assert np.all(np.array(right.x) < 0.4) == against
    assert "n = 10" in right.text[0]
    assert set(chart.table["outcome"]) == {"right", "wrong", GAP}
    assert "clearly higher" in chart.sentence
    assert "low" not in chart.sentence.split()


def test_a_model_with_empty_heatmaps_stands_last(table):
    empty = table[table["model"] == "low"].assign(model="none")
    figures = [name for name in empty.columns if name.startswith(("heatmap", "gain", "excess", "other"))]
    chart = fits(pd.concat([table, empty.assign(**dict.fromkeys(figures, np.nan))]), "energy")
    assert list(chart.figure.data[0].y) == ["none", "low", "high"]
    assert list(chart.table["model"]) == ["high", "low", "none"]
    assert list(chart.figure.layout.yaxis.categoryarray) == ["none", "low", "high"]  # a trace skips what has no value
