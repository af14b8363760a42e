"""Splits page."""

import streamlit as st

st.title("Splits")
