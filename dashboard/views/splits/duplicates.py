"""Near duplicates: those across the parts of the split by lesion, and those between public datasets."""

import pandas as pd
import streamlit as st

from dashboard.caches import splits, tables
from dashboard.charts.splits import datasets_overlap
from dashboard.components.drawn import drawn
from dashboard.components.widgets import LINE_WIDTH, chart_block, download_table
from dashboard.text.splits import removed_sentence

METHOD = "found by matching SIFT keypoints with a similarity transform"


def show_duplicates() -> None:
    """Show the pairs across the parts of the split, and the overlap of MILK10k with HAM10000 and the ISIC 2018 test."""
    found = splits.duplicates_across()
    st.markdown("## Near duplicates across the split by lesion")
    st.table(_readable(found), border="horizontal", hide_index=True)
    parts = splits.committed_splits()
    st.markdown(removed_sentence(found, parts, _learned_all(parts)), width=LINE_WIDTH)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.caption(f"HAM10000, {METHOD}; `python -m core check --duplicates` finds such pairs", width="stretch")
        download_table(found, "near_duplicates")
    chart = drawn(datasets_overlap, splits.milk10k_overlap())
    source = f"MILK10k (doi:10.34970/648456) against HAM10000 and the ISIC 2018 Task 3 test; {METHOD}"
    chart_block(*chart, key="datasets", title="Overlap between public datasets", source=source)


def _learned_all(parts: pd.DataFrame) -> list[str]:
    """Name the models whose training set is larger than the one without near duplicates."""
    clean = int(((parts["lesion"] == "train") & ~parts["near_duplicate"]).sum())
    return [name for name, card in tables.cards().items() if sum(card.data.train_counts.values()) > clean]


def _readable(found: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({
        "Between": found["earlier"] + " and " + found["later"],
        "Pairs of images": found["pairs"],
        "Lesions removed": found["lesions"],
        "Images removed": found["images"],
        "From": found["earlier"],
    })  # fmt: skip
