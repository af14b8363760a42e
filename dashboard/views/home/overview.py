"""The home page's blocks: seven pictures, three ways in, two charts, and the state of data and models."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.data.images import Image
from core.data.leakage import leaked_share
from core.data.metadata import Dataset
from core.data.summary import sample_rows
from core.errors import UserError
from core.evaluation.leaderboard import MAJORITY
from core.evaluation.metrics import METRICS
from core.labels import DX, NAMES
from core.store.card import Card
from dashboard.caches import tables
from dashboard.charts.eda import dx_counts
from dashboard.charts.evaluation import forest
from dashboard.charts.overlay import film
from dashboard.components.widgets import chart_block, fetch_data
from dashboard.navigation import page_link
from dashboard.text.phrases import amount, percent
from dashboard.views.leaderboard.ranking import INTERVALS, test_set

SAMPLE_SEED = 4
TOP = 5
"""Models shown."""
PLACE = 420
"""Pixels that the best models take, kept free for them."""
ROW = 29
"""Pixels for each bar or model: both pictures fit on one screen with what leads to them."""


def find_installed() -> tuple[Dataset | None, str | None]:
    """The installed dataset, or None and, where it is faulty, why."""
    try:
        return tables.dataset(), None
    except UserError as error:
        return None, str(error)


def size(counts: pd.DataFrame) -> str:
    """How many images and lesions the counts hold, in words."""
    return f"{amount(counts['images'].sum())} of {amount(counts['lesions'].sum(), 'lesions')}"


def lead(counts: pd.DataFrame) -> str:
    """What this is, in one sentence."""
    return (
        f"Look at {size(counts)} in {counts['dx'].nunique()} diagnoses, compare models that learned from them, and try "
        "them on a picture of your own: a place to learn how imbalance, leaks and wishful figures come about."
    )


def show_state(installed: Dataset | None, fault: str | None, cards: Mapping[str, Card]) -> None:
    """What is there to work with, data and models, in a line."""
    served = sum(card.export is not None for card in cards.values())
    with st.container(horizontal=True, gap="xsmall"):
        if fault:
            st.badge("Dataset faulty", icon=":material/error:", color="red")
        elif installed and installed.images:
            text = f"{amount(len(installed.images), 'pictures')} installed"
            st.badge(text, icon=":material/database:", color="green")
        else:
            st.badge("No pictures installed, synthetic ones shown", icon=":material/database:", color="gray")
        if cards:
            text = f"{amount(len(cards), 'trained models')}, {served} ready to classify"
            st.badge(text, icon=":material/model_training:", color="green" if served else "gray")
        else:
            st.badge("No model trained yet", icon=":material/model_training:", color="gray")


def show_strip(installed: Dataset | None) -> None:
    """One picture of each diagnosis, side by side: real where pictures are installed, else synthetic."""
    try:
        kind, pictures = _real(installed) if installed and installed.images else _synthetic()
    except UserError as error:
        st.warning(str(error), icon=":material/hide_image:")
        return
    text = f"{kind}, from left to right: {', '.join(NAMES[dx] for dx in pictures)}."
    st.image(film(list(pictures.values())), text, width="stretch", output_format="JPEG", alt=text)


def _real(installed: Dataset) -> tuple[str, dict[str, Image]]:
    rows = sample_rows(installed.with_images, 1, SAMPLE_SEED).set_index("dx")["image_id"]
    pictures = {dx: tables.thumbnail(str(installed.images[rows[dx]])) for dx in DX if dx in rows}
    return "Dermatoscopic pictures from HAM10000", pictures


def _synthetic() -> tuple[str, dict[str, Image]]:
    drawn = {dx: tables.synthetic_images(dx, 1, 0)[0] for dx in DX}
    return "Synthetic lesions, no photographs", {dx: pictures[0] for dx, pictures in drawn.items() if pictures}


def show_ways(overlap: pd.DataFrame) -> None:
    """Three ways in, side by side."""
    seen = leaked_share(overlap, "image").loc["all"]
    leaked = percent(seen["leaked"], seen["total"])
    learn, compare, attempt = st.columns(3)
    with learn, _way("Learn", "school"):
        st.markdown(
            f"Who is in the data, and how a split by image tests a model on lesions that it has seen: {leaked} of the "
            "test images in a public notebook."
        )
        _links("metadata_eda", "split_resampling")
    with compare, _way("Compare", "leaderboard"):
        st.markdown(
            "Models side by side on lesions that none of them has seen, each figure with its interval; and what wrong "
            "protocols would add to it."
        )
        _links("leaderboard")
    with attempt, _way("Try", "add_a_photo"):
        st.markdown(
            "Give a picture, get probabilities, not a verdict; see which part of a picture moved a model, and whether "
            "that was the lesion."
        )
        _links("classify", "gradcam_gallery")


def _way(name: str, icon: str) -> DeltaGenerator:
    way = st.container(border=True, height="stretch", gap="xsmall")
    way.markdown(f"##### :material/{icon}: {name}")
    return way


def _links(*pages: str) -> None:
    with st.container(horizontal=True, gap="small"):
        for page in pages:
            page_link(page)


def show_imbalance(counts: pd.DataFrame) -> None:
    """The counts of the diagnoses as a picture."""
    chart = dx_counts(counts, "images", row=ROW)
    source = f"HAM10000, {size(counts)}, no split"
    chart_block(*chart, key="imbalance", title="Seven diagnoses, far from equal", source=source)


def show_top(rows: pd.DataFrame) -> None:
    """The best models with their intervals, from the leaderboard's own table."""
    if rows.empty:
        st.markdown("##### The best models")
        st.info("**No model is trained yet**: `python -m core train baseline_cnn`.", icon=":material/model_training:")
        return
    metric = METRICS["balanced_accuracy"]
    top = pd.concat([rows[rows["name"] != MAJORITY].head(TOP), rows[rows["name"] == MAJORITY]])
    source = f"{test_set(top)}; {INTERVALS}"
    chart_block(*forest(top, metric, row=ROW), key="top", title="The best models, with intervals", source=source)


def show_data(installed: Dataset | None, fault: str | None, counts: pd.DataFrame) -> None:
    """Whether HAM10000 is installed, in whole or in part, and how to get it where it is not."""
    whole = int(counts["images"].sum())
    if fault:
        st.error(f"{fault} Until then, counts that come with the app are shown.", icon=":material/error:")
    elif installed is None:
        st.markdown(
            f":material/database: **No pictures installed.** The counts of all {amount(whole)} come with the app; "
            "pictures are synthetic and say so."
        )
    elif len(installed.images) == whole:
        st.markdown(f":material/database: **All of HAM10000 is installed**: {amount(whole)}.")
    else:
        st.markdown(
            f":material/database: **A part of HAM10000 is installed**: {len(installed.images):,} of {amount(whole)}."
        )
    if fault or installed is None or len(installed.images) < whole:
        with st.expander("Get the real pictures", icon=":material/download:"):
            fetch_data()
