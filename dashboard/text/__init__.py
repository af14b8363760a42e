"""Sentences that are computed from tables; no Streamlit in here."""
