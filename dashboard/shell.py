"""What surrounds every page: page config, checks of the server's settings, navigation and the notice."""

from pathlib import Path

import streamlit as st

from dashboard.components.uploads import MANY
from dashboard.components.widgets import notice
from dashboard.navigation import get_page, shown_pages
from dashboard.server.memory import bound_heap, collect_garbage, trim_heap, work_alone
from dashboard.server.settings import require_safe_settings
from dashboard.server.uploads import bound_uploads, forget_uploads

WIDTH = 1240
"""Maximum width of a page in pixels; charts gain nothing beyond it."""
ICON = Path(__file__).resolve().parent / "icon.png"
"""A file of our own: Streamlit would have the browser fetch a material icon for the tab from another server."""

STYLE = """<style>
[data-testid^="stBaseButton-primary"] { color: light-dark(#fff, #11171d); }
.stApp .stPlotlyChart [style*="fill: rgb(38, 39, 48)"], .stApp .stPlotlyChart [style*="fill: rgb(250, 250, 250)"] {
  fill: light-dark(rgb(38, 39, 48), rgb(250, 250, 250)) !important;
}
.stApp .stPlotlyChart [style*="stroke: rgb(38, 39, 48)"],
.stApp .stPlotlyChart [style*="stroke: rgb(250, 250, 250)"] {
  stroke: light-dark(rgb(38, 39, 48), rgb(250, 250, 250)) !important;
}
@media print {
  .stApp:not(:has(.st-key-lesson)) [data-testid="stMain"] { zoom: .55; }
  .stApp .stPlotlyChart, .stApp figure { break-inside: avoid; }
  .stApp [data-testid="stElementContainer"]:has(h2, h3) { break-after: avoid; }
}
</style>"""
"""On the dark theme's light blue, Streamlit's white reads badly. And charts keep the ink that they were drawn with when
the system's theme changes: these are Streamlit's inks for light and dark themes. (A dialog lies outside .stApp, where
light-dark() knows no theme.) Charts keep their width on paper, so a page is made smaller until the widest fits on A4;
the lesson's fit as they are."""


def show_page() -> None:
    """Show the page that the address names."""
    st.set_page_config(page_title="HAM10000 lab", page_icon=str(ICON), layout="wide")
    require_safe_settings()
    collect_garbage()
    bound_heap()
    trim_heap()
    work_alone()
    bound_uploads()
    st.html(STYLE)
    page = st.navigation([get_page(name) for name in shown_pages()], position="top")
    if forget_uploads(page.url_path):
        st.session_state.pop(MANY, None)
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
        page.run()
        notice()
