"""Metadata page."""

import streamlit as st

st.title("Metadata")
