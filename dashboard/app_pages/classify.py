"""Classify page: upload an image, see a model's probabilities and heatmap. Nothing that is uploaded is kept."""

import streamlit as st

from dashboard.caches import inference
from dashboard.components.share import share
from dashboard.components.uploads import MANY
from dashboard.components.widgets import plain_errors
from dashboard.views.classify import controls, many
from dashboard.views.classify.prediction import show_predictions

st.title("Classify an image")
st.markdown(
    "See what a model predicts, which parts of the image raised its score, and how often it is right. "
    "**Not a diagnosis.**"
)
with plain_errors("try another image"):
    names = inference.served_models()
    if names:
        controls.show_on_device()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            source = controls.pick_source()
            chosen = controls.pick_models(names, pair=source != "many")
        share("classify", lambda: controls.start(names))
        if source != "many":
            st.session_state.pop(MANY, None)
        if source == "many":
            many.show_many(chosen[0])
        elif (subject := controls.pick_image(source)) is not None:
            show_predictions(chosen, controls.pick_crop(subject))
    else:
        controls.show_empty()
