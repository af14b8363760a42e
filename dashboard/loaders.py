"""The only caches of the app: what core loads, kept between reruns and shared by sessions."""

import streamlit as st

from core.data.metadata import Dataset, find_dataset


@st.cache_resource(ttl=60, show_spinner="Reading the dataset")
def dataset() -> Dataset | None:
    """The installed HAM10000, or None; looked for again once a minute.

    Raises:
        UserError: It is there but faulty.
    """
    return find_dataset()
