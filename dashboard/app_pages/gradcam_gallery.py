"""Grad-CAM page."""

import streamlit as st

st.title("Grad-CAM")
