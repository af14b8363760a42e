"""Charts: tables in, plotly figures out; no Streamlit in here."""
