"""The splits page's controls and blocks."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.data.leakage import class_counts
from core.errors import UserError
from core.labels import NAMES
from dashboard.caches import tables
from dashboard.text.phrases import amount

PICTURE_WIDTH = 320


@dataclass(frozen=True)
class Source:
    """What the page counts.

    Attributes:
        overlap: As from `core.data.leakage.count_overlap`.
        text: Where it comes from, for the line under a chart.
    """

    overlap: pd.DataFrame
    text: str


def pick_source() -> Source:
    """Counts of the installed dataset where it is whole, else those that come with the app."""
    try:
        overlap, live = tables.overlap()
    except UserError as error:
        st.error(f"{error} Shown instead: the counts that come with this app.", icon=":material/error:")
        overlap, live = tables.committed_overlap(), False
    total = class_counts(overlap, "image", "train").sum() + class_counts(overlap, "image", "test").sum()
    return Source(
        overlap, f"HAM10000, all {amount(total)}, {'as installed' if live else 'counts that come with this app'}"
    )


def pick_unit() -> str:
    """What a bar counts: "images" or "lesions"."""
    return st.segmented_control(
        "Count", ["images", "lesions"], default="images", required=True, key="unit", bind="query-params"
    )


def show_siblings() -> None:
    """Two pictures of one lesion, one from each side of the notebook's split; only where the dataset is installed."""
    try:
        pairs = tables.sibling_pairs()
    except UserError:
        return
    if pairs.empty:
        return
    st.markdown("##### One lesion, both sides")
    chosen = pairs.iloc[st.session_state.get("sibling", 0) % len(pairs)]
    try:
        pictures = [tables.thumbnail(chosen[f"{side}_path"]) for side in ("train", "test")]
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return
    with st.container(horizontal=True):
        for side, picture in zip(("train", "test"), pictures, strict=True):
            caption = f"In {side}: {chosen[side]}"
            alt = f"Dermatoscopic picture, {NAMES[chosen['dx']]}. {caption}"
            st.image(picture, caption, width=PICTURE_WIDTH, output_format="JPEG", alt=alt)
    st.markdown(
        f"Both show the same lesion ({NAMES[chosen['dx']]}). Split by image, a model is trained on the first "
        f"and tested on the second; {len(pairs):,} lesions can be leafed through here."
    )
    st.button("Another lesion", icon=":material/shuffle:", on_click=_next_sibling)


def _next_sibling() -> None:
    st.session_state["sibling"] = st.session_state.get("sibling", 0) + 1


def explain_notebook(overlap: pd.DataFrame) -> None:
    """What the notebook's balancing does, step by step."""
    pictures = class_counts(overlap, "image", "train").sum() + class_counts(overlap, "image", "test").sum()
    st.markdown(
        "The notebook balances its training side with SMOTE, but not on pictures:\n"
        "1. Age, sex, body site and the way of confirmation become one-hot columns, and so does the **picture's own "
        f"path**: {pictures - 1:,} columns that each say which picture a row is.\n"
        "2. SMOTE mixes neighbouring rows of the rare diagnoses until all diagnoses have equally many rows.\n"
        "3. A mixed row has no picture, so it gets the path of a training picture **drawn at random over all "
        "diagnoses**. The network then sees that picture and the row's label, nothing else."
    )
