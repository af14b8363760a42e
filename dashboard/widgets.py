"""Controls and blocks that several pages share."""

import streamlit as st

NOTICE = (
    "For teaching and research only. This is not a medical device and gives no diagnosis; "
    "if a spot on your skin worries you, see a doctor. "
    "Data: HAM10000 (Tschandl, Rosendahl, Kittler 2018, doi:10.1038/sdata.2018.161), CC BY-NC 4.0."
)


def notice() -> None:
    """The line that stands under every page."""
    st.divider()
    st.caption(NOTICE)
