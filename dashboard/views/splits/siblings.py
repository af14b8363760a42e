"""The splits page: controls, pairs of images of one lesion, and the notebook's SMOTE explained."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.data.leakage import class_counts
from core.errors import UserError
from dashboard.caches import splits, tables
from dashboard.components.pick_number import pick_number
from dashboard.text.format import count
from dashboard.text.phrases import inside

IMAGE_WIDTH = 320


@dataclass(frozen=True)
class OverlapSource:
    """The data that the page counts.

    Attributes:
        overlap: As from `core.data.leakage.count_overlap`.
        text: The source line under every chart.
    """

    overlap: pd.DataFrame
    text: str


def pick_source() -> OverlapSource:
    """Return the counts of the installed dataset if it is complete, else those included in the app."""
    try:
        overlap, live = splits.overlap()
    except UserError as error:
        st.error(f"{error} The page shows the counts included in the app instead.", icon=":material/error:")
        overlap, live = tables.committed_overlap(), False
    total = class_counts(overlap, "image", "train").sum() + class_counts(overlap, "image", "test").sum()
    return OverlapSource(
        overlap, f"HAM10000, all {count(total)}, {'as installed' if live else 'counts included in the app'}"
    )


def pick_unit() -> str:
    """Pick what a bar counts: "images" or "lesions"."""
    return st.segmented_control(
        "Count", ["images", "lesions"], default="images", required=True, key="unit", bind="query-params"
    )


def start() -> dict[str, object]:
    """Return where the controls of these tabs stand at first, by their keys."""
    return {"unit": "images", "sibling": 1}


def show_siblings() -> None:
    """Show two images of one lesion, one from train and one from test in the notebook's split, if installed."""
    try:
        pairs = splits.sibling_pairs()
    except UserError:
        return
    if pairs.empty:
        return
    st.markdown("## One lesion in both train and test")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = pick_number("Lesion", "Another lesion", "sibling", "another-sibling")
    chosen = pairs.iloc[(number - 1) % len(pairs)]
    try:
        thumbnails = [tables.thumbnail(chosen[f"{split}_path"]) for split in ("train", "test")]
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return
    with st.container(horizontal=True):
        for split, thumbnail in zip(("train", "test"), thumbnails, strict=True):
            caption = f"In {split}: {chosen[split]}"
            alt = f"Dermatoscopic image, {inside(chosen['dx'])}. {caption}"
            st.image(thumbnail, caption, width=IMAGE_WIDTH, output_format="JPEG", alt=alt)
    st.markdown(
        f"Both images show the same lesion ({inside(chosen['dx'])}). With a split by image, a model is trained on the "
        f"first and tested on the second. There are {len(pairs):,} such lesions."
    )


def explain_notebook(overlap: pd.DataFrame) -> None:
    """Explain the notebook's balancing step by step."""
    images = class_counts(overlap, "image", "train").sum() + class_counts(overlap, "image", "test").sum()
    st.markdown(
        "A public Kaggle notebook, one of the two projects that this app grew from, balances its training set with "
        "SMOTE (synthetic minority over-sampling), but on metadata instead of images:\n"
        "1. Age, sex, body site and the way of confirmation become one-hot columns. So does the **path of the image "
        f"file**: {images - 1:,} columns, each of which identifies one image.\n"
        "2. SMOTE interpolates between neighbouring rows of the rare diagnoses until every diagnosis has the same "
        "number of rows.\n"
        "3. A synthetic row has no image, so it gets the path of a training image **drawn at random from all "
        "diagnoses**. The network only sees that image and the row's label."
    )
