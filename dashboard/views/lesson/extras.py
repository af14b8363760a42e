"""Images beside a step's chart: the cat, two heatmaps, and the two images that SMOTE mixes."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from core.lessons.step import Figure, Step
from dashboard.caches import inference, lesson, tables
from dashboard.charts.overlay import film, overlay

WIDTH = 170
NAMES = {
    "cat": "Chelsea the cat (Stefan van der Walt, CC0)", "lesson": "A synthetic nevus", "lesion": "A synthetic nevus",
    "plain": "One colour", "noise": "Noise",
}  # fmt: skip


def show_image(step: Step, variant: str) -> None:
    """Show what the step is about, from the start."""
    if step.key == "cat":
        name = NAMES[variant]
        st.image(lesson.example_image(variant), name, width=WIDTH, output_format="JPEG", alt=name)


def show_more(step: Step, variant: str, figures: list[Figure]) -> None:
    """Show images that belong to the result; if they can't be made, say why in their place."""
    try:
        if step.key == "heatmap":
            _heatmaps(variant)
        elif step.key == "smote_point":
            _mixed(figures)
    except UserError as error:
        st.warning(str(error), icon=":material/hide_image:")


def _heatmaps(network: str) -> None:
    pipeline = inference.pipeline(network)
    images = [tables.synthetic_images(dx, 1, 1)[0][0] for dx in ("mel", "nv")]
    drawn = []
    for image in images:
        found = pipeline.predict(image)
        heat = found.heatmaps[..., found.probabilities.argmax()]
        drawn += [image, overlay(image, heat, 0.6)]
    text = "Two synthetic lesions, not photographs, each with its Grad-CAM heatmap."
    st.image(film(drawn), text, width="stretch", output_format="JPEG", alt=text)


def _mixed(figures: list[Figure]) -> None:
    position = next(each.value for each in figures if each.series == "shown")
    kind, images = lesson.parent_images(lesson.scene(figures))
    text = (
        f"Start, mix, neighbour ({kind}). SMOTE mixes the two images' features; "
        "the middle shows what the same mix would do to their pixels."
    )
    mixed = lesson.mix(images, position)
    st.image(film([images[0], mixed, images[1]]), text, width="stretch", output_format="JPEG", alt=text)
