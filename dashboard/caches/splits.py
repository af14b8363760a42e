"""The caches behind the splits page's part on near duplicates."""

import pandas as pd
import streamlit as st

from core.data import leakage, splits


@st.cache_data(max_entries=1)
def committed_splits() -> pd.DataFrame:
    """Return the splits of all of HAM10000: see `core.data.splits.load_splits`."""
    return splits.load_splits()


@st.cache_data(max_entries=1)
def duplicates_across() -> pd.DataFrame:
    """Return near duplicates across the parts of the split by lesion: see `core.data.leakage.duplicates_across`."""
    return leakage.duplicates_across(splits.load_splits(), splits.load_near_duplicates())


@st.cache_data(max_entries=1)
def milk10k_overlap() -> pd.DataFrame:
    """Return what MILK10k shares with HAM10000 and the ISIC 2018 test: see `core.data.leakage.overlap_of_datasets`."""
    return leakage.milk10k_overlap()
