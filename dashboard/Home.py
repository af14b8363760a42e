"""Entry point: `streamlit run dashboard/Home.py`. Path, page config, navigation and the notice; nothing else."""

import sys
from pathlib import Path

import streamlit as st

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from dashboard.pages import PAGES, get_page
from dashboard.settings import bound_heap, require_safe_settings, spare_collector
from dashboard.uploads import bound_uploads
from dashboard.widgets import notice

WIDTH = 1240  # pixels that a page takes at most, which is a screen of 1400; charts gain nothing beyond

# A file of our own, for Streamlit has the browser fetch a material icon for the tab from another server.
st.set_page_config(page_title="HAM10000 lab", page_icon=str(HERE / "icon.png"), layout="wide")
require_safe_settings()
spare_collector()
bound_heap()
bound_uploads()
page = st.navigation([get_page(name) for name in PAGES], position="top")
with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
    page.run()
    notice()
