"""A frozen figure shows what the figure showed, and takes little memory."""

import json
import pickle
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io
from streamlit.testing.v1 import AppTest

from dashboard.charts.frozen import FrozenFigure, freeze
from dashboard.charts.style import Chart, draw


def _chart() -> Chart:
    bars = go.Bar(x=np.array([1.5, np.nan]), y=["one", "two"], orientation="h")
    return Chart(draw([bars], 240, xaxis={"range": [0, 2]}), pd.DataFrame({"n": [1.5]}), "One bar.")


def test_it_is_written_as_the_figure_would_be() -> None:
    chart = _chart()
    done = freeze(chart)
    assert json.loads(plotly.io.to_json(done.figure.to_dict(), validate=False)) == json.loads(chart.figure.to_json())
    assert (done.sentence, id(done.table)) == (chart.sentence, id(chart.table))


def test_each_visitor_gets_a_copy_of_its_own() -> None:
    figure = freeze(_chart()).figure
    figure.to_dict()["data"].clear()
    assert len(figure.to_dict()["data"]) == 1


def test_it_is_much_smaller() -> None:
    chart = _chart()
    assert len(freeze(chart).figure._written) < len(pickle.dumps(chart.figure)) * 1.5
    assert set(vars(freeze(chart).figure)) == {"_written"}


def _page(figure: "go.Figure") -> None:
    import streamlit as st

    st.plotly_chart(figure)


def _sent(figure: go.Figure) -> dict[str, Any]:
    page = AppTest.from_function(_page, kwargs={"figure": figure}).run()
    assert not page.exception
    spec: dict[str, Any] = json.loads(page.get("plotly_chart")[0].proto.spec)
    return spec


def test_streamlit_sends_the_same_specification() -> None:
    chart = _chart()
    assert isinstance(freeze(chart).figure, FrozenFigure)
    assert _sent(freeze(chart).figure) == _sent(chart.figure)
