"""Figures that are ready to be shown: written once, kept as text, shown to many."""

import json
from typing import Any

import plotly.graph_objects as go
import plotly.io

from dashboard.charts.style import Chart


class FrozenFigure(go.Figure):  # type: ignore[misc]  # plotly has no types
    """A figure that can be shown but not changed.

    Plotly checks every value of a figure when it is made and copies all of them when it is shown. This one holds
    nothing but its JSON, a fortieth of the memory, so that it can be kept and shown to every visitor.
    """

    def __init__(self, figure: go.Figure) -> None:
        """Write the figure, without Plotly's own constructor, which would check every value again."""
        self._written = str(plotly.io.to_json(figure, validate=False))

    def to_dict(self) -> dict[str, Any]:
        """Return data and layout, with arrays as Plotly writes them."""
        found: dict[str, Any] = json.loads(self._written)
        return found


def freeze(chart: Chart) -> Chart:
    """Return the same chart with a figure that is ready to be shown.

    Example:
        >>> import pandas as pd
        >>> from dashboard.charts.style import draw
        >>> chart = freeze(Chart(draw([go.Bar(x=[1, 2], y=["a", "b"])]), pd.DataFrame(), "Two bars."))
        >>> chart.figure.to_dict()["data"][0]["y"]
        ['a', 'b']
    """
    return chart._replace(figure=FrozenFigure(chart.figure))
