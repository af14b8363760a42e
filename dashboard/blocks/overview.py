"""The home page's blocks: seven pictures, three ways in, and the state of data and models."""

import math
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.data.leakage import leaked_share
from core.data.metadata import Dataset
from core.data.summary import sample_rows
from core.errors import UserError
from core.evaluation.cards import Card
from core.labels import DX, NAMES
from dashboard import loaders
from dashboard.charts.words import amount, percent
from dashboard.widgets import fetch_data

PICTURE_WIDTH = 108
SAMPLE_SEED = 4
Cards = Mapping[str, Card]


def find_installed() -> tuple[Dataset | None, str | None]:
    """The installed dataset, or None and, where it is faulty, why."""
    try:
        return loaders.dataset(), None
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


def show_strip(installed: Dataset | None) -> None:
    """One picture of each diagnosis: real where pictures are installed, else synthetic."""
    try:
        pictures = _real(installed) if installed and installed.images else _synthetic()
    except UserError as error:
        st.warning(str(error), icon=":material/hide_image:")
        return
    with st.container(horizontal=True, gap="small"):
        for dx, (picture, kind) in pictures.items():
            alt = f"{kind}, {NAMES[dx]}"
            st.image(picture, NAMES[dx], width=PICTURE_WIDTH, output_format="JPEG", alt=alt)
    for kind in {kind for _, kind in pictures.values()}:
        st.caption(f"{kind}, one for each diagnosis.")


def _real(installed: Dataset) -> dict[str, tuple[object, str]]:
    rows = sample_rows(installed.with_pictures, 1, SAMPLE_SEED).set_index("dx")["image_id"]
    paths = {dx: str(installed.images[rows[dx]]) for dx in DX if dx in rows}
    return {dx: (loaders.thumbnail(path), "Dermatoscopic pictures from HAM10000") for dx, path in paths.items()}


def _synthetic() -> dict[str, tuple[object, str]]:
    drawn = {dx: loaders.phantoms(dx, 1, 0) for dx in DX}
    return {dx: (pictures[0], "Synthetic lesions, no photographs") for dx, (pictures, _) in drawn.items() if pictures}


def show_ways(overlap: pd.DataFrame) -> None:
    """Three ways in."""
    seen = leaked_share(overlap, "image").loc["all"]
    _way(
        "Learn",
        "school",
        "Who is in the data, and how a split by image lets a model be tested on lesions it has seen: "
        f"{percent(seen['leaked'], seen['total'])} of the test images in a public notebook.",
        (("metadata_eda", "Metadata", "bar_chart"), ("split_resampling", "Splits and resampling", "call_split")),
    )
    _way(
        "Compare",
        "leaderboard",
        "Models side by side on lesions that none of them has seen, each figure with its interval.",
        (("leaderboard", "Leaderboard", "leaderboard"),),
    )
    _way(
        "Try",
        "add_a_photo",
        "Give a picture, get probabilities, not a verdict; see which part of a picture moved a model.",
        (("classify", "Classify a picture", "add_a_photo"), ("gradcam_gallery", "Grad-CAM gallery", "visibility")),
    )


def _way(name: str, icon: str, text: str, pages: tuple[tuple[str, str, str], ...]) -> None:
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"##### :material/{icon}: {name}")
        st.markdown(text)
        with st.container(horizontal=True, gap="small"):
            for page, label, page_icon in pages:
                st.page_link(f"app_pages/{page}.py", label=label, icon=f":material/{page_icon}:", width="content")


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


def show_models(cards: Cards) -> None:
    """How many models there are, and the best figure with its interval."""
    if not cards:
        st.markdown(":material/model_training: **No model is trained yet**: `python -m core train baseline_cnn`.")
        return
    served = sum("export" in card for card in cards.values())
    ready = "ready to classify" if served == len(cards) else f"{served} of them ready to classify"
    st.markdown(f":material/model_training: **{amount(len(cards), 'trained models')}**, {ready}.")
    figures = {name: figure for name, card in cards.items() if (figure := test_figure(card))}
    if not figures:
        return
    best = max(figures, key=lambda name: figures[name][0])
    value, low, high = figures[best]
    tested = cards[best].get("evaluated", {}).get("test", {})
    where = f" ({tested['pictures']:,} images of {tested['lesions']:,} lesions)" if tested else ""
    st.metric(f"Best balanced accuracy: {best}", f"{value:.3f}", border=True)
    st.caption(
        f"95 % interval {low:.3f} to {high:.3f}; test side of the lesion split{where}, balanced operating point. "
        f"Balanced accuracy is the mean sensitivity over the diagnoses; guessing gives {1 / len(DX):.3f}."
    )


def test_figure(card: Card) -> tuple[float, float, float] | None:
    """A model's balanced accuracy on the test split as (value, low, high); None where it has not been measured."""
    try:
        value, low, high = (float(x) for x in card["figures"]["test"]["balanced_accuracy"])
    except (KeyError, TypeError, ValueError):
        return None
    return (value, low, high) if math.isfinite(value) else None
