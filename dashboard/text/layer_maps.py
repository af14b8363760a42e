"""One picture across the layers of a network, in words."""

from core.explain.study.layer_maps import Array, Strips
from dashboard.text.phrases import percent

HOT = 0.5


def hot_share(heatmap: Array) -> float:
    """Share of a heatmap's cells that are at least half as hot as the hottest; 0 where there is no heat."""
    return float((heatmap >= HOT).mean())


def layers_sentence(strips: Strips, at: int) -> str:
    """How the hot part grows from the shallowest layer to the last.

    Args:
        strips: As `core.explain.study.layer_maps.read_strips` gives them.
        at: Which picture.
    """
    names = list(strips.layers)
    first, last = (hot_share(strips.layers[name][at]) for name in (names[0], names[-1]))
    if not (first and last):
        silent = names[0] if not first else names[-1]
        return f"At **{silent}** nothing speaks for the answer, so there is nothing to compare."
    more = "a larger" if last > first else "a smaller"
    return (
        f"At **{names[0]}** {percent(first, 1)} of the cells are at least half as hot as the hottest, at "
        f"**{names[-1]}** {percent(last, 1)}: the last layers, which the heatmaps of "
        f"this page come from, mark {more} part of the "
        "picture, in coarser cells."
    )
