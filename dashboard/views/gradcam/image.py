"""What every tab of the Grad-CAM page shares: the controls, and one image beside its heatmap."""

from typing import NamedTuple

import pandas as pd
import streamlit as st

from core.data.images import Image
from core.data.masks import Mask
from core.errors import UserError
from core.inference.heatmaps import METHODS, HeatmapMethod
from core.labels import NAMES
from dashboard.caches import heatmaps
from dashboard.caches.heatmaps import SYNTHETIC, Gallery
from dashboard.charts.overlay import COLORMAPS, panels
from dashboard.components import models
from dashboard.components.download import fetch_data
from dashboard.components.widgets import about_synthetic, dataset_fault
from dashboard.text.format import percent
from dashboard.text.models import model_label
from dashboard.text.phrases import inside
from dashboard.text.predicted_class import METHOD_HELP, ONLY_GRAD_CAM

TARGETS = {"predicted": "Predicted class", "true": "True class"}
SCORES = {"energy": "Share inside lesion", "pointing": "Hottest point", "iou": "Overlap"}


class Display(NamedTuple):
    """Which heatmaps are shown, how they are scored and how they are drawn.

    Attributes:
        target: Key of TARGETS: the class whose heatmap is shown.
        score: Key of SCORES.
        opacity: 0 to 1.
        colormap: Key of overlay.COLORMAPS.
        outline: Whether the lesion's outline is drawn.
        method: By which heatmaps are computed, where a model offers it.
    """

    target: str
    score: str
    opacity: float
    colormap: str
    outline: bool
    method: HeatmapMethod = METHODS[0]


def pick_model(names: list[str]) -> str:
    """Pick the model for the whole page."""
    return str(models.pick_model("Model", names, "model"))


def pick_display() -> Display:
    """Pick which heatmaps are shown, how they are scored and drawn."""
    with st.popover("Colours", icon=":material/palette:", key="look"):
        colormap = st.segmented_control(
            "Colour map", list(COLORMAPS), default="viridis", required=True, key="colormap", bind="query-params",
            help="Viridis and inferno look evenly graded; jet, which many papers use, shows edges that aren't there.",
        )  # fmt: skip
        opacity = st.slider("Opacity", 0, 100, 60, step=5, format="%d%%", key="opacity", bind="query-params")
        outline = st.toggle(
            "Lesion outline",
            value=True,
            key="outline",
            bind="query-params",
            help="Drawn if the lesion masks are installed.",
        )
    method = st.segmented_control(
        "Method", METHODS, default=METHODS[0], required=True, key="method", bind="query-params", help=METHOD_HELP
    )
    target = st.segmented_control(
        "Heatmap for",
        list(TARGETS),
        default="predicted",
        required=True,
        key="target",
        format_func=TARGETS.__getitem__,
        bind="query-params",
    )
    score = st.segmented_control(
        "Metric", list(SCORES), default="energy", required=True, key="score", format_func=SCORES.__getitem__,
        bind="query-params",
        help="How well the heatmap fits the lesion: the share of the heatmap inside it, whether the hottest point lies "
        "inside, or the overlap (intersection over union) of the lesion with equally many of the hottest pixels.",
    )  # fmt: skip
    by = next(each for each in METHODS if each == method)
    return Display(str(target), str(score), opacity / 100, str(colormap), bool(outline), by)


def method_note(name: str, display: Display) -> None:
    """Say so if a model doesn't offer the method that was chosen.

    Raises:
        UserError: The model's files are faulty.
    """
    if heatmaps.method_of(name, display.method) != display.method:
        st.caption(f":material/info: {model_label(name)} shows Grad-CAM. {ONLY_GRAD_CAM}")


def method_option(method: HeatmapMethod) -> str:
    """Write what a command about heatmaps needs for a method."""
    return "" if method == "Grad-CAM" else f" --method {method}"


def start(names: list[str]) -> dict[str, object]:
    """Return where these controls stand at first, by their keys."""
    return {
        "model": names[0], "colormap": "viridis", "opacity": 60, "outline": True, "target": "predicted",
        "score": "energy", "method": METHODS[0],
    }  # fmt: skip


def show_kind(shown: Gallery) -> None:
    """Say so if the images are not the whole test split, and offer to download the real ones."""
    dataset_fault()
    if shown.kind == "synthetic":
        about_synthetic()
        with st.expander("Download the real images", icon=":material/download:"):
            fetch_data()
    elif len(shown.table) < shown.tested:
        st.info(
            f"{len(shown.table):,} of the {shown.tested:,} test images are installed; the gallery shows these.",
            icon=":material/photo_library:",
        )


def show_image(name: str, row: pd.Series, display: Display, dx: str | None = None) -> None:
    """Show image, heatmap and overlay side by side; one sentence if something is missing.

    Args:
        name: The model.
        row: Of the gallery's table.
        display: How to draw it.
        dx: Class of the heatmap; None for the one that `display` names.
    """
    image_id = str(row["image_id"])
    shown = dx or str(row["predicted"] if display.target == "predicted" else row["dx"])
    try:
        by = heatmaps.method_of(name, display.method)
        image, heatmap = heatmaps.image(image_id), heatmaps.heatmap(name, image_id, shown, by)
    except UserError as error:
        st.warning(str(error), icon=":material/broken_image:")
        return
    mask, fault = outline_of(image_id, image) if display.outline else (None, "")
    st.image(
        panels(image, heatmap, display.opacity, display.colormap, mask), width="stretch", output_format="JPEG",
        alt=f"{image_id}, {NAMES[str(row['dx'])]}: image, heatmap of {name} for {inside(shown)}, and overlay",
    )  # fmt: skip
    if not heatmap.any():
        st.caption(f":material/blur_off: The heatmap for {inside(shown)} is empty: **nothing here raised its score**.")
    if fault:
        st.caption(f":material/broken_image: {fault}")


def outline_of(image_id: str, image: Image) -> tuple[Mask | None, str]:
    """Return the lesion's mask, or None and one sentence why it can't be drawn."""
    try:
        mask = heatmaps.mask(image_id)
    except UserError as error:
        return None, str(error)
    if mask is not None and mask.shape != image.shape[:2]:
        return None, f"The lesion mask of {image_id} has a different size than its image."
    return mask, ""


def prediction_line(row: pd.Series) -> str:
    """Name the prediction for an image, and the true diagnosis if it differs."""
    icon = ":material/check_circle:" if row["right"] else ":material/cancel:"
    truth = "" if row["right"] else f" ({true_label(row)}: {inside(str(row['dx']))})"
    return f"{icon} {NAMES[str(row['predicted'])]}, {percent(row['p_predicted'])}{truth}"


def true_label(row: pd.Series) -> str:
    """Return how the true diagnosis is announced: synthetic lesions have none, but were drawn for one."""
    return "drawn as" if str(row["image_id"]).startswith(SYNTHETIC) else "true"


def fit_line(row: pd.Series, score: str) -> str:
    """Name an image's score beside that of other images' heatmaps."""
    if pd.isna(row[score]):
        return "not scored"
    other = row[f"other_{score}"]
    beside = "" if pd.isna(other) else f" (another image's heatmap: {percent(other)})"
    return f"{SCORES[score].lower()} {percent(row[score])}{beside}"
