"""A grid of images, each with its heatmap on hover, on focus or on a tap."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import streamlit as st

from core.data.images import Image
from core.inference.report import data_url

STYLE = (
    "<style>.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:.9rem}"
    ".grid figure{margin:0;border-radius:.375rem;outline-offset:2px}"
    ".grid .both{position:relative;aspect-ratio:4/3}"
    ".grid img{position:absolute;inset:0;width:100%;height:100%;border-radius:.375rem}"
    ".grid .heat{opacity:0;transition:opacity .15s}"
    ".grid figure:hover .heat,.grid figure:focus .heat{opacity:1}"
    ".grid figcaption{font-size:.875rem;line-height:1.35;overflow-wrap:anywhere;padding-top:.25rem}"
    "@media (prefers-reduced-motion:reduce){.grid .heat{transition:none}}</style>"
)


class Cell(NamedTuple):
    """One image of the grid.

    Attributes:
        image: uint8, (height, width, 3), RGB.
        heated: The same with its heatmap; None if there is none.
        title: First line of the caption.
        lines: Its other lines.
    """

    image: Image
    heated: Image | None
    title: str
    lines: Sequence[str]


def image_grid(cells: Sequence[Cell]) -> None:
    """Show the grid; texts are escaped."""
    st.html(STYLE + f'<div class="grid">{"".join(map(_figure, cells))}</div>')


def _figure(cell: Cell) -> str:
    text = "<br>".join(escape(line) for line in cell.lines)
    alt = escape(f"{cell.title}: {'; '.join(cell.lines)}", quote=True)
    heat = ""
    if cell.heated is not None:
        heat = f'<img class="heat" alt="The same with its heatmap" src="{data_url(cell.heated)}">'
    return (
        f'<figure tabindex="0"><div class="both"><img alt="{alt}" src="{data_url(cell.image)}">{heat}</div>'
        f"<figcaption><strong>{escape(cell.title)}</strong><br>{text}</figcaption></figure>"
    )
