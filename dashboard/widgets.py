"""Controls and blocks that several pages share."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

PLOTLY = {"displaylogo": False, "modeBarButtons": [["toImage"]], "responsive": True}
"""Config of every chart: one button, which saves it as a PNG."""

NOTICE = (
    "For teaching and research only. This is not a medical device and gives no diagnosis; "
    "if a spot on your skin worries you, see a doctor. "
    "Data: HAM10000 (Tschandl, Rosendahl, Kittler 2018, doi:10.1038/sdata.2018.161), CC BY-NC 4.0."
)


def notice() -> None:
    """The line that stands under every page."""
    st.divider()
    st.caption(NOTICE)


def download_table(df: pd.DataFrame, name: str, label: str = "CSV") -> None:
    """A small button that downloads a table.

    Args:
        df: Written with its index only where the index is named.
        name: File name without its ending; also the button's key, so unique on the page.
        label: What the button says.
    """
    st.download_button(
        label,
        data=lambda: df.to_csv(index=any(df.index.names)).encode(),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"download-{name}",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        help="Download the numbers behind this as a CSV file",
    )


def chart_block(
    fig: go.Figure, table: pd.DataFrame, sentence: str, key: str, *, title: str | None = None, source: str | None = None
) -> None:
    """A chart with its title above, and below it one sentence that says what to see, its source and its CSV.

    Args:
        fig: A figure from dashboard/charts.
        table: What the figure shows; offered as KEY.csv.
        sentence: Markdown, computed from `table`; also the chart's text for screen readers.
        key: Unique on the page.
        title: Heading in sentence case.
        source: Which data and which split the figures come from.
    """
    if title:
        st.markdown(f"##### {title}")
    st.plotly_chart(fig, width="stretch", key=key, config=PLOTLY, alt=f"{title or key}: {sentence}")
    st.markdown(sentence)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if source:
            st.caption(source, width="stretch")
        download_table(table, key)
