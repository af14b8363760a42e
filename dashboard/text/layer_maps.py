"""One image across the layers of a network, in words."""

from core.explain.study.layer_maps import Array, LayerHeatmaps
from dashboard.text.format import percent

HOT = 0.5


def hot_share(heatmap: Array) -> float:
    """Return the share of cells that are at least half as hot as the hottest; 0 for an empty heatmap."""
    return float((heatmap >= HOT).mean())


def layers_sentence(maps: LayerHeatmaps, at: int) -> str:
    """Compare the hot part at the first and at the last layer.

    Args:
        maps: As `core.explain.study.layer_maps.read_layer_maps` returns them.
        at: Row of the image.
    """
    names = list(maps.layers)
    first, last = (hot_share(maps.layers[name][at]) for name in (names[0], names[-1]))
    if not (first and last):
        empty = names[0] if not first else names[-1]
        return f"The heatmap is empty at **{empty}**, so there is nothing to compare."
    more = "a larger" if last > first else "a smaller"
    return (
        f"{percent(first)} of the cells at **{names[0]}** are at least half as hot as the hottest, {percent(last)} at "
        f"**{names[-1]}**: the last layers, at which Grad-CAM is usually computed, mark {more} part of the image, in "
        "coarser cells."
    )
