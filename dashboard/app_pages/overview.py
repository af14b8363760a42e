"""Home page: what this is, three ways in, the imbalance and the best models as pictures, and what is installed."""

import streamlit as st

from dashboard.caches import tables
from dashboard.views.home import overview as blocks

counts = tables.committed_counts()
installed, fault = blocks.find_installed()

words, pictures = st.columns([3, 2], gap="medium", vertical_alignment="center")
with words:
    st.title("HAM10000 lab")
    st.markdown(blocks.lead(counts))
    blocks.show_state(installed, fault, tables.cards())
with pictures:
    blocks.show_strip(installed)
blocks.show_ways(tables.committed_overlap())
imbalance, top = st.columns(2, gap="medium")
with imbalance:
    blocks.show_imbalance(counts)
blocks.show_data(installed, fault, counts)
with top:  # last, for the first visitor waits for the models' files to be read
    with st.skeleton(height=blocks.PLACE):
        rows = tables.leaderboard().rows
    blocks.show_top(rows)
