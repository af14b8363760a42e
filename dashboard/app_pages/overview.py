"""Home page: what this is, three ways in, the imbalance as a picture, and what is installed."""

import streamlit as st

from dashboard import loaders
from dashboard.blocks import overview as blocks
from dashboard.charts.eda import dx_counts
from dashboard.widgets import chart_block

counts = loaders.committed_counts()
installed, fault = blocks.find_installed()
cards = loaders.cards()

st.title("HAM10000 lab")
st.markdown(blocks.lead(counts))
blocks.show_strip(installed)
ways, picture = st.columns([2, 3], gap="large")
with ways:
    blocks.show_ways(loaders.committed_overlap())
with picture:
    text = f"HAM10000, {blocks.size(counts)}, no split"
    chart_block(*dx_counts(counts, "images"), key="imbalance", title="Seven diagnoses, far from equal", source=text)

st.markdown("##### What is here")
data, models = st.columns([2, 3], gap="large")
with data:
    blocks.show_data(installed, fault, counts)
with models:
    blocks.show_models(cards)
