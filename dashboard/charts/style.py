"""The style that all charts share: one function makes a figure, the rest are colours and parts.

One figure works in light and dark themes: backgrounds are transparent, Streamlit replaces the ink by the theme's, and
every mark has a contrast of at least 3 to both backgrounds (tests/dashboard/charts/test_style.py).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType
from plotly.colors import hex_to_rgb

from core.labels import DX, NAMES

INK = "#000037"
"""Streamlit's placeholder for the theme's strongest grey; the grey that it gives axes is too pale to read on white."""
GRID = "rgba(128,128,128,0.22)"
LINE = "#808080"
"""For reference lines, and for marks of unknown or undecided values."""
ACCENT = "#4477AA"
"""For marks of no particular diagnosis."""
CONTRAST = "#CC7A29"
"""For the second of two such marks: orange against blue survives every colour blindness."""
CATEGORIES = ("#3D719A", "#B9821E", "#3F9583", "#B0688E")
"""For up to four groups that aren't diagnoses."""
SHADES = [[0.0, "#D5DFE9"], [1.0, "#2B5C8F"]]
DIVERGING = [[0.0, "#2B5C8F"], [0.5, "#ECEFF2"], [1.0, "#B8621B"]]
DARK_INK, LIGHT_INK = "#000000", "#FFFFFF"
"""Cells of a heatmap are opaque and have their own ink: no ink is readable on half-shaded cells in both themes."""
DARK_CELL = 0.79
"""Share of the scale from which light ink reads better; around it, only black and white keep a contrast of 4.5."""


MARK = 12
"""Size of a figure's mark in pixels."""
STROKE = 2
"""Width in pixels of lines, of a hollow mark's outline and of an interval."""
CAP = 5
"""Width in pixels of an interval's ends."""


class Chart(NamedTuple):
    """A figure, the table that it shows, and one sentence on what to see in it."""

    figure: go.Figure
    table: pd.DataFrame
    sentence: str


def _base(height: int) -> dict[str, Any]:
    return {
        "height": height,
        # The button that saves the chart is always visible on touch screens: above the marks, transparent.
        "margin": {"l": 4, "r": 20, "t": 28, "b": 4, "autoexpand": True},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": LINE},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 13, "color": INK},
        "dragmode": False,
        "bargap": 0.22,
        "barcornerradius": 3,
        "hoverlabel": {"align": "left"},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yref": "container", "xanchor": "left", "yanchor": "top"},
    }


AXIS = {
    "automargin": True,
    "gridcolor": GRID,
    "zerolinecolor": GRID,
    "title": {"standoff": 8, "font": {"size": 13, "color": INK}},
    "tickfont": {"size": 12, "color": INK},
}


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Merge nested dicts; the second wins, except where it has None."""
    both = {
        k: _merged(base[k], v) if isinstance(v, dict) and isinstance(base.get(k), dict) else v
        for k, v in over.items()
        if v is not None
    }
    return base | both


def draw(traces: Sequence[BaseTraceType | dict[str, Any]], height: int = 360, **layout: Any) -> go.Figure:
    """Make a figure in the shared style: small margins that grow with the labels, legend above, no drag-zoom.

    A finger that drags over a chart scrolls the page. All in one go, because plotly's later updates take several
    times as long as building the whole figure.

    Args:
        traces: What to draw, as Plotly's objects, or in half the time as dicts, whose arrays must be lists; with
            `scattermode="group"`, scatter traces over categories on the y axis, where they stand side by side, and not
            shifted along x.
        height: In pixels.
        layout: Plotly's layout as nested dicts; overrides the shared style.
    """
    if layout.get("scattermode") == "group":
        for trace in traces:
            trace["orientation"] = "h"
    axes = {"xaxis", "yaxis"} | {name for name in layout if name.startswith(("xaxis", "yaxis"))}
    return _unchecked(traces, _merged(_base(height) | dict.fromkeys(axes, AXIS), layout))


def _unchecked(traces: Sequence[BaseTraceType | dict[str, Any]], layout: dict[str, Any]) -> go.Figure:
    """Make a figure that Plotly doesn't check, which would take most of the time; the tests check every one."""
    return go.Figure(traces, layout, _validate=False)


