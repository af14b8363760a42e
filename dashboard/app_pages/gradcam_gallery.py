"""Grad-CAM page: what the heatmaps are worth, then where a model looks when it is right and when it is wrong."""

import streamlit as st

from dashboard import serving_loaders
from dashboard.blocks import classify as classify_blocks
from dashboard.blocks import gradcam as blocks
from dashboard.blocks import gradcam_scores as score_blocks
from dashboard.widgets import plain_errors

st.title("Grad-CAM gallery")
st.markdown("Where a model looks when it is right, and when it is wrong; and whether that is the lesion.")
with plain_errors():
    score_blocks.show_scores()
st.subheader("Pictures")
with plain_errors():
    names = serving_loaders.served_models()
    if names:
        name, dx = blocks.pick_subject(names)
        look = blocks.pick_look()
        blocks.show_counts(name, dx)
        shown = serving_loaders.gallery(name, dx)
        blocks.show_kind(shown.kind)
        pair = blocks.show_pair(shown, dx, look)
        blocks.show_grid(shown, dx, look, pair)
    else:
        classify_blocks.show_empty()
