"""The lesson's chart on SMOTE: four places to tap, and the new point on its way from one image to another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.lessons.smote_scene import LETTERS, Scene
from core.lessons.step import GuessValue
from dashboard.charts.style import ACCENT, CONTRAST, INK, LINE, Chart, draw

HEIGHT = 290
FRAMES = 13
PLACES = "Places to choose"
"""Name of the trace whose points can be tapped."""


def smote_chart(scene: Scene, guess: GuessValue | None, position: float | None, sentence: str) -> Chart:
    """Draw the scene; after the reveal with the new point, which Play moves from the parent to its place.

    Args:
        scene: The images and the four places.
        guess: The chosen place, if there is one.
        position: Where the new point is shown on the line; None before the reveal.
        sentence: What the chart shows.
    """
    x, y = scene.points.T
    others = np.setdiff1d(np.arange(len(x)), [scene.parent, *scene.neighbors])
    traces = [
        go.Scatter(x=x[others], y=y[others], mode="markers", name="Dermatofibromas", hoverinfo="skip",
                   marker={"color": LINE, "size": 6, "symbol": "circle"}),
        go.Scatter(x=x[list(scene.neighbors)], y=y[list(scene.neighbors)], mode="markers", name="Nearest neighbours",
                   hoverinfo="skip",
                   marker={"color": ACCENT, "size": 9, "symbol": "square-open", "line": {"width": 2}}),
        go.Scatter(x=x[[scene.parent]], y=y[[scene.parent]], mode="markers", name="Start", hoverinfo="skip",
                   marker={"color": ACCENT, "size": 15, "symbol": "star"}),
        go.Scatter(x=x[[scene.neighbors[0]]], y=y[[scene.neighbors[0]]], mode="markers", name="Chosen neighbour",
                   hoverinfo="skip", marker={"color": ACCENT, "size": 12, "symbol": "square"}),
        _places(scene, guess),
    ]  # fmt: skip
    layout, frames = {}, []
    if position is not None:
        path = np.array([scene.at(position * i / (FRAMES - 1)) for i in range(FRAMES)])
        traces += [_line(scene), _new(path[-1])]
        frames = [go.Frame(data=[_new(place)], traces=[len(traces) - 1], name=str(i)) for i, place in enumerate(path)]
        layout = {"updatemenus": [_play()]}
    span = _range(scene)
    bare = {"showticklabels": False, "showgrid": False, "zeroline": False, "fixedrange": True}
    fig = draw(traces, HEIGHT, margin={"t": 58, "l": 8}, xaxis=span[0] | bare, yaxis=span[1] | bare,
               **layout)  # fmt: skip
    fig.frames = frames
    table = pd.DataFrame(scene.places, index=["x", "y"]).T.rename_axis("place").reset_index()
    return Chart(fig, table, sentence)


def _places(scene: Scene, guess: GuessValue | None) -> go.Scatter:
    keys = list(scene.places)
    return go.Scatter(
        x=[scene.places[key][0] for key in keys], y=[scene.places[key][1] for key in keys], mode="markers+text",
        text=[LETTERS[key] for key in keys], textfont={"size": 14, "color": INK}, textposition="top center",
        customdata=keys, name=PLACES, hovertemplate="Place %{text}<extra></extra>",
        marker={
            "size": [17 if key == guess else 13 for key in keys], "color": CONTRAST,
            "symbol": ["diamond" if key == guess else "diamond-open" for key in keys],
            "line": {"width": 2, "color": CONTRAST},
        },
    )  # fmt: skip


def _line(scene: Scene) -> go.Scatter:
    ends = np.array([scene.at(0), scene.at(1)])
    return go.Scatter(x=ends[:, 0], y=ends[:, 1], mode="lines", name="Line", showlegend=False, hoverinfo="skip",
                      line={"color": ACCENT, "width": 1.5, "dash": "dot"})  # fmt: skip


def _new(place: np.ndarray) -> go.Scatter:
    return go.Scatter(x=[place[0]], y=[place[1]], mode="markers", name="New point", hoverinfo="skip",
                      marker={"color": ACCENT, "size": 15, "symbol": "cross"})  # fmt: skip


def _play() -> dict[str, object]:
    args = [None, {"frame": {"duration": 90, "redraw": False}, "transition": {"duration": 0}, "fromcurrent": False}]
    button = {"label": "▶ Play", "method": "animate", "args": args}
    place = {"x": 0, "y": 0, "xanchor": "left", "yanchor": "bottom", "pad": {"b": 4, "l": 4}}
    return {"type": "buttons", "showactive": False, "buttons": [button], "font": {"size": 13}, **place}


def _range(scene: Scene) -> list[dict[str, Any]]:
    """Fixed axes that hold all images and places."""
    every = np.concatenate([scene.points, np.array(list(scene.places.values()))])
    low, high = every.min(axis=0), every.max(axis=0)
    return [{"range": [float(a - 0.08 * (b - a)), float(b + 0.12 * (b - a))]} for a, b in zip(low, high, strict=True)]
