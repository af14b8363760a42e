"""Leaderboard page."""

import streamlit as st

st.title("Leaderboard")
