"""What every part of the Grad-CAM page shares: the model and the look, and one picture beside its heatmap."""

from typing import NamedTuple

import pandas as pd
import streamlit as st

from core.data.images import Image
from core.data.masks import Mask
from core.errors import UserError
from core.labels import NAMES
from dashboard.caches import heatmaps
from dashboard.caches.heatmaps import SYNTHETIC, Pictures
from dashboard.charts.overlay import COLORMAPS, panels
from dashboard.components.widgets import about_synthetic, fetch_data
from dashboard.text.answer import percent

TARGETS = {"predicted": "Model's answer", "true": "True diagnosis"}
SCORES = {"energy": "Heat inside", "pointing": "Hottest point", "iou": "Overlap"}


class Look(NamedTuple):
    """What is explained, how that is scored, and how heatmaps are drawn.

    Attributes:
        target: Key of TARGETS: which diagnosis's heatmap.
        score: Key of SCORES.
        opacity: 0 to 1.
        colormap: Key of overlay.COLORMAPS.
        outline: Whether the lesion's outline is drawn.
    """

    target: str
    score: str
    opacity: float
    colormap: str
    outline: bool


def pick_model(names: list[str]) -> str:
    """The model that the whole page is about."""
    return str(st.selectbox("Model", names, key="model", bind="query-params", width=225))


def pick_look() -> Look:
    """What is explained, how it is scored and drawn."""
    with st.popover("Colours", icon=":material/palette:", key="look"):
        colormap = st.segmented_control(
            "Colour map", list(COLORMAPS), default="viridis", required=True, key="colormap",
            help="Viridis and inferno grow evenly to the eye; jet, which is what many papers use, shows edges that "
            "are not there.",
        )  # fmt: skip
        opacity = st.slider("Opacity", 0, 100, 60, step=5, format="%d%%", key="opacity")
        outline = st.toggle("Outline of the lesion", value=True, key="outline", help="Where a mask is installed.")
    target = st.segmented_control(
        "Heatmap for", list(TARGETS), default="predicted", required=True, key="target", format_func=TARGETS.get
    )
    score = st.segmented_control(
        "Score", list(SCORES), default="energy", required=True, key="score", format_func=SCORES.get,
        help="Share of the heatmap inside the lesion; whether its hottest point lies inside; overlap of the lesion "
        "with as many of the hottest pixels as it has itself.",
    )  # fmt: skip
    return Look(str(target), str(score), opacity / 100, str(colormap), bool(outline))


def show_kind(shown: Pictures) -> None:
    """Say what the pictures are where they are not the whole test split, and how to get the real ones."""
    if shown.kind == "synthetic":
        about_synthetic()
        with st.expander("Get the real pictures", icon=":material/download:"):
            fetch_data()
    elif len(shown.table) < shown.tested:
        st.info(
            f"{len(shown.table):,} of the {shown.tested:,} test pictures are installed; the gallery shows these.",
            icon=":material/photo_library:",
        )


def show_picture(name: str, row: pd.Series, look: Look, dx: str | None = None) -> None:
    """Picture, heatmap and overlay in one strip; one sentence in place of what is missing.

    Args:
        name: The model.
        row: Of the gallery's table.
        look: How to draw it.
        dx: Whose heatmap; None for the one that `look` names.
    """
    image_id = str(row["image_id"])
    shown = dx or str(row["said"] if look.target == "predicted" else row["dx"])
    try:
        image, heatmap = heatmaps.picture(image_id), heatmaps.heatmap(name, image_id, shown)
    except UserError as error:
        st.warning(str(error), icon=":material/broken_image:")
        return
    mask, fault = outline_of(image_id, image) if look.outline else (None, "")
    st.image(
        panels(image, heatmap, look.opacity, look.colormap, mask), width="stretch", output_format="JPEG",
        alt=f"{image_id}, {NAMES[str(row['dx'])]}: picture, heatmap of {name} for {NAMES[shown]}, and both",
    )  # fmt: skip
    if not heatmap.any():
        st.caption(f":material/blur_off: **Nothing speaks for {NAMES[shown]}** here: no heatmap.")
    if fault:
        st.caption(f":material/broken_image: {fault}")


def outline_of(image_id: str, image: Image) -> tuple[Mask | None, str]:
    """The lesion's mask, or None and one sentence why it cannot be drawn."""
    try:
        mask = heatmaps.mask(image_id)
    except UserError as error:
        return None, str(error)
    if mask is not None and mask.shape != image.shape[:2]:
        return None, f"The lesion mask of {image_id} is of another size than its picture."
    return mask, ""


def said_line(row: pd.Series) -> str:
    """What the model said of a picture, and the truth where that is something else."""
    icon = ":material/check_circle:" if row["right"] else ":material/cancel:"
    word = "drawn for" if str(row["image_id"]).startswith(SYNTHETIC) else "in truth"
    truth = "" if row["right"] else f", {word} {NAMES[str(row['dx'])]}"
    return f"{icon} {NAMES[str(row['said'])]}, {percent(row['p_said'], 1)}{truth}"


def fit_line(row: pd.Series, score: str) -> str:
    """A picture's score beside the middle spot's; empty where it has none."""
    if pd.isna(row[score]):
        return "not scored"
    spot = "" if pd.isna(row[f"center_{score}"]) else f" (middle spot {percent(row[f'center_{score}'], 1)})"
    return f"{SCORES[score].lower()} {percent(row[score], 1)}{spot}"
