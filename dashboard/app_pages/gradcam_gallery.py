"""Grad-CAM page: what a model relies on when it is right and when it is wrong, and how far to trust heatmaps."""

import streamlit as st

from dashboard.caches import explain
from dashboard.components.share import share
from dashboard.components.widgets import name_caption, open_tab, plain_errors
from dashboard.navigation import page_link
from dashboard.views.classify import controls as classify_controls
from dashboard.views.gradcam import compare, gallery, image, scores
from dashboard.views.gradcam.checks import show_checks

st.title("Grad-CAM gallery")
st.markdown(
    "Which parts of an image raised a model's score, when it is right and when it is wrong, and whether they "
    "lie on the lesion."
)
with plain_errors():
    names = explain.explained_models()
    if names:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = image.pick_model(names)
            display = image.pick_display()
        name_caption(name)
        share("gradcam", lambda: gallery.start() | compare.start() | scores.start() | image.start(names))
        shows = {
            "Gallery": lambda: gallery.show_gallery(name, display),
            "Right and wrong": lambda: compare.show_pair(name, display),
            "Models compared": lambda: compare.show_models(names, name, display),
            "Layers compared": lambda: compare.show_layers(name, display),
            "Scores": lambda: scores.show_scores(name, display),
            "Checks": lambda: show_checks(name, display),
        }
        open_tab(shows, "view")
        with st.container(horizontal=True):
            page_link("leaderboard")
            page_link("classify")
    else:
        classify_controls.show_empty()
