"""What surrounds every page: page config, checks of the server's settings, navigation and the notice."""

from pathlib import Path

import streamlit as st

from dashboard.components.widgets import notice
from dashboard.navigation import get_page, shown_pages
from dashboard.server.memory import bound_heap, spare_collector, trim_heap, work_alone
from dashboard.server.settings import require_safe_settings
from dashboard.server.uploads import bound_uploads

WIDTH = 1240
"""Maximum width of a page in pixels; charts gain nothing beyond it."""
ICON = Path(__file__).resolve().parent / "icon.png"
"""A file of our own: Streamlit would have the browser fetch a material icon for the tab from another server."""


def show_page() -> None:
    """Show the page that the address names."""
    st.set_page_config(page_title="HAM10000 lab", page_icon=str(ICON), layout="wide")
    require_safe_settings()
    spare_collector()
    bound_heap()
    trim_heap()
    work_alone()
    bound_uploads()
    page = st.navigation([get_page(name) for name in shown_pages()], position="top")
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
        page.run()
        notice()
