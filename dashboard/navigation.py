"""The app's pages, one line each, and links between them."""

from pathlib import Path

import streamlit as st

from core.classroom.settings import rooms_on
from core.config import ON_DEVICE_PLACE

HERE = Path(__file__).resolve().parent / "app_pages"
PAGES = {
    "overview": ("", "Home", "home"),
    "lesson": ("lesson", "Lesson", "school"),
    "classroom": ("class", "Class", "groups"),
    "metadata_eda": ("metadata", "Metadata", "bar_chart"),
    "split_resampling": ("splits", "Splits and resampling", "call_split"),
    "leaderboard": ("leaderboard", "Leaderboard", "leaderboard"),
    "classify": ("classify", "Classify an image", "add_a_photo"),
    "gradcam_gallery": ("gradcam", "Grad-CAM gallery", "visibility"),
}
"""File in app_pages/: address, title and icon; in navigation order, the first one at the root."""


def shown_pages() -> list[str]:
    """List the pages that this server has: rooms can be turned off."""
    return [name for name in PAGES if name != "classroom" or rooms_on()]


def get_page(name: str) -> st.Page:
    """Return a page by its file's name."""
    path, title, icon = PAGES[name]
    return st.Page(HERE / f"{name}.py", title=title, icon=f":material/{icon}:", url_path=path, default=not path)


def page_link(name: str, label: str | None = None, **query: str) -> None:
    """Show a link to another page, which opens in the same tab and keeps the visitor's session.

    Args:
        name: A key of PAGES.
        label: The link's text; default the page's title.
        query: Controls to set there, by their names in the address. Their names must not occur on the page that is
            left, because Streamlit removes those from the address.
    """
    st.page_link(get_page(name), label=label, query_params=query or None)


def on_device_address() -> str:
    """Address of the static page that classifies in the browser, which is none of Streamlit's pages."""
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return "/".join(["", *filter(None, (base, ON_DEVICE_PLACE)), ""])
