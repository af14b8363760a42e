"""Grad-CAM page: where a model looks when it is right and when it is wrong, and what its heatmaps are worth."""

import streamlit as st

from dashboard.caches import explain
from dashboard.components.widgets import open_tab, plain_errors
from dashboard.navigation import page_link
from dashboard.views.classify import controls as classify_blocks
from dashboard.views.gradcam import picture as blocks
from dashboard.views.gradcam.checks import show_checks
from dashboard.views.gradcam.compare import show_layers, show_models, show_pair
from dashboard.views.gradcam.gallery import show_gallery
from dashboard.views.gradcam.scores import show_scores

st.title("Grad-CAM gallery")
st.markdown("Where a model looks when it is right, and when it is wrong; and whether that is the lesion.")
with plain_errors():
    names = explain.explained_models()
    if names:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = blocks.pick_model(names)
            look = blocks.pick_look()
        shows = {
            "Gallery": lambda: show_gallery(name, look),
            "Right and wrong": lambda: show_pair(name, look),
            "Across models": lambda: show_models(names, name, look),
            "Across layers": lambda: show_layers(name, look),
            "Scores": lambda: show_scores(name, look),
            "Checks": lambda: show_checks(name),
        }
        open_tab(shows, "view")
        with st.container(horizontal=True):
            page_link("leaderboard")
            page_link("classify")
    else:
        classify_blocks.show_empty()
