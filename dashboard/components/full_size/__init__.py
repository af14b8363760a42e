"""One image at full size with its heatmap: zoom, move, and hide the heatmap while a key or the image is pressed.

Streamlit's own image can only be enlarged once, and knows no second layer.
"""

from pathlib import Path

import streamlit as st

from core.data.images import Image
from core.inference.report import data_url

FOLDER = Path(__file__).resolve().parent
HTML = (
    '<div class="bar"><button type="button" class="out" aria-label="Zoom out">&minus;</button><output>100%</output>'
    '<button type="button" class="in" aria-label="Zoom in">+</button></div>'
    '<div class="stage" tabindex="0" role="group" aria-label="Image: hold H, or press it, to hide the heatmap">'
    '<div class="layers"><img alt=""><img alt=""></div></div>'
)
HINT = (
    "Press the image, or hold **H** while it has the focus, to hide the heatmap. Zoom with the buttons, **+** and "
    "**\N{MINUS SIGN}**, a double click or two fingers; drag, or use the arrow keys, to move."
)

_component = st.components.v2.component(
    "full_size", html=HTML, css=(FOLDER / "full_size.css").read_text(), js=(FOLDER / "full_size.js").read_text()
)


def full_size(image: Image, heated: Image, *, name: str, alt: str, heated_alt: str, key: str) -> None:
    """Show an image and, over it, the same with its heatmap.

    Args:
        image: uint8, (height, width, 3), RGB.
        heated: The same size.
        name: Of the image: zoom and place stay while it is the same.
        alt: What `image` shows, for screen readers.
        heated_alt: What `heated` shows.
        key: Unique on the page.
    """
    urls = {"image": data_url(image), "heated": data_url(heated)}
    _component(key=key, data=urls | {"name": name, "alt": alt, "heated_alt": heated_alt})
    st.caption(HINT)
