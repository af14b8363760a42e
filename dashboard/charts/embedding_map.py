"""The map of the embeddings: images as dots, synthetic rows as crosses between their parents."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.labels import COLORS, DX, NAMES
from dashboard.charts.style import DX_SYMBOLS, LINE, Chart, draw
from dashboard.text.embedding_map import map_sentence

VIEWS = {"pca": "PCA", "tsne": "t-SNE"}


class ParentSpots(NamedTuple):
    """Positions on the map of the two training rows between which a synthetic row lies."""

    first: tuple[float, float]
    second: tuple[float, float]


def embedding_map(
    images: pd.DataFrame, synthetic: pd.DataFrame, chosen: int | None = None, between: ParentSpots | None = None
) -> Chart:
    """Draw training images and synthetic rows on a plane.

    Args:
        images: Columns x, y, dx, image_id, group.
        synthetic: Columns x, y, dx; the last trace, whose points can be clicked.
        chosen: Index of the synthetic row that is selected.
        between: Its parents' positions.
    """
    traces: list[go.Scatter | go.Scattergl] = []
    for dx in DX[::-1] if len(images) else ():
        rows = images[images["dx"] == dx]
        traces.append(go.Scattergl(
            x=rows["x"], y=rows["y"], mode="markers", name=dx,
            marker={"size": 5, "color": COLORS[dx], "opacity": 0.35, "symbol": DX_SYMBOLS[dx]},
            customdata=rows[["image_id", "group"]].to_numpy(), selected={"marker": {"opacity": 0.35}},
            unselected={"marker": {"opacity": 0.35}},
            hovertemplate=f"{NAMES[dx]}<br>%{{customdata[0]}}, lesion group %{{customdata[1]}}<extra></extra>",
        ))  # fmt: skip
    if chosen is not None and between:
        here = synthetic.iloc[chosen]
        x, y = zip(between.first, (here["x"], here["y"]), between.second, strict=True)
        traces.append(go.Scatter(x=x, y=y, mode="lines+markers", name="parents", line={"color": LINE, "width": 3},
                                 marker={"size": [14, 1, 14], "color": COLORS[str(here["dx"])],
                                         "line": {"width": 2, "color": LINE}}, hoverinfo="skip"))  # fmt: skip
    if len(synthetic):
        sizes = np.where(np.arange(len(synthetic)) == (-1 if chosen is None else chosen), 18, 11)
        traces.append(go.Scatter(
            x=synthetic["x"], y=synthetic["y"], mode="markers", name="synthetic",
            marker={"size": sizes, "symbol": "x", "color": [COLORS[dx] for dx in synthetic["dx"]],
                    "line": {"width": 1, "color": "#FFFFFF"}},
            customdata=np.arange(len(synthetic)), text=[NAMES[dx] for dx in synthetic["dx"]],
            selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
            hovertemplate="synthetic %{text}: click to see its parents<extra></extra>",
        ))  # fmt: skip
    bare = {"showticklabels": False, "showgrid": False, "zeroline": False}
    fig = draw(traces, 520, xaxis=bare, yaxis=bare, legend={"itemsizing": "constant"})
    return Chart(fig, images, map_sentence(images, synthetic))


def place(points: NDArray[np.float32], known: NDArray[np.float32], flat: NDArray[np.float32]) -> NDArray[np.float32]:
    """Place synthetic rows on a map that was drawn without them, between the two nearest training rows.

    Args:
        points: (m, d).
        known: (n, d) training rows.
        flat: (n, 2) their positions.
    """
    squared = (points**2).sum(axis=1)[:, None] - 2 * points @ known.T + (known**2).sum(axis=1)
    near = np.argpartition(squared, 1, axis=1)[:, :2]
    weight = 1 / np.sqrt(np.maximum(np.take_along_axis(squared, near, axis=1), 1e-9))
    weight /= weight.sum(axis=1, keepdims=True)
    return np.asarray((flat[near] * weight[..., None]).sum(axis=1), np.float32)
