"""Entry point: `streamlit run dashboard/Home.py`. Path, page config, navigation and the notice; nothing else."""

import sys
from pathlib import Path

import streamlit as st

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from dashboard.settings import require_safe_settings, spare_collector
from dashboard.widgets import notice

# A file of our own, for Streamlit has the browser fetch a material icon for the tab from another server.
st.set_page_config(page_title="HAM10000 lab", page_icon=str(HERE / "icon.png"), layout="wide")
require_safe_settings()
spare_collector()
page = st.navigation(
    [
        st.Page("app_pages/overview.py", title="Home", icon=":material/home:", default=True),
        st.Page("app_pages/metadata_eda.py", title="Metadata", icon=":material/bar_chart:", url_path="metadata"),
        st.Page(
            "app_pages/split_resampling.py",
            title="Splits and resampling",
            icon=":material/call_split:",
            url_path="splits",
        ),
        st.Page("app_pages/leaderboard.py", title="Leaderboard", icon=":material/leaderboard:", url_path="leaderboard"),
        st.Page(
            "app_pages/classify.py", title="Classify a picture", icon=":material/add_a_photo:", url_path="classify"
        ),
        st.Page(
            "app_pages/gradcam_gallery.py", title="Grad-CAM gallery", icon=":material/visibility:", url_path="gradcam"
        ),
    ],
    position="top",
)
page.run()
notice()