def error_bars(
    low: Sequence[float] | pd.Series,
    value: Sequence[float] | pd.Series,
    high: Sequence[float] | pd.Series,
    color: str | None = None,
) -> dict[str, Any]:
    """Make Plotly's error bars from the ends of intervals; a figure without an interval gets none.

    Args:
        low: Lower ends.
        value: The figures.
        high: Upper ends.
        color: Of the bars; default the marks' own.
    """
    middle = np.asarray(value, float)
    up, down = np.nan_to_num(np.asarray(high, float) - middle), np.nan_to_num(middle - np.asarray(low, float))
    style = {"type": "data", "symmetric": False, "thickness": STROKE, "width": CAP}
    return {"array": up, "arrayminus": down, **style, **({} if color is None else {"color": color})}


def interval_bars(rows: pd.DataFrame, name: str, color: str | None = None) -> dict[str, Any]:
    """Make Plotly's error bars from the columns NAME_low, NAME and NAME_high."""
    return error_bars(rows[f"{name}_low"], rows[name], rows[f"{name}_high"], color)


def dx_label(dx: str, width: int = 20) -> str:
    """Break a diagnosis's name into lines of about `width` letters, for axes and legends."""
    lines = [""]
    for word in NAMES[dx].split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)


SHARES = {
    "range": [0, 1],
    "tickvals": [0, 0.25, 0.5, 0.75, 1],
    "ticktext": ["0%", "25", "50", "75", "100%"],
}
"""An axis of shares, written as in the sentences."""
DX_LABELS = {dx: dx_label(dx) for dx in DX}
DX_SYMBOLS = dict(
    zip(DX, ("square", "diamond", "triangle-up", "star", "cross", "circle", "triangle-down"), strict=True)
)
"""For markers that would otherwise differ only in colour."""


def ink_on(color: str) -> str:
    """Return black or white, whichever contrasts more with a colour (WCAG 2.2, relative luminance)."""
    share = np.array(hex_to_rgb(color)) / 255
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)
    return LIGHT_INK if (light + 0.05) ** 2 < 0.05 * 1.05 else DARK_INK


def written(name: str, color: str) -> dict[str, Any]:
    """Make a part of stacked bars that shows its name if there is room, so that colour isn't the only sign.

    Args:
        name: As in the legend.
        color: Of the part.
    """
    return {
        "name": name, "marker": {"color": color}, "text": name, "textposition": "inside", "textangle": 0,
        "insidetextanchor": "middle", "textfont": {"color": ink_on(color)},
    }  # fmt: skip


WHOLE_NAMES = {"minsize": 10, "mode": "hide"}
"""Layout's uniformtext for `written`: a name that doesn't fit is left out, not shrunk."""


def empty_figure(text: str, height: int = 200) -> go.Figure:
    """Make a figure that says why it is empty."""
    note = {
        "text": text,
        "showarrow": False,
        "x": 0.5,
        "y": 0.5,
        "xref": "paper",
        "yref": "paper",
        "font": {"size": 15},
    }
    return draw([], height, xaxis={"visible": False}, yaxis={"visible": False}, annotations=[note])


def heatmap(values: pd.DataFrame, text: pd.DataFrame | None = None, hover: str = "%{y}, %{x}: %{z:,}") -> go.Figure:
    """Draw a table as shaded cells with their numbers.

    Args:
        values: Numbers to shade, zero being the lightest; rows from top to bottom.
        text: Text of the cells, same shape; default the numbers with thousands separators.
        hover: Plotly hovertemplate.
    """
    written = values.map("{:,}".format) if text is None else text
    rows, columns = values.shape
    z = values.to_numpy(float)
    most = np.nanmax(z) if np.any(z > 0) else 1.0
    shades = go.Heatmap(
        z=z, x=list(values.columns), y=list(values.index), colorscale=SHADES, showscale=False, zmin=0, zmax=most,
        hovertemplate=f"{hover}<extra></extra>", xgap=2, ygap=2,
    )  # fmt: skip
    figures = go.Scatter(
        x=list(values.columns) * rows, y=[name for name in values.index for _ in range(columns)],
        text=written.to_numpy().ravel(), mode="text", hoverinfo="skip",
        textfont={"color": np.where(z > DARK_CELL * most, LIGHT_INK, DARK_INK).ravel()},
    )  # fmt: skip
    category = {"showgrid": False, "type": "category"}
    return draw(
        [shades, figures], height=84 + 30 * rows, showlegend=False, margin={"t": 52},  # labels below the button
        xaxis={"side": "top", **category}, yaxis={"autorange": "reversed", **category},
    )  # fmt: skip
