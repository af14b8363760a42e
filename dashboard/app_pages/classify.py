"""Classify page: a picture in, a model's probabilities and heatmap out. Nothing that is uploaded is kept."""

import streamlit as st

from dashboard.caches import inference
from dashboard.components.widgets import plain_errors
from dashboard.views.classify import controls as blocks
from dashboard.views.classify.answer import show_answers

st.title("Classify a picture")
st.markdown("What a model finds likely, where in the picture it looks, and how often it is right. **Not a diagnosis.**")
with plain_errors("try another picture"):
    names = inference.served_models()
    if names:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            source = blocks.pick_source()
            chosen = blocks.pick_models(names)
        picture = blocks.pick_picture(source)
        if picture is not None:
            show_answers(chosen, blocks.pick_crop(picture))
    else:
        blocks.show_empty()
