"""Classify page."""

import streamlit as st

st.title("Classify")
