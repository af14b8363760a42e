"""The home page: seven images, three ways in, two charts, and what is installed."""

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
from core.labels import DX
from core.store.card import Card
from dashboard.caches import tables
from dashboard.charts.eda import dx_counts
from dashboard.charts.evaluation import forest
from dashboard.charts.overlay import film
from dashboard.components.widgets import chart_block, fetch_data
from dashboard.navigation import page_link
from dashboard.text.evaluation import INTERVALS, test_sets
from dashboard.text.format import count
from dashboard.text.home import lead, learn_text, size
from dashboard.text.phrases import inside

SAMPLE_SEED = 4
TOP = 5
"""Models shown."""
PLACE = 420
"""Height in pixels that is reserved for the best models."""
ROW = 29
"""Pixels per bar or model, so that both charts fit on one screen."""


def find_installed() -> tuple[Dataset | None, str | None]:
    """Return the installed dataset, or None; if it is faulty, also why."""
    try:
        return tables.dataset(), None
    except UserError as error:
        return None, str(error)


def show_lead(counts: pd.DataFrame) -> None:
    """Say what the app is for."""
    st.markdown(lead(counts))


def show_state(installed: Dataset | None, fault: str | None, cards: Mapping[str, Card]) -> None:
    """Say in one line which data and models there are."""
    served = sum(card.export is not None or bool(card.members) for card in cards.values())
    with st.container(horizontal=True, gap="xsmall"):
        if fault:
            st.badge("Dataset faulty", icon=":material/error:", color="red")
        elif installed and installed.images:
            text = f"{count(len(installed.images))} installed"
            st.badge(text, icon=":material/database:", color="green")
        else:
            st.badge("No images installed, showing synthetic ones", icon=":material/database:", color="gray")
        if cards:
            text = f"{count(len(cards), 'trained models')}, {served} ready to classify"
            st.badge(text, icon=":material/model_training:", color="green" if served else "gray")
        else:
            st.badge("No trained models yet", icon=":material/model_training:", color="gray")


def show_examples(installed: Dataset | None) -> None:
    """Show one image of each diagnosis: real if images are installed, else synthetic."""
    try:
        kind, images = _real(installed) if installed and installed.images else _synthetic()
    except UserError as error:
        st.warning(str(error), icon=":material/hide_image:")
        return
    text = f"{kind}, from left to right: {', '.join(inside(dx) for dx in images)}."
    st.image(film(list(images.values())), text, width="stretch", output_format="JPEG", alt=text)


def _real(installed: Dataset) -> tuple[str, dict[str, Image]]:
    rows = sample_rows(installed.with_images, 1, SAMPLE_SEED).set_index("dx")["image_id"]
    images = {dx: tables.thumbnail(str(installed.images[rows[dx]])) for dx in DX if dx in rows}
    return "Dermatoscopic images from HAM10000", images


def _synthetic() -> tuple[str, dict[str, Image]]:
    drawn = {dx: tables.synthetic_images(dx, 1, 0)[0] for dx in DX}
    return "Synthetic lesions, not photographs", {dx: images[0] for dx, images in drawn.items() if images}


def show_ways(overlap: pd.DataFrame) -> None:
    """Show three ways in, side by side."""
    seen = leaked_share(overlap, "image").loc["all"]
    learn, compare, attempt = st.columns(3)
    with learn, _way("Learn", "school"):
        st.markdown(learn_text(seen["leaked"], seen["total"]))
        _links("metadata_eda", "split_resampling")
    with compare, _way("Compare", "leaderboard"):
        st.markdown(
            "See how the models score on lesions that none of them has seen, with intervals, and how much a wrong "
            "protocol would inflate the scores."
        )
        _links("leaderboard")
    with attempt, _way("Try", "add_a_photo"):
        st.markdown(
            "Get class probabilities for an image of your own, see which part of it the model relied on, and whether "
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
    """Show how many images each diagnosis has."""
    chart = dx_counts(counts, "images", row=ROW)
    source = f"HAM10000, {size(counts)}, no split"
    chart_block(*chart, key="imbalance", title="Seven diagnoses, very unequal in number", source=source)


def show_top(rows: pd.DataFrame) -> None:
    """Show the best models with their intervals, from the leaderboard's table."""
    if rows.empty:
        st.markdown("##### The best models")
        st.info(
            "**No model is trained yet.** Start with `python -m core train baseline_cnn`.",
            icon=":material/model_training:",
        )
        return
    metric = METRICS["balanced_accuracy"]
    top = pd.concat([rows[rows["name"] != MAJORITY].head(TOP), rows[rows["name"] == MAJORITY]])
    source = f"{test_sets(top)}; {INTERVALS}"
    chart_block(*forest(top, metric, row=ROW), key="top", title="The best models", source=source)


def show_data(installed: Dataset | None, fault: str | None, counts: pd.DataFrame) -> None:
    """Say whether HAM10000 is installed, and offer to download it if it is not complete."""
    whole = int(counts["images"].sum())
    if fault:
        st.error(f"{fault} Until this is fixed, the app shows the counts included in it.", icon=":material/error:")
    elif installed is None:
        st.markdown(
            f":material/database: **No images installed.** The app includes the counts of all {count(whole)}; the "
            "images shown are synthetic and labelled as such."
        )
    elif len(installed.images) == whole:
        st.markdown(f":material/database: **HAM10000 is installed completely**: {count(whole)}.")
    else:
        st.markdown(
            f":material/database: **HAM10000 is installed in part**: {len(installed.images):,} of {count(whole)}."
        )
    if fault or installed is None or len(installed.images) < whole:
        with st.expander("Download the real images", icon=":material/download:"):
            fetch_data()
