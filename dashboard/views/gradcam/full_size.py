"""One image of the gallery at full size, and its heatmaps for all seven diagnoses."""

import pandas as pd
import streamlit as st

from core.data.masks import Mask
from core.errors import UserError
from core.labels import DX, NAMES
from dashboard.caches import heatmaps
from dashboard.charts.overlay import enlarged_mask, full_size_image, outlined, overlay
from dashboard.components.full_size import full_size
from dashboard.text.phrases import inside
from dashboard.text.predicted_class import likely
from dashboard.views.gradcam.image import Display, outline_of

SMALL = 140
"""Pixels that each of the seven images is wide."""


def show_large(name: str, row: pd.Series, display: Display, dx: str) -> None:
    """Show an image at its own size with the heatmap of a class; one sentence if something is missing.

    Args:
        name: The model.
        row: Of the gallery's table.
        display: How to draw it.
        dx: Class of the heatmap.
    """
    image_id = str(row["image_id"])
    try:
        by = heatmaps.method_of(name, display.method)
        image, heatmap = heatmaps.full_image(image_id), heatmaps.heatmap(name, image_id, dx, by)
    except UserError as error:
        st.warning(str(error), icon=":material/broken_image:")
        return
    image = full_size_image(image)
    mask, fault = _outline(image_id) if display.outline else (None, "")
    mask = None if mask is None else enlarged_mask(mask, (image.shape[0], image.shape[1]))
    shown = f"{image_id}, {NAMES[str(row['dx'])]}"
    full_size(
        outlined(image, mask), outlined(overlay(image, heatmap, display.opacity, display.colormap), mask),
        name=image_id, alt=shown, heated_alt=f"{shown}: heatmap of {name} for {inside(dx)}", key="large-image",
    )  # fmt: skip
    if not heatmap.any():
        st.caption(f":material/blur_off: The heatmap for {inside(dx)} is empty: **nothing here raised its score**.")
    if fault:
        st.caption(f":material/broken_image: {fault}")


def show_every_class(name: str, row: pd.Series, display: Display) -> None:
    """Show the heatmaps of all diagnoses side by side; nothing where `show_large` names what is missing."""
    image_id = str(row["image_id"])
    try:
        by = heatmaps.method_of(name, display.method)
        image, found = heatmaps.image(image_id), heatmaps.all_heatmaps(name, image_id, by)
    except UserError:
        return
    mask = outline_of(image_id, image)[0] if display.outline else None
    with st.container(horizontal=True):
        for i, dx in enumerate(DX):
            with st.container(width=SMALL, gap="xsmall"):
                heated = outlined(overlay(image, found[..., i], display.opacity, display.colormap), mask)
                alt = f"{image_id}: heatmap of {name} for {inside(dx)}"
                st.image(heated, width="stretch", output_format="JPEG", alt=alt)
                empty = "" if found[..., i].any() else ", empty"
                st.caption(f"{NAMES[dx]}, {likely(float(row[dx]))}{empty}")
    st.caption(
        f"{by}; each heatmap is scaled to its own maximum, so a faint class can be as bright as the predicted one."
    )


def _outline(image_id: str) -> tuple[Mask | None, str]:
    """Return the lesion's mask at the size of the gallery's image, or None and why it can't be drawn."""
    return outline_of(image_id, heatmaps.image(image_id))
