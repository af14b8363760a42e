"""Home page: what this is, three ways in, charts of the imbalance and the best models, and what is installed."""

import streamlit as st

from dashboard.caches import tables
from dashboard.views.home import overview as views

counts = tables.committed_counts()
installed, fault = views.find_installed()

intro, images = st.columns([3, 2], gap="medium", vertical_alignment="center")
with intro:
    st.title("HAM10000 lab")
    views.show_lead(counts)
    views.show_state(installed, fault, tables.cards())
with images:
    views.show_examples(installed)
views.show_ways(tables.committed_overlap())
imbalance, top = st.columns(2, gap="medium")
with imbalance:
    views.show_imbalance(counts)
views.show_data(installed, fault, counts)
with top:  # last, because the first visitor waits until the models' files are read
    with st.skeleton(height=views.PLACE):
        rows = tables.leaderboard().rows
    views.show_top(rows)
