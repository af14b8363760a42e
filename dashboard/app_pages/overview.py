"""Overview page."""

import streamlit as st

st.title("Overview")
