"""Home page: what this is, three ways in, a first guess, the pages as tiles, and what is installed."""

import streamlit as st

from dashboard.caches import tables
from dashboard.components.widgets import plain_errors
from dashboard.views.home import overview as views

counts = tables.committed_counts()
installed, fault = views.find_installed()

intro, hero = st.columns([3, 2], gap="large", vertical_alignment="center")
with intro:
    st.title("Can you trust a skin-cancer classifier?", anchor=False)
    views.show_lead(counts)
    views.show_buttons()
    views.show_examples(installed)
with hero, plain_errors():
    views.show_hero()
st.header("All pages", anchor=False)
views.show_tiles(tables.committed_overlap())
st.header("Data and models on this server", anchor=False)
views.show_state(installed, fault, tables.cards())
views.show_data(installed, fault, counts)
