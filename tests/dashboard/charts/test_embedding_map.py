import numpy as np
import pandas as pd
import pytest

from dashboard.charts.embedding_map import ParentSpots, embedding_map, place


def test_the_map_draws_the_chosen_row_between_its_parents() -> None:
    images = pd.DataFrame({"x": [0.0, 2], "y": [0.0, 0], "dx": "df", "image_id": ["a", "b"], "group": [1, 2]})
    synthetic = pd.DataFrame({"x": [1.0], "y": [0.0], "dx": ["df"]})
    chart = embedding_map(images, synthetic, 0, ParentSpots((0, 0), (2, 0)))
    assert [trace.name for trace in chart.figure.data][-2:] == ["parents", "synthetic"]
    assert list(chart.figure.data[-2].x) == [0, 1, 2]
    assert "1 of the synthetic rows" in chart.sentence
    assert "creates no synthetic rows" in embedding_map(images, synthetic[:0]).sentence


def test_a_row_is_placed_between_its_two_nearest() -> None:
    known = np.array([[0, 0, 0], [2, 0, 0], [50, 0, 0]], np.float32)
    flat = np.array([[0, 0], [10, 0], [99, 99]], np.float32)
    assert place(np.array([[1, 0, 0]], np.float32), known, flat)[0] == pytest.approx([5, 0])
