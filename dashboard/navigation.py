"""The app's pages, each in one line, and links from one to another."""

from pathlib import Path

import streamlit as st

HERE = Path(__file__).resolve().parent / "app_pages"
PAGES = {
    "overview": ("", "Home", "home"),
    "metadata_eda": ("metadata", "Metadata", "bar_chart"),
    "split_resampling": ("splits", "Splits and resampling", "call_split"),
    "leaderboard": ("leaderboard", "Leaderboard", "leaderboard"),
    "classify": ("classify", "Classify a picture", "add_a_photo"),
    "gradcam_gallery": ("gradcam", "Grad-CAM gallery", "visibility"),
}
"""A file of app_pages/ with its address, title and icon; in the order of the navigation, the first one at the root."""


def get_page(name: str) -> st.Page:
    """A page by its file's name."""
    path, title, icon = PAGES[name]
    return st.Page(HERE / f"{name}.py", title=title, icon=f":material/{icon}:", url_path=path, default=not path)


def page_link(name: str, label: str | None = None, **query: str) -> None:
    """A link to another page, which opens in the same tab and keeps the visitor's session.

    Args:
        name: A key of PAGES.
        label: What the link says; default the page's title.
        query: Controls to set there, as that page's address has them; none whose name the page left has too, for
            Streamlit takes those out of the address when it leaves.
    """
    st.page_link(get_page(name), label=label, query_params=query or None)
