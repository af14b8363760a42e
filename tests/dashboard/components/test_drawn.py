"""Charts are drawn once for all, except those of a visitor's own data."""

import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboard.caches import computed
from dashboard.charts.frozen import FrozenFigure
from dashboard.charts.style import Chart, draw
from dashboard.components.drawn import drawn

CALLS: list[int] = []


@pytest.fixture(autouse=True)
def _empty() -> None:
    computed._once.clear()
    CALLS.clear()


def bars(table: pd.DataFrame, height: int = 200) -> Chart:
    """Count a call, and draw one bar a row."""
    CALLS.append(height)
    return Chart(draw([go.Bar(y=table["n"])], height), table, f"{len(table)} bars.")


def test_a_chart_is_drawn_once() -> None:
    charts = [drawn(bars, pd.DataFrame({"n": [1, 2]}), height=300) for _ in range(3)]
    assert CALLS == [300]
    assert isinstance(charts[0].figure, FrozenFigure)
    assert charts[0].figure.to_dict()["layout"]["height"] == 300
    assert charts[0].sentence == charts[2].sentence == "2 bars."


def test_another_table_or_option_is_drawn_anew() -> None:
    tables = [pd.DataFrame({"n": [1, 2]}), pd.DataFrame({"n": [1, 3]})]
    figures = [drawn(bars, table).figure.to_dict()["data"][0]["y"] for table in tables]
    assert figures[0] != figures[1]
    drawn(bars, tables[0], height=201)
    assert CALLS == [200, 200, 201]


def test_a_visitors_own_data_is_not_kept() -> None:
    for _ in range(2):
        chart = drawn(bars, pd.DataFrame({"n": [1]}), kept=False)
        assert not isinstance(chart.figure, FrozenFigure)
    assert len(CALLS) == 2
